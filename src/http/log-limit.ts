const INTERVAL_MS = 60_000;
const MAX_KEYS = 64;

/**
 * Decides which of many similar messages to log: each at most once per interval, so that no peer can flood a
 * log.
 */
export class LogLimit {
  readonly #intervalMs: number;
  readonly #nowMs: () => number;
  readonly #seenAtMs = new Map<string, number>();

  constructor(intervalMs = INTERVAL_MS, nowMs: () => number = () => performance.now()) {
    this.#intervalMs = intervalMs;
    this.#nowMs = nowMs;
  }

  /** True when a message with this key is due. While the table is full of recent keys, no new key is due. */
  isDue(key: string): boolean {
    const nowMs = this.#nowMs();
    for (const [old, seenAtMs] of this.#seenAtMs) {
      if (nowMs - seenAtMs < this.#intervalMs) break;
      this.#seenAtMs.delete(old);
    }
    if (this.#seenAtMs.has(key) || this.#seenAtMs.size >= MAX_KEYS) return false;
    this.#seenAtMs.set(key, nowMs);
    return true;
  }
}
