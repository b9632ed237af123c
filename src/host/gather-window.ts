/** Shortest length of a measurement of the load. */
const MEASURE_MS = 50;
/** The window gathers events only when at least this many are expected within it. */
const MIN_EXPECTED = 1.5;
/**
 * The window opens when handing out events takes this share of the time, and closes below the second share.
 */
const BUSY_SHARE = 0.25;
const IDLE_SHARE = 0.08;
/** A batch of this many events shares its writes well enough already. */
const LARGE_BATCH = 32;
/**
 * Only after a batch below this part of the host's queue the next one waits: the host must not find the queue
 * full.
 */
const SMALL_PART = 1 / 64;

/**
 * Decides when events wait a moment for the following ones, so that one write to a client carries several.
 * This happens only while events come so fast that some will follow within the window, and handing them out
 * one by one takes a large part of the time. Nothing waits at low rates, nor in a flood, where batches are
 * large anyway.
 */
export class GatherWindow {
  /** Milliseconds; 0 = never. */
  readonly lengthMs: number;
  readonly #largeBatch: number;
  #open = false;
  #sinceMs = 0;
  #events = 0;
  #busyMs = 0;

  /** @param capacity events that the host's queue holds */
  constructor(lengthMs: number, capacity: number) {
    this.lengthMs = lengthMs;
    this.#largeBatch = Math.min(LARGE_BATCH, capacity * SMALL_PART);
  }

  /**
   * Call this after every batch. Times are monotonic, in ms.
   * @returns whether to wait for the length of the window before the next one
   */
  afterBatch(events: number, beganMs: number, endedMs: number): boolean {
    if (this.lengthMs === 0) return false;
    this.#events += events;
    this.#busyMs += endedMs - beganMs;
    const elapsedMs = endedMs - this.#sinceMs;
    if (elapsedMs >= MEASURE_MS) {
      const expected = (this.#events / elapsedMs) * this.lengthMs;
      const busyShare = this.#busyMs / elapsedMs;
      this.#open = expected >= MIN_EXPECTED && busyShare >= (this.#open ? IDLE_SHARE : BUSY_SHARE);
      this.#sinceMs = endedMs;
      this.#events = 0;
      this.#busyMs = 0;
    }
    return this.#open && events > 0 && events < this.#largeBatch;
  }
}
