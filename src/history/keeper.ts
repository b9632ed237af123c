import {
  closeSync,
  constants,
  existsSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { errorMessage } from '../core/errors.ts';
import { ClockTrust } from './clock-trust.ts';
import { eventsOf } from './event-batch.ts';
import { csvOf } from './points.ts';
import { MAX_SERIES, type SeriesInfo } from './series-table.ts';
import { SQLITE_ERRORS, SqliteError, type SqliteHost } from './sqlite.ts';
import { HistoryStore } from './store.ts';
import type { FromThread, PointsAnswer, ThreadData, ToThread } from './thread-messages.ts';
import { WANTED } from './wanted.ts';

const OWNER_ONLY = 0o600;
const LOOK_MS = 1000;
/** After a write that failed, the next one is tried so much later. */
const RETRY_MS = 30_000;
/** Whoever wants the file must have opened it within this time. */
const WANTED_MS = 10_000;
const DAMAGED: readonly number[] = [SQLITE_ERRORS.corrupt, SQLITE_ERRORS.notADatabase];
const ASIDE = '.corrupt-';

export interface KeeperOptions extends Omit<ThreadData, 'shim'> {
  host: SqliteHost;
  tell: (message: FromThread) => void;
  nowMs: () => number;
}

type Events = Extract<ToThread, { kind: 'events' }>;

/**
 * What the history's thread does: takes events, commits once an interval, answers questions, and outlives faults of
 * the disk.
 */
export class HistoryKeeper {
  readonly #options: KeeperOptions;
  /** Undefined while another program has the file. */
  #store: HistoryStore | undefined;
  #clock: ClockTrust | undefined;
  /** Events that wait for the file. */
  #held: Events[] = [];
  #newSeries: SeriesInfo[] = [];
  #nextId = 1;
  #work: Generator<void, void> | undefined;
  /** Set while nothing can be written. */
  #retryAtMs: number | undefined;
  #lost = 0;
  readonly #told = new Set<string>();
  readonly #timers: NodeJS.Timeout[];

  /** @throws Error when there can be no history; its message says why */
  constructor(options: KeeperOptions) {
    this.#options = options;
    this.#open();
    this.#timers = [
      setInterval(() => this.#commit(), options.intervalMs),
      setInterval(() => this.#look(), LOOK_MS),
    ];
  }

  take(message: ToThread): void {
    if (message.kind === 'events') this.#takeEvents(message);
    else if (message.kind === 'points') this.#answer(message);
    else this.#close();
  }

  /** @throws Error when there can be no history */
  #open(): void {
    const { tell, nowMs } = this.#options;
    try {
      this.#store = this.#openFile();
    } catch (error) {
      const code = error instanceof SqliteError ? error.code : undefined;
      if (code === SQLITE_ERRORS.busy) {
        this.#once('busy', 'err', 'another program has it open; values are kept once it is free');
        tell({ kind: 'away' });
        return;
      }
      if (code === undefined || !DAMAGED.includes(code)) throw error;
      this.#putAside(errorMessage(error));
      this.#store = this.#openFile();
    }
    this.#clock ??= new ClockTrust(this.#store.newestMs, nowMs(), performance.now());
    this.#told.delete('busy');
    this.#tellSeries();
    tell({ kind: 'ready' });
    for (const events of this.#held.splice(0)) this.#takeEvents(events);
  }

  #openFile(): HistoryStore {
    const { path, host, maxBytes, retention, nowMs } = this.#options;
    // SQLite would make the file readable for everybody, and would follow a link.
    const flags = constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW;
    closeSync(openSync(path, flags, OWNER_ONLY));
    return new HistoryStore({
      ...{ path, host, maxBytes, retention, nowMs, firstId: this.#nextId },
      onSeries: (series) => this.#newSeries.push(series),
    });
  }

  #putAside(reason: string): void {
    const { path, nowMs } = this.#options;
    // One is enough to look at: a card that damages files again and again must not become full of them.
    for (const name of readdirSync(dirname(path))) {
      if (name.startsWith(basename(path) + ASIDE)) rmSync(join(dirname(path), name), { force: true });
    }
    const aside = `${path}${ASIDE}${new Date(nowMs()).toISOString().slice(0, 19).replaceAll(':', '')}`;
    renameSync(path, aside);
    if (existsSync(`${path}-wal`)) renameSync(`${path}-wal`, `${aside}-wal`);
    this.#log('err', `is damaged (${reason}); it is now ${aside}, and a new one was begun`);
  }

  #takeEvents(batch: Events): void {
    if (this.#store === undefined) {
      this.#held.push(batch);
      return;
    }
    const store = this.#store;
    let count = 0;
    const isKept = this.#guarded(() => {
      for (const event of eventsOf(batch.memory)) if (store.add(event)) count++;
    });
    if (!isKept) this.#lost += count;
    this.#tellSeries();
    this.#options.tell({ kind: 'taken', bytes: batch.memory.byteLength });
    if (store.refused > 0)
      this.#once('series', 'warn', `has ${MAX_SERIES} different series; values of others are not kept`);
  }

  #commit(): void {
    const store = this.#store;
    if (store === undefined || !this.#guarded(() => store.commit())) return;
    const nowMs = this.#options.nowMs();
    const mayPrune = this.#clock?.isTrusted(nowMs, performance.now()) ?? false;
    // On a slow machine the work of the last interval may go on still.
    if (this.#work !== undefined) return;
    this.#work = store.housekeeping(nowMs, mayPrune);
    setImmediate(() => this.#workOn());
  }

  /** Questions and events come between the steps. */
  #workOn(): void {
    const work = this.#work;
    if (work === undefined) return;
    const isOk = this.#guarded(() => {
      if (work.next().done) this.#work = undefined;
      if (this.#store?.isFull)
        this.#once('full', 'warn', 'has reached history-max-size; the oldest values are deleted');
    });
    if (!isOk) this.#work = undefined;
    if (this.#work === work) setImmediate(() => this.#workOn());
  }

  /** Does what may fail with the disk. @returns whether it was done */
  #guarded(write: () => void): boolean {
    if (this.#retryAtMs !== undefined) return false;
    try {
      write();
      return true;
    } catch (error) {
      this.#failed(error);
      return false;
    }
  }

  /** Says so once, gives up what was not committed, and tries again later. */
  #failed(error: unknown): void {
    this.#work = undefined;
    try {
      if (error instanceof SqliteError && DAMAGED.includes(error.code)) {
        this.#letGo();
        this.#putAside(errorMessage(error));
        this.#open();
        return;
      }
      this.#store?.rollBack();
    } catch (another) {
      this.#log('err', `cannot be opened again (${errorMessage(another)})`);
    }
    this.#retryAtMs = performance.now() + RETRY_MS;
    this.#once('write', 'err', `cannot be written (${errorMessage(error)}); values are lost until it can`);
  }

  /** What may have changed outside: room on the disk, somebody who wants the file, or gave it back. */
  #look(): void {
    if (this.#store === undefined) this.#openAgain();
    else if (existsSync(this.#options.path + WANTED)) this.#lend();
    else if (this.#retryAtMs !== undefined && performance.now() >= this.#retryAtMs) this.#tryAgain();
  }

  #tryAgain(): void {
    const store = this.#store;
    this.#retryAtMs = undefined;
    if (store === undefined || !this.#guarded(() => store.tryWriting(this.#options.nowMs()))) return;
    this.#told.delete('write');
    this.#log('info', 'can be written again');
  }

  #lend(): void {
    const store = this.#store;
    if (store === undefined) return;
    this.#guarded(() => store.commit());
    this.#letGo();
    this.#log('info', 'is lent to the command line; values wait in memory meanwhile');
  }

  #letGo(): void {
    this.#work = undefined;
    this.#nextId = this.#store?.nextId ?? this.#nextId;
    this.#store?.close();
    this.#store = undefined;
    this.#options.tell({ kind: 'away' });
  }

  #openAgain(): void {
    const wanted = this.#options.path + WANTED;
    try {
      const since = statSync(wanted, { throwIfNoEntry: false })?.mtimeMs;
      if (since !== undefined && Math.abs(Date.now() - since) < WANTED_MS) return;
      rmSync(wanted, { force: true });
      this.#told.add('busy');
      this.#open();
      if (this.#store !== undefined) this.#log('info', 'is open again');
    } catch (error) {
      this.#once('open', 'err', `cannot be opened again (${errorMessage(error)})`);
    }
  }

  #answer({ id, query, format }: Extract<ToThread, { kind: 'points' }>): void {
    let answer: PointsAnswer | undefined;
    try {
      const points = this.#store?.points(query);
      if (points !== undefined) {
        const text = format === 'csv' ? csvOf(points) : JSON.stringify(points);
        const end = (points.t.at(-1) ?? query.from) + points.step;
        answer = { text: new TextEncoder().encode(text), stepMs: points.step, source: points.source, end };
      }
    } catch (error) {
      this.#log('warn', `a question could not be answered (${errorMessage(error)})`);
      if (error instanceof SqliteError && DAMAGED.includes(error.code)) this.#failed(error);
    }
    this.#options.tell({ kind: 'answer', id, answer });
  }

  #close(): void {
    for (const timer of this.#timers) clearInterval(timer);
    this.#work = undefined;
    const store = this.#store;
    if (store !== undefined) {
      this.#guarded(() => store.commit());
      store.close();
    }
    this.#options.tell({ kind: 'closed' });
  }

  #tellSeries(): void {
    if (this.#newSeries.length > 0) this.#options.tell({ kind: 'series', series: this.#newSeries });
    this.#newSeries = [];
  }

  #once(topic: string, level: 'warn' | 'err', text: string): void {
    if (this.#told.has(topic)) return;
    this.#told.add(topic);
    this.#log(level, text);
  }

  #log(level: 'info' | 'warn' | 'err', text: string): void {
    this.#options.tell({ kind: 'log', level, text: `${this.#options.path} ${text}` });
  }
}
