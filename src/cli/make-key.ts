import { randomBytes } from 'node:crypto';
import { chmod, writeFile } from 'node:fs/promises';
import { fileErrorReason } from '../config/text-file.ts';
import {
  type Command,
  CommandError,
  EXIT,
  type GivenArguments,
  numberOption,
  usageError,
} from './command.ts';
import { printLine, printNote } from './terminal.ts';

const help = `Usage: vscpl2drv-websocksrv mkkey [FILE] [options]

Makes a vscp key: random hex digits that driver and clients share to encrypt logins. Without FILE it is
printed; with FILE it is written there, readable by the owner alone. An existing file is left alone.
The driver uses the first 32 digits.

Options:
  --digits N        hex digits, 32 to 512 (default: 32; other VSCP software may want 64)
  --force           replace an existing file
  -h, --help        this text

Example:
  vscpl2drv-websocksrv mkkey /etc/vscp/vscp.key && chown vscp /etc/vscp/vscp.key`;

async function run(given: GivenArguments): Promise<number> {
  const [file, ...rest] = given.positionals;
  if (rest.length > 0) throw usageError(makeKey, 'at most one FILE is expected');
  const digits = numberOption(makeKey, given, 'digits', [32, 512]) ?? 32;
  const key = randomBytes(Math.ceil(digits / 2))
    .toString('hex')
    .toUpperCase()
    .slice(0, digits);
  if (file === undefined) {
    printLine(key);
    return EXIT.ok;
  }
  const flag = given.values.force === true ? 'w' : 'wx';
  const write = async (): Promise<void> => {
    await writeFile(file, `${key}\n`, { mode: 0o600, flag });
    // A file that was there keeps its mode when it is written.
    await chmod(file, 0o600);
  };
  await write().catch((error: unknown) => {
    const reason =
      fileErrorReason(error) === 'EEXIST' ? 'exists already; --force replaces it' : fileErrorReason(error);
    throw new CommandError(`${file}: ${reason}`);
  });
  printNote(`${file}: written, ${digits} hex digits`);
  return EXIT.ok;
}

export const makeKey: Command = {
  name: 'mkkey',
  summary: 'make a vscp key',
  help,
  options: { digits: { type: 'string' }, force: { type: 'boolean' } },
  run,
};
