import { Changes, MAX_CHANGES_ASKED } from './changes.ts';
import type { PackedEvent } from './event-batch.ts';
import {
  Buckets,
  columnsOf,
  MAX_BUCKETS,
  type Plan,
  type Points,
  type PointsQuery,
  planPoints,
  type Retention,
  rollUpIndex,
} from './points.ts';
import { Pruning } from './pruning.ts';
import { RawValues } from './raw-values.ts';
import { RollUps } from './roll-up.ts';
import {
  APPLICATION_ID,
  CHANGE_TABLE,
  CLOCK_IS_RIGHT_FROM_MS,
  MINUTE_MS,
  openingPragmas,
  ROLL_UPS,
  type RollUpName,
  SCHEMA_VERSION,
  TABLES,
} from './schema.ts';
import { type SeriesInfo, SeriesTable } from './series-table.ts';
import { Database, type SqliteHost } from './sqlite.ts';
import { endingsOf, type Reading, readingOf } from './values.ts';

/** Values of one series within the same millisecond are kept next to one another, up to this far ahead. */
const MAX_AHEAD_MS = 1000;
/** A question that would look at more raw values is answered from the sums of minutes. */
const MAX_RAW_ROWS = 300_000;

/** The numbers of buckets: with them as the outer loop, each bucket's rows are read in their order, unsorted. */
const BUCKET_TABLE = [
  'CREATE TEMP TABLE bucket(i INTEGER PRIMARY KEY)',
  `WITH RECURSIVE next(i) AS (SELECT 0 UNION ALL SELECT i+1 FROM next LIMIT ${MAX_BUCKETS})
    INSERT INTO temp.bucket SELECT i FROM next`,
];

/** Parameters: begin of the first bucket, length of a bucket, series, begin, end (in buckets of the table), count. */
function sumsBetween(table: RollUpName): string {
  return `SELECT b.i, sum(r.n), sum(r.sum), min(r.min), max(r.max) FROM temp.bucket b CROSS JOIN ${table} r
    WHERE b.i<?6 AND r.series=?3 AND r.t>=max(?1+b.i*?2, ?4) AND r.t<min(?1+(b.i+1)*?2, ?5) GROUP BY b.i`;
}

export interface StoreOptions {
  path: string;
  host: SqliteHost;
  maxBytes: number;
  retention: Retention;
  nowMs: () => number;
  /** Ids of new series begin here at the lowest. */
  firstId: number;
  /** Is told of every series, and again when it changes. */
  onSeries: (series: SeriesInfo) => void;
}

/** The values of all series in one file. Everything here waits for the disk, so it belongs on its own thread. */
export class HistoryStore {
  readonly #options: StoreOptions;
  readonly #database: Database;
  readonly #raw: RawValues;
  readonly #changes: Changes;
  readonly #series: SeriesTable;
  readonly #rollUps: RollUps;
  readonly #pruning: Pruning;
  /** By id of the series, time of its last value. */
  readonly #lastMs: number[] = [];
  #isInTransaction = false;

  /** @throws SqliteError, Error when the file is of another version */
  constructor(options: StoreOptions) {
    const { path, host, maxBytes, retention, nowMs, firstId, onSeries } = options;
    this.#options = options;
    this.#database = Database.open(host, path, 'write');
    try {
      this.#prepare();
      this.#series = new SeriesTable(this.#database, firstId, onSeries);
      this.#rollUps = new RollUps(this.#database, nowMs());
      this.#changes = new Changes(this.#database);
      this.#pruning = new Pruning(this.#database, this.#rollUps, this.#changes, retention, maxBytes);
      this.#raw = new RawValues(this.#database);
    } catch (error) {
      this.#database.close();
      throw error;
    }
  }

  /** Time of the newest value, Unix ms. @throws SqliteError */
  get newestMs(): number | undefined {
    return this.#database.value('SELECT max(t) FROM raw');
  }

  get nextId(): number {
    return this.#series.nextId;
  }

  /** Values that were not kept because there are too many series. */
  get refused(): number {
    return this.#series.refused;
  }

  /** Whether the oldest values go because the file has reached its bound. @throws SqliteError */
  get isFull(): boolean {
    return this.#pruning.isFull;
  }

  /** Keeps an event's value, if it has one, in the open transaction. @throws SqliteError */
  add(event: PackedEvent): boolean {
    if (event.timeMs < CLOCK_IS_RIGHT_FROM_MS) return false;
    const reading = readingOf(event);
    if (reading === undefined) return false;
    this.#begin();
    for (const ending of endingsOf(event)) {
      const ended = this.#series.known(event, ending);
      if (ended) this.#keep(ended.id, event.timeMs, ending);
    }
    const series = this.#series.find(event, reading);
    if (series === undefined) return false;
    this.#keep(series.id, event.timeMs, reading);
    return true;
  }

  #keep(id: number, toldMs: number, { value, isState, holdMs }: Reading): void {
    const lastMs = this.#lastMs[id] ?? 0;
    const isClose = toldMs <= lastMs && lastMs - toldMs < MAX_AHEAD_MS;
    const timeMs = isClose ? lastMs + 1 : toldMs;
    this.#lastMs[id] = timeMs;
    this.#raw.add(timeMs, id, value);
    this.#rollUps.added(id, timeMs, value);
    if (isState) this.#changes.add(id, timeMs, value, holdMs);
  }

  /** Makes what was added last. @throws SqliteError */
  commit(): void {
    this.#settle();
    if (!this.#isInTransaction) return;
    this.#raw.flush();
    this.#rollUps.store();
    this.#database.run('COMMIT');
    this.#isInTransaction = false;
    this.#rollUps.committed();
  }

  /**
   * The sums that are due, and the end of what is too old or too much, in the open transaction. Each step takes about
   * a tenth of a second at most.
   * @throws SqliteError
   */
  *housekeeping(nowMs: number, mayPruneByAge: boolean): Generator<void, void> {
    this.#begin();
    yield* this.#rollUps.steps(nowMs);
    yield* this.#pruning.changes();
    if (mayPruneByAge) yield* this.#pruning.byAge(nowMs);
    yield* this.#pruning.bySize();
  }

  /** Writes something, to see whether that works again. @throws SqliteError */
  tryWriting(nowMs: number): void {
    this.#begin();
    this.#database.run("REPLACE INTO watermark VALUES('written', ?)", nowMs);
    for (const _ of this.#pruning.bySize());
    this.commit();
  }

  /** Gives up what was added since the last commit. @throws SqliteError */
  rollBack(): void {
    if (!this.#isInTransaction) return;
    this.#isInTransaction = false;
    this.#raw.forget();
    this.#changes.forget();
    try {
      this.#database.run('ROLLBACK');
    } catch {
      // SQLite has rolled back by itself.
    }
    this.#rollUps.rolledBack();
    this.#series.read();
  }

  /** @throws SqliteError */
  points(query: PointsQuery): Points {
    this.#raw.flush();
    const plan = this.#planFor(query);
    const found = new Map(query.series.map((id) => [id, new Buckets(plan.buckets)]));
    const end = plan.from + plan.buckets * plan.stepMs;
    const finest = rollUpIndex(plan.source);
    if (finest === -1) this.#addRaw(plan, found, plan.from, end);
    else this.#addAllSums(plan, found, finest, end);
    const points = columnsOf(plan, found);
    if (query.changes !== undefined) this.#addChanges(points, query, query.changes);
    return points;
  }

  /** Closes; what is not committed is lost. */
  close(): void {
    this.#database.close();
  }

  #prepare(): void {
    this.#database.runAll(openingPragmas(this.#options.maxBytes));
    // This takes the lock, which an exclusive connection keeps.
    this.#database.run('BEGIN IMMEDIATE');
    const version = this.#database.value('PRAGMA user_version') ?? 0;
    const application = this.#database.value('PRAGMA application_id') ?? 0;
    const isNew = version === 0 && application === 0;
    if (isNew) this.#database.runAll(TABLES);
    this.#database.run(CHANGE_TABLE);
    this.#database.run('COMMIT');
    this.#database.runAll(BUCKET_TABLE);
    if (isNew || (application === APPLICATION_ID && version === SCHEMA_VERSION)) return;
    throw new Error(
      application === APPLICATION_ID
        ? `the file is of version ${version}, expected ${SCHEMA_VERSION}`
        : 'the file is a database of another program',
    );
  }

  #begin(): void {
    if (this.#isInTransaction) return;
    this.#database.run('BEGIN IMMEDIATE');
    this.#isInTransaction = true;
  }

  #settle(): void {
    const nowMs = this.#options.nowMs();
    if (!this.#changes.isDue(nowMs)) return;
    this.#begin();
    this.#changes.settle(nowMs);
  }

  #addChanges({ series }: Points, { from, to }: PointsQuery, wanted: number): void {
    this.#settle();
    const limit = Math.ceil(Math.min(wanted, MAX_CHANGES_ASKED / series.length));
    for (const columns of series) {
      const changes = this.#changes.between(columns.id, from, to, limit);
      if (changes.t.length > 0) columns.changes = changes;
    }
  }

  #planFor(query: PointsQuery): Plan {
    const { retention, nowMs } = this.#options;
    const plan = planPoints(query, retention, nowMs());
    if (plan.source !== 'raw' || query.source === 'raw') return plan;
    const rows = this.#database.value(
      'SELECT count(*) FROM (SELECT 1 FROM raw WHERE t>=? AND t<? LIMIT ?)',
      ...[query.from, query.to, MAX_RAW_ROWS],
    );
    return rows === MAX_RAW_ROWS ? planPoints({ ...query, source: 'minute' }, retention, nowMs()) : plan;
  }

  #addAllSums(plan: Plan, found: ReadonlyMap<number, Buckets>, first: number, end: number): void {
    let from = plan.from;
    // The end of a table that is not complete yet is read from the table before it, and what is in none from memory.
    for (let index = first; index >= 0; index--) {
      const to = index === 0 ? end : Math.min(end, this.#rollUps.watermark(index));
      if (to <= from) continue;
      this.#addSums(plan, found, index, from, to);
      from = to;
    }
    const { sums } = this.#rollUps;
    for (const [id, buckets] of found) {
      sums.each(id, plan.from / MINUTE_MS, end / MINUTE_MS, (minute, ...values) =>
        buckets.add(Math.floor((minute * MINUTE_MS - plan.from) / plan.stepMs), ...values),
      );
    }
  }

  #addSums(plan: Plan, found: ReadonlyMap<number, Buckets>, index: number, from: number, to: number): void {
    const { name, bucketMs } = ROLL_UPS[index] ?? ROLL_UPS[0];
    const statement = this.#database.statement(sumsBetween(name));
    const values = [plan.from, plan.stepMs, from, to].map((ms) => ms / bucketMs);
    const [origin = 0, step = 1, begin = 0, end = 0] = values;
    const last = Math.ceil((end - origin) / step);
    for (const [id, buckets] of found) {
      for (let first = Math.floor((begin - origin) / step); first < last; first += MAX_BUCKETS) {
        const count = Math.min(last - first, MAX_BUCKETS);
        statement.each([origin + first * step, step, id, begin, end, count], (row) =>
          buckets.add(first + row.number(0), row.number(1), row.number(2), row.number(3), row.number(4)),
        );
      }
    }
  }

  #addRaw(
    { from: origin, stepMs }: Plan,
    found: ReadonlyMap<number, Buckets>,
    from: number,
    to: number,
  ): void {
    const ids = [...found.keys()];
    const places = ids.map((_, index) => `?${index + 5}`).join(',');
    const statement = this.#database.statement(
      `SELECT series, (t-?1)/?2 b, count(*), sum(value), min(value), max(value) FROM raw
        WHERE t>=?3 AND t<?4 AND series IN (${places}) GROUP BY series, b`,
    );
    statement.each([origin, stepMs, from, to, ...ids], (row) =>
      found
        .get(row.number(0))
        ?.add(row.number(1), row.number(2), row.number(3), row.number(4), row.number(5)),
    );
  }
}
