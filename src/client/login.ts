import { CLOSE_NOT_AUTHENTICATED, CLOSE_USER_REMOVED, WORDS } from '../core/protocol.ts';
import type { Connection } from './connection.ts';
import type { ClientDialect } from './dialect.ts';
import { ConnectionLostError, LoginError, RefusedError } from './errors.ts';
import { encryptLogin } from './login-crypto.ts';
import type { ClientDefaults, ClientOptions, UserInfo } from './options.ts';

/** Close codes with which the server sends a user away for good. */
export const SENT_AWAY = new Set<number>([CLOSE_NOT_AUTHENTICATED, CLOSE_USER_REMOVED]);

/**
 * Logs a new connection in. The session's own id serves as iv, which every setting of the server accepts.
 * @throws LoginError, ConnectionLostError, TimeoutError
 */
export async function login(
  connection: Connection,
  dialect: ClientDialect,
  { user, password, key, timeoutMs }: ClientOptions & ClientDefaults,
): Promise<UserInfo> {
  const iv = connection.sid;
  const crypto = await encryptLogin(user, password, key, iv);
  try {
    const text = dialect.formatCommand({ word: WORDS.login, login: { iv, crypto } });
    const { fields } = await connection.request(text, WORDS.login, timeoutMs);
    if (fields.length < 7) return { name: user };
    return { name: fields[1] ?? user, fullName: fields[3] ?? '', rights: Number(fields[6]) };
  } catch (error) {
    const isSentAway = error instanceof ConnectionLostError && SENT_AWAY.has(error.closeCode);
    throw error instanceof RefusedError || isSentAway ? new LoginError() : error;
  }
}
