import { CLOSE_NOT_AUTHENTICATED, CLOSE_USER_REMOVED, WORDS } from '../core/protocol.ts';
import { BadInputError } from '../core/vscp-error.ts';
import { fromHex, toHex } from './bytes.ts';
import type { Connection } from './connection.ts';
import type { ClientCommand, ClientDialect } from './dialect.ts';
import { ConnectionLostError, LoginError, RefusedError } from './errors.ts';
import { encryptLogin, hmacSha256, readKey } from './login-crypto.ts';
import type { ClientDefaults, ClientOptions, Credentials, UserInfo } from './options.ts';

/** Close codes with which the server sends a user away for good. */
export const SENT_AWAY = new Set<number>([CLOSE_NOT_AUTHENTICATED, CLOSE_USER_REMOVED]);

const SECRET_DIGITS = 64;
const KEY_CHECK_DIGITS = 8;
type Options = ClientOptions & ClientDefaults;

/** Who logs in, by password or by token. @throws BadInputError when the options name nobody or a bad key */
export function readLogin({ login, user, password, key }: Options): Credentials {
  const given = login ?? { user, password };
  if ('token' in given) {
    splitToken(given.token);
    return given;
  }
  if (given.user === undefined || given.password === undefined) {
    throw new BadInputError('The options need user and password, or login');
  }
  readKey(key);
  return { user: given.user, password: given.password };
}

function splitToken(token: string): { id: string; secret: Uint8Array } {
  const [, id, secret] = /^\s*([0-9a-f]{16})\.([0-9a-f]{64})\s*$/i.exec(token) ?? [];
  if (id === undefined || secret === undefined) throw new BadInputError('The token is cut off or damaged');
  return { id: id.toLowerCase(), secret: fromHex('The token', secret, SECRET_DIGITS) };
}

/**
 * Logs a connection in. The session id serves as iv, which the server accepts under every setting.
 * @throws LoginError, ConnectionLostError, TimeoutError
 */
export async function login(
  connection: Connection,
  dialect: ClientDialect,
  options: Options,
  who: Credentials = readLogin(options),
): Promise<UserInfo> {
  const { timeoutMs } = options;
  const command = await loginCommand(who, options.key, connection.sid);
  try {
    const reply = await connection.request(dialect.formatCommand(command), WORDS.login, timeoutMs);
    return userInfo(reply, 'token' in who ? '' : who.user);
  } catch (error) {
    if (error instanceof ConnectionLostError && SENT_AWAY.has(error.closeCode))
      throw new LoginError('unknown');
    if (!(error instanceof RefusedError)) throw error;
    throw new LoginError('token' in who ? 'token' : await whyRefused(connection, dialect, options));
  }
}

async function loginCommand(who: Credentials, key: string, sid: string): Promise<ClientCommand> {
  const args = { describe: true };
  if (!('token' in who)) {
    return {
      word: WORDS.login,
      login: { iv: sid, crypto: await encryptLogin(who.user, who.password, key, sid) },
      args,
    };
  }
  const { id, secret } = splitToken(who.token);
  const proof = toHex(await hmacSha256(secret, sid.toUpperCase()));
  return { word: WORDS.login, args: { ...args, token: id, proof } };
}

/** Who the server says has logged in. */
export function userInfo(reply: { fields: string[]; args: Record<string, unknown> }, name: string): UserInfo {
  const { fields, args } = reply;
  if (fields.length >= 7) {
    return { name: fields[1] ?? name, fullName: fields[3] ?? '', rights: Number(fields[6]) };
  }
  const told = args.user as Record<string, unknown> | undefined;
  if (typeof told !== 'object' || told === null) return { name };
  return {
    name: String(told.name ?? name),
    fullName: String(told.fullname ?? ''),
    rights: Number(told.rights),
    isAdmin: told.admin === true,
    events: String(told.events ?? ''),
    ...(typeof told.token === 'string' && { tokenId: told.token }),
  };
}

/** The server never tells what was wrong, but the client can see by itself whether its key differs. */
async function whyRefused(
  connection: Connection,
  dialect: ClientDialect,
  { key, timeoutMs }: Options,
): Promise<'key' | 'credentials' | 'unknown'> {
  if (dialect.name === 'ws1') return 'unknown';
  try {
    const text = dialect.formatCommand({ word: WORDS.version, args: { keyCheck: true } });
    const { args } = await connection.request(text, WORDS.version, timeoutMs);
    if (typeof args.keyCheck !== 'string') return 'unknown';
    return args.keyCheck === (await keyCheck(key)) ? 'credentials' : 'key';
  } catch {
    return 'unknown';
  }
}

/** What VERSION over ws2 tells about the server's vscp key, to compare it with one's own key. */
export async function keyCheck(key: string): Promise<string> {
  return toHex(await hmacSha256(readKey(key), 'vscp key')).slice(0, KEY_CHECK_DIGITS);
}
