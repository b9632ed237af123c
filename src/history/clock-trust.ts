import { DAY_MS, HOUR_MS } from './schema.ts';

/** A clock that jumps by more was set. */
const JUMP_MS = HOUR_MS / 12;
/** A driver that was off for longer may have started with a wrong clock. */
const LONG_PAUSE_MS = 30 * DAY_MS;

/**
 * Whether values may be deleted because of their age. A clock that is a year ahead would cost all there is, so
 * nothing is deleted for a day after it was set, and for an hour after the start (a day after a long pause).
 */
export class ClockTrust {
  #offsetMs: number;
  #trustedFromMs: number;

  /** @param newestMs time of the newest value in the file; undefined = none. `monotonicMs` counts from anywhere */
  constructor(newestMs: number | undefined, nowMs: number, monotonicMs: number) {
    const isLongPause = newestMs !== undefined && Math.abs(nowMs - newestMs) > LONG_PAUSE_MS;
    this.#offsetMs = nowMs - monotonicMs;
    this.#trustedFromMs = monotonicMs + (isLongPause ? DAY_MS : HOUR_MS);
  }

  isTrusted(nowMs: number, monotonicMs: number): boolean {
    const offsetMs = nowMs - monotonicMs;
    if (Math.abs(offsetMs - this.#offsetMs) > JUMP_MS) {
      this.#offsetMs = offsetMs;
      this.#trustedFromMs = monotonicMs + DAY_MS;
    }
    return monotonicMs >= this.#trustedFromMs;
  }
}
