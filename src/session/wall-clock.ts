/** From here on a difference between the two clocks is somebody setting the time, not their grain. */
const JUMP_US = 1_000_000;

/**
 * The wall clock in microseconds that never runs backwards, except when somebody sets the time back by more
 * than a second.
 *
 * The system's wall clock is read in whole milliseconds only; what lies between comes from a monotonic clock
 * that is anchored to it. The anchor is moved whenever the two part.
 */
export class WallClock {
  readonly #wallMs: () => number;
  readonly #monotonicMs: () => number;
  /** Wall time less monotonic time, in microseconds. */
  #anchorUs: number;
  #lastUs = 0;

  /**
   * @param wallMs Unix time in whole milliseconds
   * @param monotonicMs milliseconds with fractions, from any origin
   */
  constructor(wallMs = () => Date.now(), monotonicMs = () => performance.now()) {
    this.#wallMs = wallMs;
    this.#monotonicMs = monotonicMs;
    this.#anchorUs = wallMs() * 1000 - monotonicMs() * 1000;
  }

  /** Unix time in whole microseconds. */
  nowUs(): number {
    const monotonicUs = this.#monotonicMs() * 1000;
    const wallUs = this.#wallMs() * 1000;
    const now = this.#anchorUs + monotonicUs;
    // In step, the time lies within the millisecond that the wall clock shows.
    if (now < wallUs) this.#anchorUs = wallUs - monotonicUs;
    else if (now >= wallUs + 1000) this.#anchorUs = wallUs + 999 - monotonicUs;
    const us = Math.floor(this.#anchorUs + monotonicUs);
    if (us > this.#lastUs || this.#lastUs - us > JUMP_US) this.#lastUs = us;
    return this.#lastUs;
  }
}
