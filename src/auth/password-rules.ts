import type { PasswordHash } from './password.ts';
import { verifyPassword } from './password.ts';

/** A password with fewer characters is called weak. */
export const MIN_PASSWORD_LENGTH = 8;
/** The most that a login can carry: 16 AES blocks with one byte of padding. */
const MAX_LOGIN_BYTES = 255;
const SAMPLE_PASSWORD = 'secret';

/** Why nobody could ever log in with that password; undefined when it works. */
export function passwordProblem(user: string, password: string): string | undefined {
  if (password === '') return 'the password is empty';
  if (/\p{Cc}/u.test(password)) return 'the password holds a control character, which a login cuts off';
  if (password.trimEnd() !== password) return 'the password ends in white space, which a login cuts off';
  if (Buffer.byteLength(`${user}:${password}`) > MAX_LOGIN_BYTES) {
    return `user name and password together are longer than the ${MAX_LOGIN_BYTES - 1} bytes that a login carries`;
  }
  return undefined;
}

/** Whether the password is the user's name or the password of the samples. */
export function isFirstGuess(user: string, password: string): boolean {
  return [user.toLowerCase(), SAMPLE_PASSWORD].includes(password.toLowerCase());
}

/** Why a stranger would soon guess that password; undefined if there is no obvious reason. */
export function passwordWeakness(user: string, password: string): string | undefined {
  if (password.toLowerCase() === user.toLowerCase()) return "is the user's name";
  if (password.toLowerCase() === SAMPLE_PASSWORD) return `is "${SAMPLE_PASSWORD}"`;
  if ([...password].length < MIN_PASSWORD_LENGTH) return `has fewer than ${MIN_PASSWORD_LENGTH} characters`;
  return undefined;
}

/** The same for a stored hash, as far as it can be found out; costs two verifications. */
export async function hashWeakness(user: string, hash: PasswordHash): Promise<string | undefined> {
  for (const guess of new Set([user, SAMPLE_PASSWORD])) {
    if (await verifyPassword(hash, user, guess)) return passwordWeakness(user, guess);
  }
  return undefined;
}
