import { randomBytes } from 'node:crypto';
import { promises as fs } from 'node:fs';
import { join } from 'node:path';
import { parseRights } from '../auth/rights.ts';
import {
  parseTokens,
  passwordStamp,
  SECRET_SIZE,
  TOKENS_FILE,
  type Token,
  timeText,
  tokenToJson,
} from '../auth/token.ts';
import { INBOX, INBOX_STAMP } from '../auth/token-inbox.ts';
import { DEFAULT_LIFETIME_S, MAX_LIFETIME_S } from '../auth/token-store.ts';
import { readUsers } from '../auth/user-database.ts';
import type { Settings } from '../config/settings.ts';
import { fileErrorReason, readTextFile } from '../config/text-file.ts';
import { qrCode } from '../core/qr-code.ts';
import { isObject } from '../core/values.ts';
import {
  type CliCommand,
  CommandError,
  EXIT,
  type GivenArguments,
  numberOption,
  textOption,
  usageError,
} from './command.ts';
import { CONFIG_HELP, CONFIG_OPTION, readInstallation } from './installation.ts';
import { writeNewFile } from './new-files.ts';
import { printLine, printNote, visible } from './terminal.ts';

const DAY_S = 86_400;
const MAX_FILE_BYTES = 16 * 1024 * 1024;

const help = `Usage: vscpl2drv-websocksrv token list [options]
       vscpl2drv-websocksrv token add USER [options]
       vscpl2drv-websocksrv token revoke ID... [options]

Lists, adds and revokes tokens of the driver on this machine. With a token a device stays logged in as USER.
The configuration has to name a state-dir. A running driver takes over changes within a second; otherwise
they count from its next start. The command prints a token only once. Whoever has it, or the link, can log in
with it.

Options:
${CONFIG_HELP}
  --label TEXT           which device it is for (default: command line)
  --days N               days without use after which it ends (default: 400)
  --rights RIGHTS        fewer rights than the user has; websockets,receive-events = only look on
  --link URL             address of the panel: print a link that logs in a phone or a wall screen, and its QR code
  -h, --help             this text

Examples:
  vscpl2drv-websocksrv token add anna --label phone --link https://192.168.1.5:8884/
  vscpl2drv-websocksrv token add wall --rights websockets,receive-events
  vscpl2drv-websocksrv token revoke 0123456789abcdef`;

async function run(given: GivenArguments): Promise<number> {
  const [action, ...names] = given.positionals;
  if (action !== 'list' && action !== 'add' && action !== 'revoke') {
    throw usageError(token, 'list, add or revoke is expected');
  }
  const settings = await readInstallation(given);
  const { stateDir } = settings;
  if (stateDir === undefined)
    throw new CommandError('the configuration names no state-dir; there are no tokens');
  if (action === 'list') return list(stateDir);
  if (action === 'revoke') return revoke(stateDir, names);
  const [user, ...rest] = names;
  if (user === undefined || rest.length > 0) throw usageError(token, 'one USER is expected');
  return add(settings, stateDir, user, given);
}

async function list(stateDir: string): Promise<number> {
  const tokens = [...(await readStored(stateDir)), ...(await readWaiting(stateDir))];
  for (const { id, user, label, lastUsedMs, lastAddress } of tokens) {
    const used = lastUsedMs === undefined ? 'never used' : `${timeText(lastUsedMs)} ${lastAddress ?? ''}`;
    printLine(`${id}  ${visible(user).padEnd(16)} ${visible(label).padEnd(24)} ${visible(used)}`);
  }
  return EXIT.ok;
}

async function readStored(stateDir: string): Promise<Token[]> {
  const path = join(stateDir, TOKENS_FILE);
  const text = await readTextFile(path, MAX_FILE_BYTES);
  if (!text.ok && text.reason === 'no such file') return [];
  const content = text.ok ? parseTokens(parseObject(text.value)) : text;
  if (!content.ok) throw new CommandError(`${path}: ${content.reason}`);
  return content.value.tokens;
}

/** Reads the tokens that the driver has not taken over yet. */
async function readWaiting(stateDir: string): Promise<Token[]> {
  const folder = join(stateDir, INBOX);
  const names = await fs.readdir(folder).catch(() => []);
  const tokens: Token[] = [];
  for (const name of names.filter((candidate) => candidate.endsWith('.json'))) {
    const text = await readTextFile(join(folder, name));
    const read = text.ok ? parseTokens({ tokens: [parseObject(text.value).add] }) : text;
    if (read.ok) tokens.push(...read.value.tokens);
  }
  return tokens;
}

function parseObject(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : {};
  } catch {
    return {};
  }
}

async function add(
  settings: Settings,
  stateDir: string,
  name: string,
  given: GivenArguments,
): Promise<number> {
  const users = await readUsers(settings.pathUsers);
  if (!users.ok) throw new CommandError(users.problems.join('\n'));
  const user = users.users.get(name);
  if (user === undefined) throw new CommandError(`there is no user "${name}" in ${settings.pathUsers}`);
  const rightsText = textOption(given, 'rights');
  const rights = rightsText === undefined ? undefined : parseRights(rightsText);
  if (rights?.ok === false) throw usageError(token, `--rights: ${rights.reason}`);
  const days = numberOption(token, given, 'days', [1, MAX_LIFETIME_S / DAY_S]);
  const secret = randomBytes(SECRET_SIZE);
  const made: Token = {
    id: randomBytes(8).toString('hex'),
    secret,
    user: name,
    stamp: passwordStamp(secret, user.password),
    label: textOption(given, 'label') ?? 'command line',
    rights: rights?.value,
    isLocal: false,
    createdMs: Date.now(),
    lifetimeMs: (days === undefined ? DEFAULT_LIFETIME_S : days * DAY_S) * 1000,
    lastUsedMs: undefined,
    lastAddress: undefined,
  };
  await leave(stateDir, { add: tokenToJson(made) });
  const text = `${made.id}.${secret.toString('hex')}`;
  printLine(text);
  const link = textOption(given, 'link');
  if (link !== undefined) printLink(link, { token: text, user: name });
  return EXIT.ok;
}

async function revoke(stateDir: string, ids: string[]): Promise<number> {
  if (ids.length === 0) throw usageError(token, 'at least one ID is expected');
  const known = new Set(
    [...(await readStored(stateDir)), ...(await readWaiting(stateDir))].map(({ id }) => id),
  );
  const unknown = ids.filter((id) => !known.has(id));
  if (unknown.length > 0) throw new CommandError(`there is no token ${unknown.join(', ')}`);
  await leave(stateDir, { revoke: ids });
  printNote(`revoked: ${ids.join(', ')}`);
  return EXIT.ok;
}

/** Leaves a request for the driver, since only the driver writes its files. */
async function leave(stateDir: string, request: Record<string, unknown>): Promise<void> {
  const folder = join(stateDir, INBOX);
  try {
    const { uid, gid } = await fs.stat(stateDir);
    const owner = { uid, gid };
    await fs.mkdir(folder, { mode: 0o700 }).then(
      () => fs.chown(folder, uid, gid),
      () => undefined,
    );
    const write = (name: string, text: string): Promise<void> =>
      writeNewFile({ path: join(folder, name), text, mode: 0o600, owner }, true);
    const name = `${String(Date.now()).padStart(15, '0')}-${randomBytes(4).toString('hex')}.json`;
    await write(name, JSON.stringify({ version: 1, ...request }));
    await write(INBOX_STAMP, `${name}\n`);
  } catch (error) {
    if (error instanceof CommandError) throw error;
    throw new CommandError(`${stateDir}: ${fileErrorReason(error)}`);
  }
}

function printLink(address: string, setup: Record<string, string>): void {
  const link = `${address.replace(/#.*$/, '')}#setup=${Buffer.from(JSON.stringify(setup)).toString('base64url')}`;
  printLine(link);
  for (const line of drawQrCode(link)) printLine(line);
}

/** Draws two rows of the code in each line of the terminal, dark on light with a margin of four. */
function drawQrCode(text: string): string[] {
  const code = qrCode(text);
  const size = code.length;
  const isLight = (row: number, column: number): boolean => code[row]?.[column] !== true;
  const lines: string[] = [];
  for (let row = -4; row < size + 4; row += 2) {
    let line = '';
    for (let column = -4; column < size + 4; column++) {
      line += [' ', '▄', '▀', '█'][(isLight(row, column) ? 2 : 0) + (isLight(row + 1, column) ? 1 : 0)];
    }
    lines.push(line);
  }
  return lines;
}

export const token: CliCommand = {
  name: 'token',
  summary: 'list, add and revoke tokens of devices',
  help,
  options: {
    ...CONFIG_OPTION,
    label: { type: 'string' },
    days: { type: 'string' },
    rights: { type: 'string' },
    link: { type: 'string' },
  },
  run,
};
