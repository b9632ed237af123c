import cluster, { type Worker } from 'node:cluster';
import type { Logger } from '../logging/logger.ts';
import type { FromWorker, ToWorker } from './messages.ts';
import { MetricsDesk } from './metrics-desk.ts';
import { NUMBER_VARIABLE } from './seat.ts';

const FIRST_DELAY_MS = 250;
const LONGEST_DELAY_MS = 30_000;
/** A worker that was open for this long shows that all is well: the next one is started soon again. */
const STABLE_MS = 60_000;
/** A worker that was asked to end needs a few seconds at most; after this time it hangs. */
const END_TIMEOUT_MS = 8000;

/** One of the workers, whichever process it is at the moment. */
interface Place {
  number: number;
  worker: Worker | undefined;
  /** It has been open, if only once. */
  wasOpen: boolean;
  /** When the present process was open; undefined = not yet. */
  openSinceMs: number | undefined;
  /** Processes in a row that ended before they were stable. */
  failures: number;
  timer: NodeJS.Timeout | undefined;
}

/** Starts the workers of `serve --workers`, starts again those that end, and ends all. */
export class WorkerPool {
  readonly #places: readonly Place[];
  readonly #log: Logger;
  readonly #desk: MetricsDesk;
  readonly #ended: Promise<number>;
  #end: (code: number) => void = () => undefined;
  #code = 0;
  #isClosing = false;
  #endTimer: NodeJS.Timeout | undefined;

  /** @param numbers the workers' node numbers */
  constructor(numbers: readonly number[], log: Logger) {
    this.#log = log;
    this.#places = numbers.map((number) => ({
      ...{ number, worker: undefined, wasOpen: false },
      ...{ openSinceMs: undefined, failures: 0, timer: undefined },
    }));
    this.#desk = new MetricsDesk((asker, workers) => {
      this.#tell(this.#placeOf(asker), { kind: 'collected', workers });
    });
    this.#ended = new Promise((resolve) => {
      this.#end = resolve;
    });
  }

  /** Resolves when all workers have ended for good, with the exit code of the program. */
  run(): Promise<number> {
    for (const place of this.#places) this.#start(place);
    return this.#ended;
  }

  /** Asks all workers to end. */
  close(): void {
    if (this.#isClosing) return;
    this.#isClosing = true;
    for (const place of this.#places) {
      clearTimeout(place.timer);
      place.worker?.process.kill('SIGTERM');
    }
    this.#endTimer = setTimeout(() => this.#killAll(), END_TIMEOUT_MS);
    this.#endIfAlone();
  }

  #start(place: Place): void {
    const worker = cluster.fork({ [NUMBER_VARIABLE]: String(place.number) });
    place.worker = worker;
    place.openSinceMs = undefined;
    worker.on('message', (message: FromWorker) => this.#take(place, message));
    // Also told of messages that could not be sent, which means that the process ends.
    worker.on('error', (error) => {
      if (worker.process.pid === undefined) this.#left(place, worker, error.message, 1);
    });
    worker.on('exit', (code: number | null, signal: string | null) => {
      this.#left(place, worker, signal ?? `exit code ${code}`, code);
    });
  }

  #take(place: Place, message: FromWorker): void {
    if (message.kind === 'open') this.#opened(place);
    else if (message.kind === 'metrics') this.#desk.take(message.asker, place.number, message.families);
    else {
      const asked = this.#places.filter(({ openSinceMs }) => openSinceMs !== undefined);
      const numbers = asked.map(({ number }) => number);
      this.#desk.begin(place.number, numbers);
      for (const other of asked) this.#tell(other, { kind: 'report', asker: place.number });
    }
  }

  #opened(place: Place): void {
    place.openSinceMs = performance.now();
    const wereOpen = this.#areOpen;
    place.wasOpen = true;
    if (wereOpen) this.#log.info(`worker ${place.number} is open again`);
    else if (this.#areOpen) this.#log.info(`all ${this.#places.length} workers are open`);
  }

  /** Whether all have been open. */
  get #areOpen(): boolean {
    return this.#places.every(({ wasOpen }) => wasOpen);
  }

  #left(place: Place, worker: Worker, how: string, code: number | null): void {
    if (place.worker !== worker) return;
    place.worker = undefined;
    this.#desk.drop(place.number);
    if (this.#isClosing) {
      // A process that had just begun does not handle the signal yet.
      if (code !== 0 && how !== 'SIGTERM') this.#code = 1;
      this.#endIfAlone();
      return;
    }
    const who = `worker ${place.number} (process ${worker.process.pid ?? '-'}) has ended: ${how}`;
    if (!place.wasOpen && code !== null && code !== 0) {
      this.#log.critical(`${who}, before it was open; it has said why, and the others are ended`);
      this.#code = 1;
      this.close();
      return;
    }
    const { openSinceMs } = place;
    place.openSinceMs = undefined;
    const isStable = openSinceMs !== undefined && performance.now() - openSinceMs >= STABLE_MS;
    place.failures = isStable ? 1 : place.failures + 1;
    const delayMs = Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** (place.failures - 1));
    this.#log.err(`${who}; it is started again in ${delayMs / 1000} s`);
    place.timer = setTimeout(() => this.#start(place), delayMs);
  }

  #endIfAlone(): void {
    if (this.#places.some(({ worker }) => worker !== undefined)) return;
    clearTimeout(this.#endTimer);
    this.#end(this.#code);
  }

  #killAll(): void {
    for (const { number, worker } of this.#places) {
      if (worker === undefined) continue;
      this.#log.err(`worker ${number} does not end within ${END_TIMEOUT_MS / 1000} s; it is killed`);
      worker.process.kill('SIGKILL');
    }
  }

  #placeOf(number: number): Place | undefined {
    return this.#places.find((place) => place.number === number);
  }

  #tell(place: Place | undefined, message: ToWorker): void {
    if (place?.worker?.isConnected()) place.worker.send(message, () => undefined);
  }
}
