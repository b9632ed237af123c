import type { Family, WorkerMetrics } from '../http/metrics.ts';

/** A worker that does not answer within this time is left out; Prometheus waits for twice as long. */
const TIMEOUT_MS = 5000;

interface Collection {
  workers: WorkerMetrics[];
  missing: Set<number>;
  timer: NodeJS.Timeout;
}

/** Gathers the metrics of all workers for the one that was asked for them. */
export class MetricsDesk {
  readonly #answer: (asker: number, workers: WorkerMetrics[]) => void;
  /** By the worker that asked; each has one at a time. */
  readonly #collections = new Map<number, Collection>();

  constructor(answer: (asker: number, workers: WorkerMetrics[]) => void) {
    this.#answer = answer;
  }

  /** Begins to wait for all of `numbers`. */
  begin(asker: number, numbers: Iterable<number>): void {
    this.drop(asker);
    const timer = setTimeout(() => this.#finish(asker), TIMEOUT_MS);
    this.#collections.set(asker, { workers: [], missing: new Set(numbers), timer });
  }

  take(asker: number, worker: number, families: Family[]): void {
    const collection = this.#collections.get(asker);
    if (!collection?.missing.delete(worker)) return;
    collection.workers.push({ worker, families });
    if (collection.missing.size === 0) this.#finish(asker);
  }

  /** Forgets what a worker asked for. */
  drop(asker: number): void {
    clearTimeout(this.#collections.get(asker)?.timer);
    this.#collections.delete(asker);
  }

  #finish(asker: number): void {
    const workers = this.#collections.get(asker)?.workers ?? [];
    this.drop(asker);
    this.#answer(
      asker,
      workers.sort((a, b) => a.worker - b.worker),
    );
  }
}
