import { createHash, randomBytes } from 'node:crypto';

export interface ThrottleOptions {
  /** Monotonic time in ms. */
  now(): number;
  /** Pause after the first failure; doubles with each further one. Allows three guesses a second at most. */
  firstPauseMs: number;
  maxPauseMs: number;
  /** A failure is forgotten after this time. */
  decayMs: number;
  /** How long a network counts as one that has failed. */
  memoryMs: number;
  /** Places of each of the two rows; a power of two. */
  slots: number;
}

const DEFAULTS: ThrottleOptions = {
  now: () => performance.now(),
  firstPauseMs: 350,
  maxPauseMs: 1000,
  decayMs: 30_000,
  memoryMs: 3_600_000,
  slots: 8192,
};
const ROWS = 2;
const NEVER = Number.NEGATIVE_INFINITY;

/**
 * Counts the failed logins of networks (networkOf), and makes a network pause after them. Only the network
 * counts: the time that the next login takes must not reveal what this one held. A network is never locked
 * out.
 *
 * The record is a count-min sketch: a secret hash gives each network a place in each of two rows, and the
 * better of its two places counts. So the size is fixed, and there are no entries that a crowd of addresses
 * could push out. The worst that a crowd can do is make strangers wait as if they had failed themselves.
 */
export class LoginThrottle {
  readonly #options: ThrottleOptions;
  /** The count that gives the longest pause; counting further would only delay forgetting. */
  readonly #maxCount: number;
  readonly #secret = randomBytes(16);
  readonly #counts: Uint8Array;
  readonly #failedAtMs: Float64Array;

  constructor(options: Partial<ThrottleOptions> = {}) {
    this.#options = { ...DEFAULTS, ...options };
    const { firstPauseMs, maxPauseMs, slots } = this.#options;
    this.#maxCount = Math.ceil(Math.log2(maxPauseMs / firstPauseMs)) + 1;
    this.#counts = new Uint8Array(slots * ROWS);
    this.#failedAtMs = new Float64Array(slots * ROWS).fill(NEVER);
  }

  /**
   * When the next login of the network may be looked at (monotonic ms); undefined while it has no failures.
   */
  pausedUntilMs(network: string): number | undefined {
    const places = this.#placesOf(network);
    if (places.some((place) => this.#countAt(place) === 0)) return undefined;
    return Math.min(...places.map((place) => this.#pausedUntilAt(place)));
  }

  /** Whether a login from that network failed within the last hour. */
  failedLately(network: string): boolean {
    const sinceMs = this.#options.now() - this.#options.memoryMs;
    return this.#placesOf(network).every((place) => (this.#failedAtMs[place] ?? NEVER) > sinceMs);
  }

  /** Notes a failure. */
  failed(network: string): void {
    const nowMs = this.#options.now();
    const places = this.#placesOf(network);
    const counts = places.map((place) => this.#countAt(place));
    const count = Math.min(Math.min(...counts) + 1, this.#maxCount);
    places.forEach((place, row) => {
      this.#counts[place] = Math.max(count, counts[row] ?? 0);
      this.#failedAtMs[place] = nowMs;
    });
  }

  #placesOf(network: string): number[] {
    const { slots } = this.#options;
    const digest = createHash('sha256').update(this.#secret).update(network).digest();
    return Array.from(
      { length: ROWS },
      (_, row) => row * slots + (digest.readUInt32LE(row * 4) & (slots - 1)),
    );
  }

  /** Failures that are not forgotten yet. */
  #countAt(place: number): number {
    const count = this.#counts[place] ?? 0;
    if (count === 0) return 0;
    const forgotten = Math.floor(
      (this.#options.now() - (this.#failedAtMs[place] ?? 0)) / this.#options.decayMs,
    );
    return Math.max(count - forgotten, 0);
  }

  #pausedUntilAt(place: number): number {
    const { firstPauseMs, maxPauseMs } = this.#options;
    const pauseMs = Math.min(firstPauseMs * 2 ** (this.#countAt(place) - 1), maxPauseMs);
    return (this.#failedAtMs[place] ?? NEVER) + pauseMs;
  }
}
