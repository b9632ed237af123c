/** How long a measurement of the load lasts at least. */
const MEASURE_MS = 50;
/** Events that have to be expected within the window for it to gather anything. */
const MIN_EXPECTED = 1.5;
/** Share of the time spent handing events out from which on the window is opened, and below which it is closed. */
const BUSY_SHARE = 0.25;
const IDLE_SHARE = 0.08;
/** A batch of so many shares its writes well enough already. */
const LARGE_BATCH = 32;
/** Part of the host's queue that a batch may be for the next one to wait: the host must not find the queue full. */
const SMALL_PART = 1 / 64;

/**
 * Decides when events wait a moment for those behind them, so that one write to a client carries several: only while
 * they come so fast that some will follow within the window, and handing them out one by one takes a good part of the
 * time. At low rates nothing ever waits, and neither in a flood, where batches are large anyway.
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
   * To be told of every batch. Times are monotonic, in ms.
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
