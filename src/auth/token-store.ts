import { randomBytes, timingSafeEqual } from 'node:crypto';
import type { Logger } from '../logging/logger.ts';
import type { StateFile } from '../state/state-file.ts';
import type { PasswordHash } from './password.ts';
import type { Rights } from './rights.ts';
import {
  passwordStamp,
  SECRET_SIZE,
  type Token,
  type TokensContent,
  timeText,
  tokenToJson,
} from './token.ts';
import { TokenClock } from './token-clock.ts';
import type { User, UserSource } from './user.ts';

export const MAX_TOKENS_OF_USER = 64;
/** Tokens of all users; with more, the file would be too large for the memory cards of these machines. */
const MAX_TOKENS = 8192;
export const DEFAULT_LIFETIME_S = 400 * 86_400;
export const MIN_LIFETIME_S = 60;
export const MAX_LIFETIME_S = 5 * 365 * 86_400;
/** The use of a token is saved only after this part of its lifetime, to spare memory cards. */
const LAZY_PART = 1 / 100;
const MIN_LAZY_MS = 30_000;
const MAX_LAZY_MS = 86_400_000;
/** When to try again to write what other servers have to know. */
const RETRY_MS = 5000;
/** Unknown tokens make the server read the file this often at the most. */
const MIN_LOOK_MS = 100;
/**
 * A server that shares the tokens may see a new one before the new password that it was made with: only one that
 * is older than this, by its user's password, has ended for all.
 */
const SETTLED_MS = 60_000;

export interface TokenStoreOptions {
  users: UserSource;
  log: Logger;
  /** Undefined = kept in memory only. */
  file?: StateFile<TokensContent>;
  /** Other servers use the file as well. */
  isShared?: boolean;
  wallMs?(): number;
  monotonicMs?(): number;
}

export interface NewToken {
  user: User;
  label: string;
  lifetimeS: number;
  rights: Rights | undefined;
  isLocal: boolean;
}

/** All tokens, in memory and in one file. They are looked up by id; the caller checks the secret. */
export class TokenStore {
  readonly #options: TokenStoreOptions;
  readonly #tokens: Map<string, Token>;
  readonly #clock: TokenClock;
  /** The password hash (the object, while it is in force) that a token was last found to be made with. */
  readonly #stamped = new WeakMap<Token, PasswordHash>();
  /** Number of sessions by token id; a token is in use while it has any. */
  readonly #sessions = new Map<string, number>();
  /** Tokens that are new here, or have ended here, and that the file does not know yet. */
  readonly #fresh = new Set<string>();
  readonly #gone = new Set<string>();
  #lookedAtMs = Number.NEGATIVE_INFINITY;
  #lazyTimer: NodeJS.Timeout | undefined;
  #lazyAtMs = Number.POSITIVE_INFINITY;
  #isClosed = false;
  /** Called with tokens that have ended, so that their sessions end; `asking` = the argument of `revoke`. */
  onEnded: (ids: ReadonlySet<string>, asking?: unknown) => void = () => {};

  private constructor(options: TokenStoreOptions, { tokens, latestMs }: TokensContent) {
    this.#options = options;
    this.#tokens = new Map(tokens.map((token) => [token.id, token]));
    this.#clock = new TokenClock(latestMs, options.wallMs, options.monotonicMs);
  }

  static async load(options: TokenStoreOptions): Promise<TokenStore> {
    const store = new TokenStore(options, (await options.file?.load()) ?? { tokens: [], latestMs: 0 });
    if (store.#dropEnded().size > 0) void store.#save();
    else if (store.#tokens.size > 0) store.#saveWithin(MAX_LAZY_MS);
    return store;
  }

  /**
   * The token with that id if it is good: it is known and not too old, and its user has the same password.
   */
  find(id: string): Token | undefined {
    const token = this.#tokens.get(id);
    return token !== undefined && this.#isGood(token) ? token : undefined;
  }

  /**
   * @returns undefined if the user or the driver has too many; otherwise the token, once it is on the disk
   */
  async create({ user, label, lifetimeS, rights, isLocal }: NewToken): Promise<Token | undefined> {
    if (!this.#hasRoomFor(user.name)) return undefined;
    const secret = randomBytes(SECRET_SIZE);
    const token: Token = {
      id: randomBytes(8).toString('hex'),
      secret,
      user: user.name,
      stamp: passwordStamp(secret, user.password),
      label,
      rights,
      isLocal,
      createdMs: this.#clock.nowMs(),
      lifetimeMs: lifetimeS * 1000,
      lastUsedMs: undefined,
      lastAddress: undefined,
    };
    await this.#keep(token);
    return token;
  }

  /** Takes a token that somebody else has made. */
  async add(token: Token): Promise<void> {
    if (!this.#hasRoomFor(token.user)) {
      this.#options.log.err(`token ${token.id} was not taken: there are too many; revoke some`);
      return;
    }
    await this.#keep(token);
  }

  /** The good tokens of one user or of all users. */
  of(user?: string): Token[] {
    return [...this.#tokens.values()].filter(
      (token) => (user === undefined || token.user === user) && this.#isGood(token),
    );
  }

  expiresMs(token: Token): number {
    return this.#lastUseMs(token) + token.lifetimeMs;
  }

  /** Ends these tokens. @returns how many of them existed */
  async revoke(ids: Iterable<string>, asking?: unknown): Promise<number> {
    const ended = new Set([...ids].filter((id) => this.#forget(id)));
    if (ended.size === 0) return 0;
    this.onEnded(ended, asking);
    await this.#save();
    return ended.size;
  }

  /** Notes that a session logged in with the token. */
  used(token: Token, address: string): void {
    token.lastAddress = address;
    this.#touch(token);
  }

  /** Notes that a session with the token has begun (1) or ended (-1). */
  countSession(id: string, step: 1 | -1): void {
    const count = (this.#sessions.get(id) ?? 0) + step;
    if (count > 0) this.#sessions.set(id, count);
    else this.#sessions.delete(id);
    const token = this.#tokens.get(id);
    if (token !== undefined) this.#touch(token);
  }

  /** Call this when users were edited: ends the tokens of users that are gone or have another password. */
  usersChanged(): void {
    const ended = this.#dropEnded();
    if (ended.size === 0) return;
    this.onEnded(ended);
    void this.#save();
  }

  /** Takes over what other servers have written. */
  async refresh(): Promise<void> {
    await this.#options.file?.refresh((stored) => this.#merge(stored));
  }

  /** Looks whether another server has just made a token that is unknown here. */
  async lookFor(id: string): Promise<void> {
    const nowMs = performance.now();
    const isKnown = this.#tokens.has(id.trim().toLowerCase());
    if (this.#options.isShared !== true || isKnown || nowMs - this.#lookedAtMs < MIN_LOOK_MS) return;
    this.#lookedAtMs = nowMs;
    await this.refresh();
  }

  /** Saves what is not saved yet. */
  async close(): Promise<void> {
    this.#isClosed = true;
    if (this.#lazyTimer !== undefined) await this.#save();
  }

  #hasRoomFor(user: string): boolean {
    this.#dropEnded(user);
    return this.#tokens.size < MAX_TOKENS && this.of(user).length < MAX_TOKENS_OF_USER;
  }

  #isGood(token: Token): boolean {
    return this.#hasUser(token) && !this.#isTooOld(token);
  }

  #hasUser(token: Token): boolean {
    const password = this.#options.users.get(token.user)?.password;
    if (password === undefined) return false;
    if (this.#stamped.get(token) === password) return true;
    if (!timingSafeEqual(passwordStamp(token.secret, password), token.stamp)) return false;
    this.#stamped.set(token, password);
    return true;
  }

  #isTooOld(token: Token): boolean {
    return !this.#sessions.has(token.id) && this.#clock.nowMs() >= this.expiresMs(token);
  }

  #lastUseMs(token: Token): number {
    return this.#sessions.has(token.id) ? this.#clock.nowMs() : (token.lastUsedMs ?? token.createdMs);
  }

  /** Forgets the tokens, of one user or of all, that have ended by themselves. */
  #dropEnded(user?: string): Set<string> {
    const ended = new Set<string>();
    for (const token of this.#tokens.values()) {
      if ((user !== undefined && token.user !== user) || this.#isGood(token)) continue;
      ended.add(token.id);
      if (!this.#isSettled(token)) continue;
      this.#forget(token.id);
      const why = this.#hasUser(token) ? 'its lifetime is over' : 'the user is gone or has another password';
      this.#options.log.info(`token ${token.id} of user ${token.user} has ended: ${why}`);
    }
    return ended;
  }

  #isSettled(token: Token): boolean {
    return this.#options.isShared !== true || this.#clock.nowMs() - token.createdMs > SETTLED_MS;
  }

  async #keep(token: Token): Promise<void> {
    this.#tokens.set(token.id, token);
    this.#fresh.add(token.id);
    await this.#save();
  }

  /** @returns whether there was such a token */
  #forget(id: string): boolean {
    this.#fresh.delete(id);
    if (this.#options.isShared === true) this.#gone.add(id);
    return this.#tokens.delete(id);
  }

  /** Makes the tokens those of the file, but for what this server has not written yet. */
  #merge(stored: TokensContent): void {
    const known = new Set<string>();
    for (const token of stored.tokens) {
      known.add(token.id);
      const own = this.#tokens.get(token.id);
      if (own === undefined) {
        if (!this.#gone.has(token.id)) this.#tokens.set(token.id, token);
      } else if ((token.lastUsedMs ?? 0) > (own.lastUsedMs ?? 0)) {
        own.lastUsedMs = token.lastUsedMs;
        own.lastAddress = token.lastAddress;
      }
    }
    const ended = [...this.#tokens.keys()].filter((id) => !known.has(id) && !this.#fresh.has(id));
    for (const id of ended) this.#tokens.delete(id);
    if (ended.length > 0) this.onEnded(new Set(ended));
  }

  #touch(token: Token): void {
    token.lastUsedMs = this.#clock.nowMs();
    const waitMs = Math.min(Math.max(token.lifetimeMs * LAZY_PART, MIN_LAZY_MS), MAX_LAZY_MS);
    this.#saveWithin(waitMs);
  }

  #saveWithin(waitMs: number): void {
    const dueAtMs = performance.now() + waitMs;
    if (dueAtMs >= this.#lazyAtMs || this.#isClosed) return;
    clearTimeout(this.#lazyTimer);
    this.#lazyAtMs = dueAtMs;
    this.#lazyTimer = setTimeout(() => {
      this.#dropEnded();
      void this.#save();
      // Tokens with sessions are still in use.
      for (const id of this.#sessions.keys()) {
        const used = this.#tokens.get(id);
        if (used !== undefined) this.#touch(used);
      }
    }, waitMs);
    this.#lazyTimer.unref();
  }

  async #save(): Promise<void> {
    clearTimeout(this.#lazyTimer);
    this.#lazyTimer = undefined;
    this.#lazyAtMs = Number.POSITIVE_INFINITY;
    // The time is saved once a day, so that a token that has ended does not come back when the clock is set
    // back.
    if (this.#tokens.size > 0) this.#saveWithin(MAX_LAZY_MS);
    let written: readonly [fresh: string[], gone: string[]] = [[], []];
    const isSaved = await this.#options.file?.save((stored) => {
      if (stored !== undefined) this.#merge(stored);
      written = [[...this.#fresh], [...this.#gone]];
      return {
        latest: timeText(this.#clock.nowMs()),
        tokens: [...this.#tokens.values()].map(tokenToJson),
      };
    });
    if (isSaved === false && this.#options.isShared === true) this.#saveWithin(RETRY_MS);
    if (isSaved !== true) return;
    for (const id of written[0]) this.#fresh.delete(id);
    for (const id of written[1]) this.#gone.delete(id);
  }
}
