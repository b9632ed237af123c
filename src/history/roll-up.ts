import { DAY_MS, HOUR_MS, MINUTE_MS, ROLL_UPS, type RollUp } from './schema.ts';
import type { Database } from './sqlite.ts';

/** By table: how far its sums may lag behind. Writing them rarely saves the device most of the writes. */
const LAG_MS = [HOUR_MS, 6 * HOUR_MS, DAY_MS];
/** So many raw values may wait for their sums: each question looks at them. */
const MAX_RAW_TAIL = 50_000;
const MIN_TAIL_MS = 5 * MINUTE_MS;
/** By table: the span of one statement. */
const SLICE_MS = [10 * MINUTE_MS, 6 * HOUR_MS, 10 * DAY_MS];
/** Values that are still on their way to the thread. */
const SETTLE_MS = 2 * 1000;

/** Sums of a table for a span of its buckets, from the table before it or from the raw values; replaces old ones. */
function statementOf(index: number): string {
  const { name, bucketMs } = ROLL_UPS[index] as RollUp;
  const source = ROLL_UPS[index - 1];
  if (source === undefined) {
    return `REPLACE INTO ${name} SELECT series, t/${bucketMs} b, count(*), sum(value), min(value), max(value)
      FROM raw WHERE t>=?1 AND t<?2 GROUP BY series, b`;
  }
  // Series by series, because the source lies in that order.
  return `REPLACE INTO ${name} SELECT s.id, r.t/${bucketMs / source.bucketMs} b, sum(r.n), sum(r.sum), min(r.min),
      max(r.max)
    FROM series s CROSS JOIN ${source.name} r
    WHERE r.series=s.id AND r.t>=?1/${source.bucketMs} AND r.t<?2/${source.bucketMs}
    GROUP BY s.id, b`;
}

const STATEMENTS = ROLL_UPS.map((_, index) => statementOf(index));

export function floorTo(timeMs: number, stepMs: number): number {
  return Math.floor(timeMs / stepMs) * stepMs;
}

/** Makes the tables of sums from the raw values, and knows up to when each is complete. */
export class RollUps {
  readonly #database: Database;
  /** By table, Unix ms, multiples of its bucket; none is beyond the one before it. */
  #watermarks: number[];
  /** As they are in the file; undefined = not there yet. */
  #stored: (number | undefined)[];
  #rawSince = 0;

  /** @throws SqliteError */
  constructor(database: Database, nowMs: number) {
    this.#database = database;
    const oldest = database.value('SELECT min(t) FROM raw') ?? nowMs;
    this.#stored = ROLL_UPS.map(({ name }) => database.value('SELECT t FROM watermark WHERE name=?', name));
    this.#watermarks = ROLL_UPS.map(
      ({ bucketMs }, index) => this.#stored[index] ?? floorTo(oldest, bucketMs),
    );
  }

  /** Up to when the sums of a table are complete, Unix ms; index as in ROLL_UPS. */
  watermark(index: number): number {
    return this.#watermarks[index] ?? 0;
  }

  /** To be told of each raw value. */
  added(timeMs: number): void {
    this.#rawSince++;
    // The clock was set back: the sums from then on are made again.
    if (timeMs < this.watermark(0)) {
      this.#watermarks = this.#watermarks.map((watermark, index) =>
        Math.min(watermark, floorTo(timeMs, (ROLL_UPS[index] as RollUp).bucketMs)),
      );
    }
  }

  /** Makes the sums that are due; each step takes well below a second. @throws SqliteError */
  *steps(nowMs: number): Generator<void, void> {
    let end = floorTo(nowMs - SETTLE_MS, MINUTE_MS);
    for (const [index, { bucketMs }] of ROLL_UPS.entries()) {
      const lagMs = floorTo(end, bucketMs) - this.watermark(index);
      const isLong = index === 0 && this.#rawSince > MAX_RAW_TAIL && lagMs >= MIN_TAIL_MS;
      if (lagMs >= (LAG_MS[index] ?? 0) || isLong) yield* this.#advance(index, floorTo(end, bucketMs));
      end = this.watermark(index);
    }
  }

  /** Writes the watermarks, in the transaction of the sums. @throws SqliteError */
  store(): void {
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
  }

  *#advance(index: number, end: number): Generator<void, void> {
    const sliceMs = SLICE_MS[index] ?? HOUR_MS;
    if (index === 0) this.#rawSince = 0;
    while (this.watermark(index) < end) {
      const from = this.watermark(index);
      const to = Math.min(end, from + sliceMs);
      this.#database.run(STATEMENTS[index] ?? '', from, to);
      // A long time without values is passed over at once.
      const next =
        index === 0 && to < end ? this.#database.value('SELECT min(t) FROM raw WHERE t>=?', to) : to;
      this.#watermarks[index] = Math.min(end, Math.max(to, floorTo(next ?? end, MINUTE_MS)));
      yield;
    }
  }
}
