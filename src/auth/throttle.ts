export interface ThrottleOptions {
  /** Monotonic time in ms. */
  now(): number;
  /** Delay of the first failure; doubles with each further one. */
  firstDelayMs: number;
  maxDelayMs: number;
  /** A failure is forgotten after this time. */
  decayMs: number;
  /** Pairs of address and user that are remembered. */
  maxEntries: number;
}

const DEFAULTS: ThrottleOptions = {
  now: () => performance.now(),
  firstDelayMs: 125,
  maxDelayMs: 2000,
  decayMs: 30_000,
  maxEntries: 2048,
};

interface Failures {
  count: number;
  /** When one of them is forgotten next. */
  decaysAtMs: number;
}

/**
 * How long the reply to a failed login is held back, per remote address and user. Nobody is ever locked out:
 * others behind the same proxy, and the user with the right password, do not wait.
 */
export class LoginThrottle {
  readonly #options: ThrottleOptions;
  /** Failures beyond those that make the longest delay would only take longer to be forgotten. */
  readonly #maxCount: number;
  /** In the order of their latest failure. */
  readonly #failures = new Map<string, Failures>();

  constructor(options: Partial<ThrottleOptions> = {}) {
    this.#options = { ...DEFAULTS, ...options };
    this.#maxCount = Math.ceil(Math.log2(this.#options.maxDelayMs / this.#options.firstDelayMs)) + 1;
  }

  /** Pairs remembered now. */
  get size(): number {
    return this.#failures.size;
  }

  /** Notes a failure; returns the delay for its reply in ms. */
  failed(address: string, user: string): number {
    const { now, firstDelayMs, maxDelayMs, decayMs, maxEntries } = this.#options;
    const key = `${address}\n${user}`;
    const nowMs = now();
    const count = Math.min(this.#countNow(this.#failures.get(key), nowMs) + 1, this.#maxCount);
    this.#failures.delete(key);
    this.#failures.set(key, { count, decaysAtMs: nowMs + decayMs });
    if (this.#failures.size > maxEntries) this.#forgetOldest();
    return Math.min(firstDelayMs * 2 ** (count - 1), maxDelayMs);
  }

  /** Forgets the failures of a user that has logged in. */
  succeeded(address: string, user: string): void {
    this.#failures.delete(`${address}\n${user}`);
  }

  #countNow(failures: Failures | undefined, nowMs: number): number {
    if (failures === undefined) return 0;
    if (nowMs < failures.decaysAtMs) return failures.count;
    const forgotten = 1 + Math.floor((nowMs - failures.decaysAtMs) / this.#options.decayMs);
    return Math.max(failures.count - forgotten, 0);
  }

  #forgetOldest(): void {
    const oldest = this.#failures.keys().next();
    if (!oldest.done) this.#failures.delete(oldest.value);
  }
}
