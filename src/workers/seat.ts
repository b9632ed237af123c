import cluster from 'node:cluster';
import type { Family, MetricsExchange, WorkerMetrics } from '../http/metrics.ts';
import type { FromWorker, ToWorker } from './messages.ts';

/** Variable of the environment in which a worker finds its node number. */
export const NUMBER_VARIABLE = 'WEBSOCKSRV_WORKER';

/** The place of this process among the workers of `serve --workers`. */
export class WorkerSeat implements MetricsExchange {
  /** The node number. */
  readonly number: number;
  #read: () => Family[] = () => [];
  /** Requests that come while one is under way share its answer. */
  #collecting: Promise<WorkerMetrics[]> | undefined;
  #onCollected: (workers: WorkerMetrics[]) => void = () => undefined;

  private constructor(number: number) {
    this.number = number;
    process.on('message', (message) => this.#take(message as ToWorker));
  }

  /** The seat of this process; undefined where it is no worker. */
  static ofProcess(): WorkerSeat | undefined {
    return cluster.isWorker ? new WorkerSeat(Number(process.env[NUMBER_VARIABLE])) : undefined;
  }

  /** Tells the others that this process listens. */
  opened(): void {
    this.#tell({ kind: 'open' });
  }

  /** Calls `handler` when the process that started this one is gone; this one does not end by itself then. */
  onAbandoned(handler: () => void): void {
    cluster.worker?.once('disconnect', () => {
      // Without it, Node ends the process on the spot.
      if (cluster.worker !== undefined) cluster.worker.exitedAfterDisconnect = true;
      handler();
    });
  }

  provide(read: () => Family[]): void {
    this.#read = read;
  }

  collect(): Promise<WorkerMetrics[]> {
    this.#collecting ??= new Promise<WorkerMetrics[]>((resolve) => {
      this.#onCollected = resolve;
      this.#tell({ kind: 'collect' });
    }).finally(() => {
      this.#collecting = undefined;
    });
    return this.#collecting;
  }

  #take(message: ToWorker): void {
    if (message.kind === 'report') {
      this.#tell({ kind: 'metrics', asker: message.asker, families: this.#read() });
    } else this.#onCollected(message.workers);
  }

  /** Does nothing when nobody hears it any more: this process is about to end then. */
  #tell(message: FromWorker): void {
    if (process.connected) process.send?.(message, undefined, undefined, () => undefined);
  }
}
