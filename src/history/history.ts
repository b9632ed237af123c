import { Worker } from 'node:worker_threads';
import { errorMessage } from '../core/errors.ts';
import type { Logger } from '../logging/logger.ts';
import type { DriverEvent } from '../vscp/event.ts';
import type { CompiledFilter } from '../vscp/filter.ts';
import { EventBatch } from './event-batch.ts';
import type { PointsQuery } from './points.ts';
import { CLOCK_IS_RIGHT_FROM_MS } from './schema.ts';
import type { SeriesInfo } from './series-table.ts';
import { announceThread, threadEnded } from './shim-sqlite.ts';
import type { FromThread, PointsAnswer, PointsFormat, ThreadData, ToThread } from './thread-messages.ts';
import { mayHoldValue } from './values.ts';

/** Events gather so long before they go to the thread. */
const HAND_OVER_MS = 1000;
/** What may be on its way to the thread: a disk that stands still for long costs values, not memory. */
const MAX_BYTES_UNDER_WAY = 16 * 1024 * 1024;
const MAX_QUESTIONS = 64;
/** Part of the time that VSCPClose has. */
const CLOSE_BUDGET_MS = 1000;
/** A thread that ended by itself is started again so much later. */
const RESTART_MS = 60_000;
const THREAD_HEAP_MB = 48;

export interface HistoryOptions extends ThreadData {
  /** The events whose values are kept. */
  filter: CompiledFilter;
  log: Logger;
  /** File with the thread's program. */
  threadFile: string;
  threadArgs?: string[];
}

/**
 * The lasting history as the rest of the driver sees it. What waits for the disk is done by a thread of its own; here
 * events are packed and questions handed on. Whatever happens to that thread, the driver goes on.
 */
export class History {
  readonly #options: HistoryOptions;
  readonly #series = new Map<number, SeriesInfo>();
  readonly #questions = new Map<number, (answer: PointsAnswer | undefined) => void>();
  #thread: Worker | undefined;
  #isReady = false;
  /** False before the start, and when there is no history after all. */
  #takesEvents = false;
  readonly #batch = new EventBatch();
  #handOver: NodeJS.Timeout | undefined;
  #restart: NodeJS.Timeout | undefined;
  #bytesUnderWay = 0;
  #nextQuestion = 1;
  #lost = 0;
  #onClosed: (() => void) | undefined;
  #onOpened: () => void = () => undefined;
  /** Settles when the file is open for the first time, or is known not to be. */
  readonly opened = new Promise<void>((resolve) => {
    this.#onOpened = resolve;
  });

  constructor(options: HistoryOptions) {
    this.#options = options;
  }

  /** Starts the thread. The driver opens before that, and does not wait for it. */
  start(): void {
    const { threadFile, threadArgs, shim, path, maxBytes, intervalMs, retention } = this.#options;
    const workerData: ThreadData = { path, maxBytes, intervalMs, retention, shim };
    if (shim !== undefined) announceThread(shim);
    try {
      this.#thread = new Worker(threadFile, {
        workerData,
        env: {},
        // It prints nothing; its streams must not be tied to the host's.
        stdout: true,
        stderr: true,
        ...(threadArgs === undefined ? {} : { execArgv: threadArgs }),
        resourceLimits: { maxOldGenerationSizeMb: THREAD_HEAP_MB },
      });
    } catch (error) {
      this.#ended();
      this.#fail(errorMessage(error));
      return;
    }
    this.#thread.unref();
    this.#takesEvents = true;
    this.#thread.on('message', (message: FromThread) => this.#on(message));
    this.#thread.on('error', (error) => this.#died(errorMessage(error)));
    this.#thread.on('exit', () => this.#ended());
  }

  /** Whether questions can be answered. */
  get isReady(): boolean {
    return this.#isReady;
  }

  get series(): Iterable<SeriesInfo> {
    return this.#series.values();
  }

  seriesOf(id: number): SeriesInfo | undefined {
    return this.#series.get(id);
  }

  /** Looks at an event as it comes; one without a value costs nearly nothing. */
  record(event: DriverEvent): void {
    if (!this.#takesEvents || !mayHoldValue(event.vscpClass)) return;
    if (!this.#options.filter.passes(event)) return;
    const timeMs = Date.now();
    if (timeMs < CLOCK_IS_RIGHT_FROM_MS) return;
    const { head, vscpClass, vscpType, guid, data } = event;
    const packed = { timeMs, head, vscpClass, vscpType, guid, data };
    if (!this.#batch.add(packed)) {
      this.#send();
      this.#batch.add(packed);
    }
    this.#handOver ??= setTimeout(() => this.#send(), HAND_OVER_MS).unref();
  }

  /** The answer to a question; undefined when there is none: the history is away, or too many ask at once. */
  points(query: PointsQuery, format: PointsFormat): Promise<PointsAnswer | undefined> {
    if (!this.#isReady || this.#questions.size >= MAX_QUESTIONS) return Promise.resolve(undefined);
    // What has come in must be seen.
    this.#send();
    const id = this.#nextQuestion++;
    return new Promise((resolve) => {
      this.#questions.set(id, resolve);
      this.#post({ kind: 'points', id, query, format });
    });
  }

  /** Writes what is there and closes the file; takes about a second at most, whatever the disk does. */
  async close(): Promise<void> {
    clearTimeout(this.#restart);
    const { log, path } = this.#options;
    if (!this.#takesEvents) return;
    this.#send();
    this.#takesEvents = false;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(() => {
        // The shim waits for the write that is under way, and commits what is left.
        log.warn(`${path}: the disk is slow; the last values are written after the end`);
        resolve();
      }, CLOSE_BUDGET_MS);
      this.#onClosed = () => {
        clearTimeout(timer);
        resolve();
      };
      this.#post({ kind: 'close' });
    });
    this.#isReady = false;
  }

  #send(): void {
    clearTimeout(this.#handOver);
    this.#handOver = undefined;
    const { log, path } = this.#options;
    const batch = this.#batch;
    const { events } = batch;
    if (events === 0) return;
    const memory = batch.take();
    if (this.#bytesUnderWay > MAX_BYTES_UNDER_WAY) {
      if (this.#lost === 0) log.warn(`${path}: the disk is too slow for so many values; some are lost`);
      this.#lost += events;
      return;
    }
    if (this.#lost > 0) log.info(`${path}: values are kept again; ${this.#lost} events were lost`);
    this.#lost = 0;
    this.#bytesUnderWay += memory.byteLength;
    this.#post({ kind: 'events', memory }, [memory]);
  }

  #post(message: ToThread, transfer: ArrayBuffer[] = []): void {
    this.#thread?.postMessage(message, transfer);
  }

  #on(message: FromThread): void {
    const { log, path } = this.#options;
    switch (message.kind) {
      case 'ready':
        this.#isReady = true;
        this.#onOpened();
        log.debug(`${path} is open, ${this.#series.size} series`);
        break;
      case 'away':
        this.#isReady = false;
        this.#onOpened();
        this.#series.clear();
        break;
      case 'failed':
        this.#fail(message.reason);
        break;
      case 'log':
        log[message.level](message.text);
        break;
      case 'series':
        for (const series of message.series) this.#series.set(series.id, series);
        break;
      case 'taken':
        this.#bytesUnderWay -= message.bytes;
        break;
      case 'answer':
        this.#questions.get(message.id)?.(message.answer);
        this.#questions.delete(message.id);
        break;
      case 'closed':
        this.#onClosed?.();
        break;
    }
  }

  #fail(reason: string): void {
    this.#options.log.err(`no history is kept: ${this.#options.path}: ${reason}`);
    this.#forget();
  }

  #died(reason: string): void {
    const { log, path } = this.#options;
    log.err(`${path}: the history's thread ended (${reason}); it is started again in a minute`);
    this.#restart = setTimeout(() => this.start(), RESTART_MS).unref();
  }

  #ended(): void {
    if (this.#options.shim !== undefined) threadEnded(this.#options.shim);
    this.#thread = undefined;
    this.#forget();
  }

  #forget(): void {
    this.#onOpened();
    this.#takesEvents = false;
    this.#isReady = false;
    this.#bytesUnderWay = 0;
    this.#series.clear();
    for (const resolve of this.#questions.values()) resolve(undefined);
    this.#questions.clear();
    this.#onClosed?.();
  }
}
