import { timingSafeEqual } from 'node:crypto';
import { cpus } from 'node:os';
import { setTimeout as sleepFor } from 'node:timers/promises';
import { TurnQueue } from '../core/turn-queue.ts';
import type { Logger } from '../logging/logger.ts';
import { AccountGuard, type LoginOrigin } from './account-guard.ts';
import type { LoginFailure, LoginRequest, LoginResult, LoginVerdict, TokenLoginRequest } from './login.ts';
import { type Credentials, decryptLogin, firstBlockOf } from './login-crypto.ts';
import { LoginLine } from './login-line.ts';
import { logValue, type PasswordAttempt, PasswordGate } from './password-gate.ts';
import { networkOf } from './remotes.ts';
import { RIGHT_WEBSOCKETS } from './rights.ts';
import { LoginThrottle } from './throttle.ts';
import { isProof, parseBearer } from './token.ts';
import { judgeToken, type TokenAttempt } from './token-gate.ts';
import type { TokenStore } from './token-store.ts';
import type { User, UserSource } from './user.ts';

/** Which iv a login may use: the session's sid on ws1 (`spec`), the sid on both protocols, or any on both. */
export type AuthIvPolicy = 'spec' | 'sid' | 'any';

export interface AuthenticatorOptions {
  users: UserSource;
  /** Undefined = there are no tokens. */
  tokens?: TokenStore | undefined;
  /** Memory for verified passwords: all zero, or as an earlier runtime left it. Allocated if not given. */
  memory?: Uint8Array | undefined;
  /** The AES-128 key in force, 16 bytes. */
  key(): Buffer;
  authIv: AuthIvPolicy;
  log: Logger;
  /** Spreads logins over turns of the event loop; made if not given. */
  turns?: TurnQueue;
  /** Verifications that run at once. Each takes one thread of libuv's pool of four, which files need too. */
  maxRunning?: number;
  /** Logins that may wait; if there are more, one fails. */
  maxWaiting?: number;
  /** Monotonic ms. */
  now?(): number;
  sleep?(delayMs: number): Promise<void>;
}

/** All cores but one, with one of libuv's threads left for files; at least two, even with a single core. */
const DEFAULT_MAX_RUNNING = Math.max(2, Math.min(cpus().length - 1, 3));
const DEFAULT_MAX_WAITING = 16_384;
/**
 * The reply to a failed login leaves this long, or a multiple, after its turn began: a password takes less.
 */
const REPLY_STEP_MS = 250;

/** A login whose turn has not come yet: nobody has looked at its content. */
interface Attempt {
  remoteAddress: string;
  origin: LoginOrigin;
  /** Called once its turn has come. */
  judge(): Promise<LoginVerdict>;
}

function unreferencedSleep(delayMs: number): Promise<void> {
  return sleepFor(delayMs, undefined, { ref: false });
}

/**
 * Decides on logins. Somebody without the key can record and change a login, so nothing about a login that
 * fails may depend on what it holds once decrypted: its address alone decides when its turn comes, the driver
 * does the same work whatever is wrong, and the same reply leaves at the same moment. Guessing is limited by
 * the turns (LoginLine, LoginThrottle) and per account (AccountGuard).
 */
export class Authenticator {
  readonly #options: AuthenticatorOptions;
  readonly #now: () => number;
  readonly #sleep: (delayMs: number) => Promise<void>;
  readonly #throttle: LoginThrottle;
  readonly #guard: AccountGuard;
  readonly #line: LoginLine;
  readonly #passwords: PasswordGate;
  readonly #turns: TurnQueue;

  constructor(options: AuthenticatorOptions) {
    this.#options = options;
    this.#now = options.now ?? (() => performance.now());
    this.#sleep = options.sleep ?? unreferencedSleep;
    this.#throttle = new LoginThrottle({ now: this.#now });
    this.#guard = new AccountGuard(this.#now);
    this.#passwords = new PasswordGate(options, this.#guard);
    this.#turns = options.turns ?? new TurnQueue();
    this.#line = new LoginLine({
      maxRunning: options.maxRunning ?? DEFAULT_MAX_RUNNING,
      maxWaiting: options.maxWaiting ?? DEFAULT_MAX_WAITING,
      clock: { now: this.#now, sleep: this.#sleep },
      pausedUntilMs: (network) => this.#throttle.pausedUntilMs(network),
    });
  }

  /** A websocket login with a password. Never rejects. */
  login(request: LoginRequest): Promise<LoginResult> {
    const { iv, crypto, remoteAddress, sid } = request;
    const isBound = iv.trim().toUpperCase() === sid.toString('hex').toUpperCase();
    return this.#byPassword(
      {
        remoteAddress,
        right: RIGHT_WEBSOCKETS,
        origin: this.#originOf(remoteAddress, isBound ? undefined : firstBlockOf(crypto)),
        open: () => {
          const decrypted = decryptLogin(this.#options.key(), iv, crypto);
          return decrypted.ok ? decrypted.value : undefined;
        },
        refusal: isBound || this.#mayChooseIv(request.protocol) ? undefined : 'bad-iv',
      },
      request.abandoned,
    );
  }

  /** A login with plain credentials, for which the user needs `right` (a RIGHT_… bit). Never rejects. */
  check(
    credentials: Credentials,
    remoteAddress: string,
    right: number,
    abandoned?: () => boolean,
  ): Promise<LoginResult> {
    const origin = this.#originOf(remoteAddress, undefined);
    const attempt = { remoteAddress, right, origin, open: () => credentials, refusal: undefined };
    return this.#byPassword(attempt, abandoned);
  }

  /** A websocket login with a token. Never rejects. */
  loginWithToken({ token, proof, sid, remoteAddress, abandoned }: TokenLoginRequest): Promise<LoginResult> {
    const proves = (secret: Buffer): boolean => isProof(secret, sid, proof);
    return this.#byToken({ id: token, proves, remoteAddress, right: RIGHT_WEBSOCKETS }, abandoned);
  }

  /**
   * A login with a token as HTTP sends it, `id.secret` (after `Bearer `), for which the user needs `right`.
   * The caller first checks that the connection is fit for it (TLS or loopback). Never rejects.
   */
  checkBearer(
    bearer: string,
    remoteAddress: string,
    right: number,
    abandoned?: () => boolean,
  ): Promise<LoginResult> {
    const given = parseBearer(bearer);
    const proves = (secret: Buffer): boolean => given !== undefined && timingSafeEqual(secret, given.secret);
    return this.#byToken({ id: given?.id ?? '', proves, remoteAddress, right }, abandoned);
  }

  /** Call this when users were removed or edited: the driver then verifies their next logins in full. */
  forget(names: readonly string[]): void {
    this.#passwords.forget(names);
  }

  #mayChooseIv(protocol: LoginRequest['protocol']): boolean {
    const { authIv } = this.#options;
    return authIv === 'any' || (authIv === 'spec' && protocol === 'ws2');
  }

  #originOf(remoteAddress: string, firstBlock: string | undefined): LoginOrigin {
    return { network: networkOf(remoteAddress), failedLately: false, firstBlock };
  }

  async #byPassword(attempt: PasswordAttempt, abandoned?: () => boolean): Promise<LoginResult> {
    const { remoteAddress, origin } = attempt;
    await this.#turns.wait();
    return this.#decide({ remoteAddress, origin, judge: () => this.#passwords.judge(attempt) }, abandoned);
  }

  /**
   * Nobody can guess a secret of 32 random bytes, and a check takes microseconds: whoever has it is let in at
   * once, even from an address that others guess from. Whoever does not have it waits like everybody who
   * fails.
   */
  async #byToken(attempt: TokenAttempt, abandoned?: () => boolean): Promise<LoginResult> {
    const { users, tokens } = this.#options;
    const { remoteAddress } = attempt;
    await this.#turns.wait();
    await tokens?.lookFor(attempt.id);
    const verdict = judgeToken(attempt, tokens, users);
    const origin = this.#originOf(remoteAddress, undefined);
    if (!verdict.ok) {
      const judge = async (): Promise<LoginVerdict> => ({ ...verdict, isLocal: false });
      return this.#decide({ remoteAddress, origin, judge }, abandoned);
    }
    const { token, user } = verdict;
    this.#guard.entered(user.name, origin);
    tokens?.used(token, remoteAddress);
    return { ok: true, user, token: { id: token.id, rights: token.rights }, isLocal: token.isLocal };
  }

  async #decide(attempt: Attempt, abandoned: () => boolean = () => false): Promise<LoginResult> {
    const { network } = attempt.origin;
    let begunAtMs = this.#now();
    const verdict = await this.#line.enter({
      network,
      isKnown: this.#guard.knows(network),
      abandoned,
      run: () => {
        begunAtMs = this.#now();
        return this.#judge(attempt);
      },
    });
    if (verdict === 'abandoned') return { ok: false, reason: verdict };
    if (verdict === 'overload') return this.#refuse(attempt, undefined, verdict, begunAtMs);
    const { user, failure, isLocal } = verdict;
    if (user !== undefined && failure === undefined) return { ok: true, user, token: undefined, isLocal };
    return this.#refuse(attempt, user, failure ?? 'unknown-user', begunAtMs);
  }

  /** Whether the login is right. Notes the consequences for later logins before another one gets its turn. */
  async #judge({ origin, judge }: Attempt): Promise<LoginVerdict> {
    origin.failedLately = this.#throttle.failedLately(origin.network);
    let verdict: LoginVerdict;
    try {
      verdict = await judge();
    } catch {
      // Not even logged: the text of the error may hold decrypted data.
      verdict = { user: undefined, failure: 'internal-error', isLocal: false };
    }
    const { user, failure } = verdict;
    if (failure !== undefined) this.#throttle.failed(origin.network);
    if (user === undefined) return verdict;
    if (failure === undefined) this.#guard.entered(user.name, origin);
    else if (failure === 'wrong-password') this.#guard.guessed(user.name, origin);
    return verdict;
  }

  /**
   * Logs only names of users that exist: in a login with changed bytes, the name may be part of a password.
   */
  async #refuse(
    { remoteAddress }: Attempt,
    user: User | undefined,
    reason: LoginFailure,
    begunAtMs: number,
  ): Promise<LoginResult> {
    const name = user === undefined ? '-' : logValue(user.name);
    this.#options.log.warn(`auth failed user=${name} ip=${logValue(remoteAddress)} reason=${reason}`);
    const elapsedMs = this.#now() - begunAtMs;
    const steps = Math.floor(elapsedMs / REPLY_STEP_MS) + 1;
    await this.#sleep(Math.ceil(steps * REPLY_STEP_MS - elapsedMs));
    return { ok: false, reason };
  }
}
