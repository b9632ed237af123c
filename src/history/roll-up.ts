import { MinuteSums, minuteOf } from './minute-sums.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS, ROLL_UPS, type RollUp } from './schema.ts';
import type { Database } from './sqlite.ts';

/** By table: how far it may lag behind. Writing sums rarely saves the device most of the writes. */
const LAG_MS = [HOUR_MS, 6 * HOUR_MS, DAY_MS];
/** Raw values whose sums are only in memory: an opening looks at them again. */
const MAX_RAW_TAIL = 250_000;
const MIN_TAIL_MS = 5 * MINUTE_MS;
/** Sums of minutes in memory, and how many of them one step writes. */
const MAX_SUMS = 20_000;
const SUMS_PER_STEP = 2000;
/** By table: the span of one statement. */
const SLICE_MS = [10 * MINUTE_MS, 6 * HOUR_MS, 2 * DAY_MS];
/** Ids that one statement looks at. */
const IDS_PER_STEP = 500;
/** Values that are still on their way to the thread. */
const SETTLE_MS = 2 * 1000;

const TAIL = `SELECT series, t/${MINUTE_MS} b, count(*), sum(value), min(value), max(value) FROM raw
  WHERE t>=?1 AND t<?2 GROUP BY series, b`;

/**
 * Sums of a table for a span of its buckets from the table before it, series by series, because that one lies in
 * this order; replaces old ones.
 */
function statementOf({ name, bucketMs }: RollUp, source: RollUp): string {
  return `REPLACE INTO ${name} SELECT s.id, r.t/${bucketMs / source.bucketMs} b, sum(r.n), sum(r.sum), min(r.min),
      max(r.max)
    FROM series s CROSS JOIN ${source.name} r
    WHERE s.id>=?3 AND s.id<?4 AND r.series=s.id AND r.t>=?1/${source.bucketMs} AND r.t<?2/${source.bucketMs}
    GROUP BY s.id, b`;
}

export function floorTo(timeMs: number, stepMs: number): number {
  return Math.floor(timeMs / stepMs) * stepMs;
}

/**
 * Makes the tables of sums, and knows up to when each is complete. Those of the last minutes are in memory, so that
 * questions need no raw values; what is in the table of minutes is not in memory, and the other way round.
 */
export class RollUps {
  readonly #database: Database;
  readonly #sums = new MinuteSums();
  /** False after a transaction was rolled back: which sums are in the file is known again after a look at it. */
  #isLoaded = false;
  /** By table, Unix ms, multiples of its bucket. Late values of minutes before the first are written at once. */
  #watermarks: number[];
  /** As they are in the file; undefined = not there yet. */
  #stored: (number | undefined)[];
  #rawSince = 0;
  /** Time of the oldest late value that is only in memory; Infinity = none. */
  #late = Number.POSITIVE_INFINITY;
  /** The same since a table's slice was begun. */
  #lateInSlice = Number.POSITIVE_INFINITY;

  /** @throws SqliteError */
  constructor(database: Database, nowMs: number) {
    this.#database = database;
    const oldest = database.value('SELECT min(t) FROM raw') ?? nowMs;
    this.#stored = ROLL_UPS.map(({ name }) => database.value('SELECT t FROM watermark WHERE name=?', name));
    this.#watermarks = ROLL_UPS.map(
      ({ bucketMs }, index) => this.#stored[index] ?? floorTo(oldest, bucketMs),
    );
    this.#load();
  }

  /** Up to when the sums of a table are complete, Unix ms; index as in ROLL_UPS. */
  watermark(index: number): number {
    return this.#watermarks[index] ?? 0;
  }

  /** The sums that are not in the table of minutes. @throws SqliteError */
  get sums(): MinuteSums {
    this.#load();
    return this.#sums;
  }

  /** To be told of each raw value. @throws SqliteError */
  added(series: number, timeMs: number, value: number): void {
    this.#load();
    this.#rawSince++;
    this.#sums.add(series, minuteOf(timeMs), 1, value, value, value);
    if (timeMs < this.watermark(0)) this.#addedLate(timeMs);
  }

  /** Makes the sums that are due; each step takes about a tenth of a second at most. @throws SqliteError */
  *steps(nowMs: number): Generator<void, void> {
    this.#load();
    this.#writeLate();
    const now = nowMs - SETTLE_MS;
    const lagMs = floorTo(now, MINUTE_MS) - this.watermark(0);
    const isLong = this.#rawSince > MAX_RAW_TAIL && lagMs >= MIN_TAIL_MS;
    if (lagMs >= (LAG_MS[0] ?? 0) || isLong || this.#sums.count > MAX_SUMS) {
      yield* this.#advanceMinutes(floorTo(now, MINUTE_MS));
    }
    for (let index = 1; index < ROLL_UPS.length; index++) {
      const { bucketMs } = ROLL_UPS[index] as RollUp;
      const end = floorTo(Math.min(now, this.watermark(index - 1)), bucketMs);
      if (end - this.watermark(index) >= (LAG_MS[index] ?? 0)) yield* this.#advance(index, end);
    }
  }

  /** Writes what belongs into the transaction that ends. @throws SqliteError */
  store(): void {
    this.#writeLate();
    for (const [index, { name }] of ROLL_UPS.entries()) {
      const watermark = this.watermark(index);
      if (watermark === this.#stored[index]) continue;
      this.#database.run('REPLACE INTO watermark VALUES(?,?)', name, watermark);
    }
  }

  committed(): void {
    this.#stored = [...this.#watermarks];
  }

  rolledBack(): void {
    this.#watermarks = this.#watermarks.map((watermark, index) => this.#stored[index] ?? watermark);
    this.#isLoaded = false;
  }

  /** The clock was set back, or a value came late: what was made of its time is made again. */
  #addedLate(timeMs: number): void {
    this.#late = Math.min(this.#late, timeMs);
    this.#lateInSlice = Math.min(this.#lateInSlice, timeMs);
    this.#watermarks = this.#watermarks.map((watermark, index) =>
      index === 0 ? watermark : Math.min(watermark, floorTo(timeMs, (ROLL_UPS[index] as RollUp).bucketMs)),
    );
  }

  #writeLate(): void {
    if (this.#late === Number.POSITIVE_INFINITY) return;
    this.#sums.write(this.#database, minuteOf(this.watermark(0)));
    this.#late = Number.POSITIVE_INFINITY;
  }

  /** Makes the sums in memory from the raw values. @throws SqliteError */
  #load(): void {
    if (this.#isLoaded) return;
    this.#sums.clear();
    this.#late = Number.POSITIVE_INFINITY;
    this.#rawSince = 0;
    const database = this.#database;
    const statement = database.statement(TAIL);
    const nextAfter = (timeMs: number) => database.value('SELECT min(t) FROM raw WHERE t>=?', timeMs);
    for (let from = nextAfter(this.watermark(0)); from !== undefined; ) {
      const to = floorTo(from, MINUTE_MS) + (SLICE_MS[0] ?? MINUTE_MS);
      statement.each([from, to], (row) => {
        this.#rawSince += row.number(2);
        this.#sums.add(
          row.number(0),
          row.number(1),
          row.number(2),
          row.number(3),
          row.number(4),
          row.number(5),
        );
      });
      from = nextAfter(to);
    }
    this.#isLoaded = true;
  }

  *#advanceMinutes(end: number): Generator<void, void> {
    this.#rawSince = 0;
    // Watermark and sums go forward in the same transaction, whenever that ends: an opening adds what is behind it.
    while (this.watermark(0) < end) {
      const minute = this.#sums.boundary(minuteOf(end), SUMS_PER_STEP);
      this.#sums.write(this.#database, minute);
      this.#watermarks[0] = Math.max(this.watermark(0), minute * MINUTE_MS);
      yield;
    }
  }

  *#advance(index: number, end: number): Generator<void, void> {
    const table = ROLL_UPS[index] as RollUp;
    const source = ROLL_UPS[index - 1] as RollUp;
    const statement = statementOf(table, source);
    while (this.watermark(index) < end) {
      const from = this.watermark(index);
      const to = Math.min(end, from + (SLICE_MS[index] ?? DAY_MS));
      const lastId = this.#database.value('SELECT max(id) FROM series') ?? 0;
      this.#writeLate();
      this.#lateInSlice = Number.POSITIVE_INFINITY;
      for (let id = 0; id <= lastId; id += IDS_PER_STEP) {
        this.#database.run(statement, from, to, id, id + IDS_PER_STEP);
        yield;
      }
      this.#watermarks[index] = Math.min(to, floorTo(this.#lateInSlice, table.bucketMs));
      if (this.watermark(index) <= from) return;
    }
  }
}
