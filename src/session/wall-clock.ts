/** A larger step back of the time means that somebody has set the clock. */
const JUMP_US = 1_000_000;

/**
 * A wall clock in microseconds that never runs backwards, except when somebody sets the time back by more
 * than a second.
 *
 * The system's wall clock gives only whole milliseconds; the microseconds between them come from a monotonic
 * clock that is anchored to it. The anchor moves whenever the two clocks drift apart.
 */
export class WallClock {
  readonly #wallMs: () => number;
  readonly #monotonicMs: () => number;
  /** Wall time minus monotonic time, in microseconds. */
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
    // While the clocks agree, the time lies within the millisecond that the wall clock shows.
    if (now < wallUs) this.#anchorUs = wallUs - monotonicUs;
    else if (now >= wallUs + 1000) this.#anchorUs = wallUs + 999 - monotonicUs;
    const us = Math.floor(this.#anchorUs + monotonicUs);
    if (us > this.#lastUs || this.#lastUs - us > JUMP_US) this.#lastUs = us;
    return this.#lastUs;
  }
}
