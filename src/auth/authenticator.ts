import { timingSafeEqual } from 'node:crypto';
import { cpus } from 'node:os';
import { setTimeout as sleepFor } from 'node:timers/promises';
import type { Logger } from '../logging/logger.ts';
import { AccountGuard, type LoginOrigin } from './account-guard.ts';
import { type Credentials, decryptLogin, firstBlockOf } from './login-crypto.ts';
import { LoginLine } from './login-line.ts';
import { LoginMemory } from './login-memory.ts';
import { type PasswordHash, samePasswordHash, UNMATCHABLE_HASH, verifyPassword } from './password.ts';
import { passwordWeakness } from './password-rules.ts';
import { addressIsLoopback, networkOf, remoteAllowed } from './remotes.ts';
import { RIGHT_WEBSOCKETS, type Rights } from './rights.ts';
import { isWellKnown } from './sample-passwords.ts';
import { LoginThrottle } from './throttle.ts';
import { isProof, parseBearer } from './token.ts';
import { judgeToken, type TokenAttempt, type TokenFailure } from './token-gate.ts';
import type { TokenStore } from './token-store.ts';
import type { User, UserSource } from './user.ts';

export type { UserSource } from './user.ts';

/** Which iv a login may use: the session's sid only on ws1, on both, or anything on both. */
export type AuthIvPolicy = 'spec' | 'sid' | 'any';

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

export interface AuthenticatorOptions {
  users: UserSource;
  /** Undefined = there are no tokens. */
  tokens?: TokenStore | undefined;
  /** Where verified passwords are remembered; zero or what was left of it. Memory of its own when not given. */
  memory?: Uint8Array | undefined;
  /** The AES-128 key in force, 16 bytes. */
  key(): Buffer;
  authIv: AuthIvPolicy;
  log: Logger;
  /** Verifications at once. Each takes a thread of libuv's pool of four, which files need too. */
  maxRunning?: number;
  /** Logins that may wait; of more, one fails. */
  maxWaiting?: number;
  /** Monotonic ms. */
  now?(): number;
  sleep?(delayMs: number): Promise<void>;
}

/** All cores but one, and one of libuv's threads left for files; two at least, also where there is one core. */
const DEFAULT_MAX_RUNNING = Math.max(2, Math.min(cpus().length - 1, 3));
const DEFAULT_MAX_WAITING = 16_384;
/** The reply to a failed login leaves this long after its turn began, or at a multiple: a password takes less. */
const REPLY_STEP_MS = 250;
const MAX_LOGGED_NAME = 64;

/** Used where there are no credentials, so that the same work is done. */
const NOBODY: Credentials = { user: '', password: '' };

/** A login whose turn has not come yet: nothing in it has been looked at. */
interface Attempt {
  remoteAddress: string;
  origin: LoginOrigin;
  /** Called once its turn has come. */
  judge(): Promise<Verdict>;
}

/** A login by password. */
interface PasswordAttempt {
  remoteAddress: string;
  origin: LoginOrigin;
  /** The right that the user needs; a RIGHT_… bit. */
  right: number;
  /** What the login holds; undefined when that is nothing. */
  open(): Credentials | undefined;
  /** The reason to refuse it without opening it. */
  refusal: LoginFailure | undefined;
}

interface Verdict {
  user: User | undefined;
  failure: LoginFailure | undefined;
  isLocal: boolean;
}

/** A value for the log: what could end a line or look like another field becomes an underscore. */
function logValue(text: string): string {
  const safe = text.slice(0, MAX_LOGGED_NAME).replace(/[^\p{L}\p{N}.:%@+~-]/gu, '_');
  return safe === '' ? '-' : safe;
}

function unreferencedSleep(delayMs: number): Promise<void> {
  return sleepFor(delayMs, undefined, { ref: false });
}

/**
 * Decides on logins. A login can be recorded and turned by somebody without the key, so that nothing about one
 * that fails may depend on what it holds once decrypted: when its turn comes goes by its address alone, whatever
 * is wrong the same work is done, and the same reply leaves at the same moment. Guessing is limited by the turns
 * (LoginLine, LoginThrottle) and per account (AccountGuard).
 */
export class Authenticator {
  readonly #options: AuthenticatorOptions;
  readonly #now: () => number;
  readonly #sleep: (delayMs: number) => Promise<void>;
  readonly #throttle: LoginThrottle;
  readonly #guard: AccountGuard;
  readonly #line: LoginLine;
  readonly #memory: LoginMemory;
  /** Names of users whose weak passwords have been told of. */
  readonly #weakUsers = new Set<string>();

  constructor(options: AuthenticatorOptions) {
    this.#options = options;
    this.#memory = new LoginMemory(options.memory);
    this.#now = options.now ?? (() => performance.now());
    this.#sleep = options.sleep ?? unreferencedSleep;
    this.#throttle = new LoginThrottle({ now: this.#now });
    this.#guard = new AccountGuard(this.#now);
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
   * A login with a token as HTTP has it, `id.secret` (behind `Bearer `), for which the user needs `right`. Whether the
   * connection is fit for it (TLS or loopback) is for the caller to look at first. Never rejects.
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

  /** To be called when users were removed or edited: their next logins are verified anew. */
  forget(names: readonly string[]): void {
    for (const name of names) this.#memory.forget(name);
  }

  #mayChooseIv(protocol: LoginRequest['protocol']): boolean {
    const { authIv } = this.#options;
    return authIv === 'any' || (authIv === 'spec' && protocol === 'ws2');
  }

  #originOf(remoteAddress: string, firstBlock: string | undefined): LoginOrigin {
    return { network: networkOf(remoteAddress), failedLately: false, firstBlock };
  }

  #byPassword(attempt: PasswordAttempt, abandoned?: () => boolean): Promise<LoginResult> {
    const { remoteAddress, origin } = attempt;
    return this.#decide({ remoteAddress, origin, judge: () => this.#verdictOn(attempt) }, abandoned);
  }

  /**
   * A secret of 32 random bytes cannot be guessed, and looking costs microseconds: who has it is let in at once, also
   * from an address that others guess from. Who has not waits like everybody whose login fails.
   */
  async #byToken(attempt: TokenAttempt, abandoned?: () => boolean): Promise<LoginResult> {
    const { users, tokens } = this.#options;
    const { remoteAddress } = attempt;
    const verdict = judgeToken(attempt, tokens, users);
    const origin = this.#originOf(remoteAddress, undefined);
    if (!verdict.ok) {
      const judge = async (): Promise<Verdict> => ({ ...verdict, isLocal: false });
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

  /** Whether the login is right; what follows from it for later ones is noted before another gets its turn. */
  async #judge({ origin, judge }: Attempt): Promise<Verdict> {
    origin.failedLately = this.#throttle.failedLately(origin.network);
    let verdict: Verdict;
    try {
      verdict = await judge();
    } catch {
      // Not even to the log: the text of an error may hold what was decrypted.
      verdict = { user: undefined, failure: 'internal-error', isLocal: false };
    }
    const { user, failure } = verdict;
    if (failure !== undefined) this.#throttle.failed(origin.network);
    if (user === undefined) return verdict;
    if (failure === undefined) this.#guard.entered(user.name, origin);
    else if (failure === 'wrong-password') this.#guard.guessed(user.name, origin);
    return verdict;
  }

  async #verdictOn(attempt: PasswordAttempt): Promise<Verdict> {
    const { users } = this.#options;
    const opened = attempt.refusal === undefined ? attempt.open() : undefined;
    const { user: name, password } = opened ?? NOBODY;
    let hash: PasswordHash;
    let user: User | undefined;
    let isRight: boolean;
    do {
      user = users.get(name);
      hash = user?.password ?? UNMATCHABLE_HASH;
      const isKnown = this.#memory.knows(name, hash, password);
      // Whatever is refused costs the full work, a known password too.
      if (isKnown && opened !== undefined && this.#failureOf(attempt, user, true, password) === undefined) {
        isRight = true;
        break;
      }
      isRight = await verifyPassword(hash, name, password);
      user = users.get(name);
      // Whose password was changed meanwhile is judged anew.
    } while (!samePasswordHash(user?.password ?? UNMATCHABLE_HASH, hash));
    const missing = opened === undefined ? 'bad-cipher' : undefined;
    const failure = attempt.refusal ?? missing ?? this.#failureOf(attempt, user, isRight, password);
    if (user === undefined || failure !== undefined) return { user, failure, isLocal: false };
    this.#memory.remember(name, hash, password);
    this.#noteWeakness(user, password, attempt);
    return { user, failure, isLocal: isWellKnown(user, password) };
  }

  /** Said once per user; what makes it weak would tell the log what it is. */
  #noteWeakness({ name }: User, password: string, { remoteAddress }: PasswordAttempt): void {
    if (passwordWeakness(name, password) === undefined || this.#weakUsers.has(name)) return;
    this.#weakUsers.add(name);
    this.#options.log[addressIsLoopback(remoteAddress) ? 'warn' : 'err'](
      `the password of user ${logValue(name)} is soon guessed; make another one with mkpasswd`,
    );
  }

  #failureOf(
    { remoteAddress, right, origin }: PasswordAttempt,
    user: User | undefined,
    isRight: boolean,
    password: string,
  ): LoginFailure | undefined {
    if (user === undefined) return 'unknown-user';
    if (!isRight) return 'wrong-password';
    if (isWellKnown(user, password) && !addressIsLoopback(remoteAddress)) return 'sample-password';
    if (!remoteAllowed(user.remotes, remoteAddress)) return 'address-not-allowed';
    if ((user.rights & right) === 0) return 'no-right';
    return this.#guard.admits(user.name, origin) ? undefined : 'too-many-guesses';
  }

  /** Only names of users that exist are logged: with bytes turned, a name may be a piece of a password. */
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
