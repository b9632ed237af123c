/** A clock that jumps ahead is believed once it has stayed there this long. */
const BELIEVED_AFTER_MS = 3_600_000;
/** At the start, a clock this far ahead of the last saved time is not believed at once either. */
const MAX_AWAY_MS = 30 * 86_400_000;
/** Less than this is not a jump: clocks are corrected by such amounts all the time. */
const TOLERANCE_MS = 60_000;

/**
 * The time by which tokens age: the wall clock, with two exceptions. It never runs backwards, not even over
 * restarts (`latestMs` is stored with the tokens), so that a token that has ended stays ended. And a jump
 * ahead while the driver runs, or by more than a month while it did not, counts only after the clock has
 * stayed there for an hour, so that a clock set wrong by mistake ends no tokens.
 */
export class TokenClock {
  readonly #wallMs: () => number;
  readonly #monotonicMs: () => number;
  #baseMs: number;
  #baseAtMs: number;
  /** When the wall clock was first seen to be ahead, monotonic ms. */
  #aheadSinceMs: number | undefined;

  /** @param latestMs the time at which the driver last wrote its tokens, Unix ms; 0 = never */
  constructor(latestMs: number, wallMs = Date.now, monotonicMs = () => performance.now()) {
    this.#wallMs = wallMs;
    this.#monotonicMs = monotonicMs;
    const isDoubted = latestMs > 0 && wallMs() - latestMs > MAX_AWAY_MS;
    this.#baseMs = isDoubted ? latestMs : Math.max(wallMs(), latestMs);
    this.#baseAtMs = monotonicMs();
  }

  /** Unix ms. */
  nowMs(): number {
    const monotonicMs = this.#monotonicMs();
    const runMs = this.#baseMs + (monotonicMs - this.#baseAtMs);
    const wallMs = this.#wallMs();
    if (wallMs - runMs < TOLERANCE_MS) {
      this.#aheadSinceMs = undefined;
      return runMs;
    }
    this.#aheadSinceMs ??= monotonicMs;
    if (monotonicMs - this.#aheadSinceMs < BELIEVED_AFTER_MS) return runMs;
    this.#baseMs = wallMs;
    this.#baseAtMs = monotonicMs;
    this.#aheadSinceMs = undefined;
    return wallMs;
  }
}
