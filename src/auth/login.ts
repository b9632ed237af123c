import type { Rights } from './rights.ts';
import type { TokenFailure } from './token-gate.ts';
import type { User } from './user.ts';

/** Why a login failed; for the log alone, the peer never learns it. */
export type LoginFailure =
  | TokenFailure
  | 'bad-iv'
  | 'bad-cipher'
  | 'unknown-user'
  | 'wrong-password'
  | 'too-many-guesses'
  | 'overload'
  | 'abandoned'
  | 'internal-error';

/** Somebody who was let in. */
export interface Entrant {
  ok: true;
  /** With the rights that hold for this login. */
  user: User;
  /** The token it was done with; undefined = the password. */
  token: TokenUse | undefined;
  /** The password is one that everybody tries first, and good on this machine alone. */
  isLocal: boolean;
}

/** A login by token. */
export interface TokenUse {
  id: string;
  /** What it narrows the user's rights to. */
  rights: Rights | undefined;
}

export type LoginResult = Entrant | { ok: false; reason: LoginFailure };

export interface LoginRequest {
  protocol: 'ws1' | 'ws2' | 'rest' | 'sse';
  /** The session's challenge, 16 bytes. */
  sid: Buffer;
  /** Hex texts as the client sent them. */
  iv: string;
  crypto: string;
  remoteAddress: string;
  /** True when nobody waits for the outcome any more: no work is spent on it then. */
  abandoned?(): boolean;
}

export interface TokenLoginRequest extends Pick<LoginRequest, 'sid' | 'remoteAddress' | 'abandoned'> {
  /** The token's id. */
  token: string;
  /** HMAC-SHA256 by the token's secret over the session id, hex. */
  proof: string;
}

/** What was found out about a login. */
export interface LoginVerdict {
  user: User | undefined;
  failure: LoginFailure | undefined;
  isLocal: boolean;
}
