/** Lets something through at most once per interval. */
export class Pace {
  readonly #intervalMs: number;
  #last = Number.NEGATIVE_INFINITY;

  constructor(intervalMs: number) {
    this.#intervalMs = intervalMs;
  }

  isDue(now: number): boolean {
    const elapsed = now - this.#last;
    // A clock that was set back would have it wait for as long.
    if (elapsed >= 0 && elapsed < this.#intervalMs) return false;
    this.#last = now;
    return true;
  }

  /** Makes the next question come out true. */
  reset(): void {
    this.#last = Number.NEGATIVE_INFINITY;
  }
}
