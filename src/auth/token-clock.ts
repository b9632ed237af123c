/** A clock that jumps ahead is believed once it has stayed there so long. */
const BELIEVED_AFTER_MS = 3_600_000;
/** So far ahead of what was last written down, the clock of a machine that starts is not believed at once either. */
const MAX_AWAY_MS = 30 * 86_400_000;
/** Less than this is no jump: clocks are set right by so much all the time. */
const TOLERANCE_MS = 60_000;

/**
 * The time that tokens age by: the wall clock, but never backwards, also over restarts (`latestMs` is kept with
 * the tokens), so that nothing that has ended is good again; and a jump ahead while the driver runs, or by more than
 * a month while it did not, counts only once the clock has stayed there for an hour, so that one that was set wrong
 * by mistake throws nobody out.
 */
export class TokenClock {
  readonly #wallMs: () => number;
  readonly #monotonicMs: () => number;
  #baseMs: number;
  #baseAtMs: number;
  /** When the wall clock was first seen ahead. */
  #aheadSinceMs: number | undefined;

  /** @param latestMs the latest time that was known when the driver last wrote anything; 0 = never */
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
