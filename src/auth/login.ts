import type { Rights } from './rights.ts';
import type { TokenFailure } from './token-gate.ts';
import type { User } from './user.ts';

/** Why a login failed; only for the log, the peer never learns it. */
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

/** A user who was let in. */
export interface Entrant {
  ok: true;
  /** The user, with the rights that hold for this login. */
  user: User;
  /** The token that was used; undefined = the user gave a password. */
  token: TokenUse | undefined;
  /** The password is one that everybody tries first, so it works on this machine only. */
  isLocal: boolean;
}

/** The token that a login used. */
export interface TokenUse {
  id: string;
  /** The rights that the token limits the user to. */
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
  /** True when nobody waits for the outcome any more: the login is then dropped without any work. */
  abandoned?(): boolean;
}

export interface TokenLoginRequest extends Pick<LoginRequest, 'sid' | 'remoteAddress' | 'abandoned'> {
  /** The token's id. */
  token: string;
  /** HMAC-SHA256 over the session id with the token's secret as key, hex. */
  proof: string;
}

/** The result of checking a login. */
export interface LoginVerdict {
  user: User | undefined;
  failure: LoginFailure | undefined;
  isLocal: boolean;
}
