/** How many tasks are begun in one turn of the event loop, and for how long (milliseconds). */
const MAX_TASKS = 32;
const MAX_TURN_MS = 2;

/**
 * Runs tasks in their order, only a few milliseconds' worth in one turn of the event loop. It is meant for what
 * may come by the thousand at once, so that everybody else's messages go in between.
 */
export class TurnQueue {
  readonly #tasks: (() => void)[] = [];
  /** Immediates that are set; each runs one task, with all that follows from it at once. */
  #planned = 0;
  #deadlineMs: number | undefined;

  /** Runs a task in its turn, never before this call returns. A task must not throw. */
  add(task: () => void): void {
    this.#tasks.push(task);
    this.#plan();
  }

  /** Resolves in its turn. */
  wait(): Promise<void> {
    return new Promise((resolve) => this.add(resolve));
  }

  #plan(): void {
    if (this.#planned > 0) return;
    this.#planned = Math.min(this.#tasks.length, MAX_TASKS);
    this.#deadlineMs = undefined;
    for (let i = 0; i < this.#planned; i++) setImmediate(this.#runOne);
  }

  readonly #runOne = (): void => {
    const nowMs = performance.now();
    this.#deadlineMs ??= nowMs + MAX_TURN_MS;
    this.#planned--;
    if (nowMs < this.#deadlineMs) this.#tasks.shift()?.();
    this.#plan();
  };
}
