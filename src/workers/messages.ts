import type { Family, WorkerMetrics } from '../http/metrics.ts';

/** What a worker tells the process that started it. Workers are known by their node numbers. */
export type FromWorker =
  | { kind: 'open' }
  /** Wants the metrics of all. */
  | { kind: 'collect' }
  /** Its own metrics, for the worker that wants them. */
  | { kind: 'metrics'; asker: number; families: Family[] };

export type ToWorker =
  | { kind: 'report'; asker: number }
  /** The answer to `collect`. */
  | { kind: 'collected'; workers: WorkerMetrics[] };
