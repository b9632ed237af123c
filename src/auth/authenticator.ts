import { setTimeout as sleepFor } from 'node:timers/promises';
import type { Logger } from '../logging/logger.ts';
import { type Credentials, decryptLogin } from './login-crypto.ts';
import { UNMATCHABLE_HASH, verifyPassword } from './password.ts';
import { remoteAllowed } from './remotes.ts';
import { RIGHT_WEBSOCKETS } from './rights.ts';
import type { LoginThrottle } from './throttle.ts';
import type { User, UserSource } from './user.ts';
import { WorkLine } from './work-line.ts';

export type { UserSource } from './user.ts';

/** Which iv a login may use: the session's sid only on ws1, on both, or anything on both. */
export type AuthIvPolicy = 'spec' | 'sid' | 'any';

/** Why a login failed; for the log alone, the peer never learns it. */
export type LoginFailure =
  | 'bad-iv'
  | 'bad-cipher'
  | 'unknown-user'
  | 'wrong-password'
  | 'address-not-allowed'
  | 'no-right'
  | 'overload'
  | 'abandoned'
  | 'internal-error';

export type LoginResult = { ok: true; user: User } | { ok: false; delayed: true; reason: LoginFailure };

export interface LoginRequest {
  protocol: 'ws1' | 'ws2';
  /** The session's challenge, 16 bytes. */
  sid: Buffer;
  /** Hex texts as the client sent them. */
  iv: string;
  crypto: string;
  remoteAddress: string;
  /** True when nobody waits for the outcome any more: no work is spent on it then. */
  abandoned?(): boolean;
}

export interface AuthenticatorOptions {
  users: UserSource;
  /** The AES-128 key in force, 16 bytes. */
  key(): Buffer;
  authIv: AuthIvPolicy;
  log: Logger;
  throttle: LoginThrottle;
  /** Verifications at once. Each takes a thread of libuv's pool of four, which files need too. */
  maxRunning?: number;
  /** Verifications that may wait; more logins fail. */
  maxWaiting?: number;
  /** Holds a reply back. */
  sleep?(delayMs: number): Promise<void>;
}

const DEFAULT_MAX_RUNNING = 2;
const DEFAULT_MAX_WAITING = 2048;
const MAX_LOGGED_NAME = 64;
/** What became of a password: right or wrong, or not looked at. */
type Verification = boolean | 'overload' | 'abandoned';

/** Used where there are no credentials, so that the same work is done. */
const NOBODY: Credentials = { user: '', password: '' };

/** A value for the log: what could end a line or look like another field becomes an underscore. */
function logValue(text: string): string {
  const safe = text.slice(0, MAX_LOGGED_NAME).replace(/[^\p{L}\p{N}.:%@+~-]/gu, '_');
  return safe === '' ? '-' : safe;
}

function unreferencedSleep(delayMs: number): Promise<void> {
  return sleepFor(delayMs, undefined, { ref: false });
}

/**
 * Decides on logins. Whatever is wrong, the same work is done, the same reply comes back, and it comes after a
 * delay that grows with the failures of that address and user.
 */
export class Authenticator {
  readonly #options: AuthenticatorOptions;
  readonly #line: WorkLine;
  readonly #sleep: (delayMs: number) => Promise<void>;

  constructor(options: AuthenticatorOptions) {
    this.#options = options;
    this.#line = new WorkLine(
      options.maxRunning ?? DEFAULT_MAX_RUNNING,
      options.maxWaiting ?? DEFAULT_MAX_WAITING,
    );
    this.#sleep = options.sleep ?? unreferencedSleep;
  }

  /** A websocket login. Never rejects. */
  async login(request: LoginRequest): Promise<LoginResult> {
    const { remoteAddress } = request;
    try {
      const decrypted = decryptLogin(this.#options.key(), request.iv, request.crypto);
      const credentials = decrypted.ok ? decrypted.value : NOBODY;
      const known = this.#ivAllowed(request) ? undefined : 'bad-iv';
      const failure = known ?? (decrypted.ok ? undefined : 'bad-cipher');
      return await this.#decide(credentials, remoteAddress, RIGHT_WEBSOCKETS, failure, request.abandoned);
    } catch {
      return this.#refuse('', remoteAddress, 'internal-error');
    }
  }

  /** A login with plain credentials, for which the user needs `right` (a RIGHT_… bit). Never rejects. */
  async check(credentials: Credentials, remoteAddress: string, right: number): Promise<LoginResult> {
    try {
      return await this.#decide(credentials, remoteAddress, right, undefined);
    } catch {
      return this.#refuse(credentials.user, remoteAddress, 'internal-error');
    }
  }

  #ivAllowed({ protocol, sid, iv }: LoginRequest): boolean {
    const { authIv } = this.#options;
    const free = authIv === 'any' || (authIv === 'spec' && protocol === 'ws2');
    return free || iv.trim().toUpperCase() === sid.toString('hex').toUpperCase();
  }

  async #decide(
    credentials: Credentials,
    remoteAddress: string,
    right: number,
    known: LoginFailure | undefined,
    abandoned?: () => boolean,
  ): Promise<LoginResult> {
    const { users } = this.#options;
    let user: User | undefined;
    let verified: Verification;
    do {
      user = users.get(credentials.user);
      verified = await this.#verify(user, credentials, abandoned);
      if (verified === 'abandoned') return { ok: false, delayed: true, reason: verified };
      // Who was removed or changed while the password was verified is judged anew.
    } while (users.get(credentials.user) !== user);
    const failure = known ?? this.#failureOf(user, verified, remoteAddress, right);
    if (failure === undefined && user !== undefined) {
      this.#options.throttle.succeeded(remoteAddress, credentials.user);
      return { ok: true, user };
    }
    return this.#refuse(credentials.user, remoteAddress, failure ?? 'unknown-user');
  }

  async #verify(
    user: User | undefined,
    { user: name, password }: Credentials,
    abandoned: (() => boolean) | undefined,
  ): Promise<Verification> {
    const hash = user?.password ?? UNMATCHABLE_HASH;
    const work = async (): Promise<Verification> =>
      abandoned?.() ? 'abandoned' : verifyPassword(hash, name, password);
    return (await this.#line.run(work)) ?? 'overload';
  }

  #failureOf(
    user: User | undefined,
    verified: Verification,
    remoteAddress: string,
    right: number,
  ): LoginFailure | undefined {
    if (typeof verified === 'string') return verified;
    if (user === undefined) return 'unknown-user';
    if (!verified) return 'wrong-password';
    if (!remoteAllowed(user.remotes, remoteAddress)) return 'address-not-allowed';
    return (user.rights & right) === 0 ? 'no-right' : undefined;
  }

  async #refuse(name: string, remoteAddress: string, reason: LoginFailure): Promise<LoginResult> {
    const { log, throttle } = this.#options;
    log.warn(`auth failed user=${logValue(name)} ip=${logValue(remoteAddress)} reason=${reason}`);
    await this.#sleep(throttle.failed(remoteAddress, name));
    return { ok: false, delayed: true, reason };
  }
}
