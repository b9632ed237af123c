import { MINUTE_MS } from './schema.ts';
import type { Database } from './sqlite.ts';

/** Numbers of a sum: series, minute since 1970, n, sum, min, max. */
const WIDTH = 6;
const FIRST_ROOM = 1024;
/** Minutes since 1970 are below this until 2097. */
const MINUTES = 2 ** 26;
/** A minute that was begun before (the clock was set back, or a value came late) is added to. */
const ADD = `INSERT INTO minute(series, t, n, sum, min, max) VALUES(?, ?, ?, ?, ?, ?)
  ON CONFLICT(series, t) DO UPDATE SET n=n+excluded.n, sum=sum+excluded.sum,
    min=min(min, excluded.min), max=max(max, excluded.max)`;

/** Is told a minute's sum of a series. */
export type SumVisitor = (minute: number, n: number, sum: number, min: number, max: number) => void;

/** The sums of those values that are not in the table of minutes yet. */
export class MinuteSums {
  #rows = new Float64Array(FIRST_ROOM * WIDTH);
  #count = 0;
  /** Begins of rows, by series and minute. */
  readonly #at = new Map<number, number>();
  /** By id of the series, where its last value went: nearly always the next one goes there, too. */
  readonly #last: number[] = [];

  /** How many there are: one for each series and minute. */
  get count(): number {
    return this.#count;
  }

  clear(): void {
    this.#count = 0;
    this.#at.clear();
    this.#last.length = 0;
  }

  add(series: number, minute: number, n: number, sum: number, min: number, max: number): void {
    const at = this.#find(series, minute);
    const rows = this.#rows;
    rows[at + 2] = (rows[at + 2] ?? 0) + n;
    rows[at + 3] = (rows[at + 3] ?? 0) + sum;
    rows[at + 4] = Math.min(rows[at + 4] ?? 0, min);
    rows[at + 5] = Math.max(rows[at + 5] ?? 0, max);
  }

  /** Tells those of some series from a minute on, up to another one. */
  each(series: number, from: number, to: number, visit: SumVisitor): void {
    const rows = this.#rows;
    for (let at = 0; at < this.#count * WIDTH; at += WIDTH) {
      const minute = rows[at + 1] ?? 0;
      if (rows[at] !== series || minute < from || minute >= to) continue;
      visit(minute, rows[at + 2] ?? 0, rows[at + 3] ?? 0, rows[at + 4] ?? 0, rows[at + 5] ?? 0);
    }
  }

  /** A minute up to which there are about so many; `before` at the latest. */
  boundary(before: number, wanted: number): number {
    const counts = new Map<number, number>();
    for (let at = 1; at < this.#count * WIDTH; at += WIDTH) {
      const minute = this.#rows[at] ?? 0;
      if (minute < before) counts.set(minute, (counts.get(minute) ?? 0) + 1);
    }
    let sums = 0;
    for (const minute of [...counts.keys()].sort((a, b) => a - b)) {
      sums += counts.get(minute) ?? 0;
      if (sums >= wanted) return minute + 1;
    }
    return before;
  }

  /** Adds those before a minute to the table, and forgets them. @throws SqliteError */
  write(database: Database, before: number): void {
    const rows = this.#rows.slice(0, this.#count * WIDTH);
    this.clear();
    const statement = database.statement(ADD);
    for (let at = 0; at < rows.length; at += WIDTH) {
      const [series = 0, minute = 0, n = 0, sum = 0, min = 0, max = 0] = rows.subarray(at, at + WIDTH);
      if (minute < before) statement.run(series, minute, n, sum, min, max);
      else this.add(series, minute, n, sum, min, max);
    }
  }

  #find(series: number, minute: number): number {
    const last = this.#last[series];
    if (last !== undefined && this.#rows[last + 1] === minute) return last;
    const key = series * MINUTES + minute;
    const at = this.#at.get(key) ?? this.#make(key, series, minute);
    this.#last[series] = at;
    return at;
  }

  #make(key: number, series: number, minute: number): number {
    const at = this.#count++ * WIDTH;
    if (at === this.#rows.length) {
      const rows = new Float64Array(this.#rows.length * 2);
      rows.set(this.#rows);
      this.#rows = rows;
    }
    this.#rows.set([series, minute, 0, 0, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY], at);
    this.#at.set(key, at);
    return at;
  }
}

export function minuteOf(timeMs: number): number {
  return Math.floor(timeMs / MINUTE_MS);
}
