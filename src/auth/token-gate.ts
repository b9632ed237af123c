import { addressIsLoopback, remoteAllowed } from './remotes.ts';
import { hasSamplePassword } from './sample-passwords.ts';
import { narrowUser, SECRET_SIZE, type Token } from './token.ts';
import type { TokenStore } from './token-store.ts';
import type { User, UserSource } from './user.ts';

/** Stands in for the secret of a token that does not exist. */
const NO_SECRET = Buffer.alloc(SECRET_SIZE);

/** Why a token lets nobody in; only for the log. */
export type TokenFailure = 'bad-token' | 'sample-password' | 'address-not-allowed' | 'no-right';

export interface TokenAttempt {
  id: string;
  /** Whether the client has the secret; takes constant time. */
  proves(secret: Buffer): boolean;
  remoteAddress: string;
  /** The right that the user needs; a RIGHT_… bit. */
  right: number;
}

export type TokenVerdict =
  | { ok: true; token: Token; user: User }
  /** The token's user, if there is such a token. */
  | { ok: false; user: User | undefined; failure: TokenFailure };

/**
 * Decides on a login with a token. Takes microseconds, and does the same work whether the token exists or
 * not.
 */
export function judgeToken(
  { id, proves, remoteAddress, right }: TokenAttempt,
  tokens: TokenStore | undefined,
  users: UserSource,
): TokenVerdict {
  const token = tokens?.find(id.trim().toLowerCase());
  const isProven = proves(token?.secret ?? NO_SECRET);
  const owner = token && users.get(token.user);
  const user = owner && narrowUser(owner, token.rights);
  if (token === undefined || user === undefined || !isProven)
    return { ok: false, user, failure: 'bad-token' };
  const failure = failureOf(token, user, remoteAddress, right);
  return failure === undefined ? { ok: true, token, user } : { ok: false, user, failure };
}

function failureOf(
  { isLocal }: Token,
  user: User,
  remoteAddress: string,
  right: number,
): TokenFailure | undefined {
  if ((isLocal || hasSamplePassword(user)) && !addressIsLoopback(remoteAddress)) return 'sample-password';
  if (!remoteAllowed(user.remotes, remoteAddress)) return 'address-not-allowed';
  return (user.rights & right) === 0 ? 'no-right' : undefined;
}
