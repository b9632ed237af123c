import { randomBytes } from 'node:crypto';
import { lstat } from 'node:fs/promises';
import { fileErrorReason } from '../config/text-file.ts';
import { resolveOwnLink } from '../logging/own-link.ts';
import {
  type CliCommand,
  CommandError,
  EXIT,
  type GivenArguments,
  numberOption,
  usageError,
} from './command.ts';
import { writeNewFile } from './new-files.ts';
import { printLine, printNote } from './terminal.ts';

const help = `Usage: vscpl2drv-websocksrv mkkey [FILE] [options]

Makes a vscp key: random hex digits that driver and clients share to encrypt logins. Prints it, or writes it
to FILE, which only its owner can read. Leaves an existing file alone without --force; with --force, the owner
and group who could read the old file can read the new one. The driver uses the first 32 digits.

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
  await write(file, `${key}\n`, given.values.force === true);
  printNote(`${file}: written, ${digits} hex digits`);
  return EXIT.ok;
}

/**
 * Writes the key; when it replaces one, the owner and group who could read the old key can read it, nobody
 * else.
 */
async function write(file: string, text: string, replace: boolean): Promise<void> {
  const path = await resolveOwnLink(file).catch((error: unknown) => {
    throw new CommandError(`${file}: ${fileErrorReason(error)}`);
  });
  const old = replace ? await lstat(path).catch(() => undefined) : undefined;
  if (old !== undefined && !old.isFile()) throw new CommandError(`${file} is not a plain file`);
  const oldMode = old?.mode ?? 0;
  const mode = 0o600 | ((oldMode & 0o007) === 0 ? oldMode & 0o040 : 0);
  const owner = old !== undefined && process.geteuid?.() === 0 ? { uid: old.uid, gid: old.gid } : undefined;
  await writeNewFile({ path, text, mode, ...(owner && { owner }) }, replace);
}

export const makeKey: CliCommand = {
  name: 'mkkey',
  summary: 'make a vscp key',
  help,
  options: { digits: { type: 'string' }, force: { type: 'boolean' } },
  run,
};
