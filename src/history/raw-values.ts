import type { Database } from './sqlite.ts';

/** One statement for so many rows: beginning and ending a statement costs as much as a row. */
const ROWS = 64;
/** Time, series, value. */
const WIDTH = 3;

function insertOf(rows: number): string {
  return `REPLACE INTO raw(t, series, value) VALUES ${Array.from({ length: rows }, () => '(?,?,?)').join()}`;
}

const INSERT_MANY = insertOf(ROWS);
const INSERT_ONE = insertOf(1);

/** Writes raw values, several at a time. */
export class RawValues {
  readonly #database: Database;
  readonly #rows = new Float64Array(ROWS * WIDTH);
  #used = 0;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Time in Unix ms, id of the series, value. @throws SqliteError */
  add(timeMs: number, series: number, value: number): void {
    const at = this.#used;
    this.#rows[at] = timeMs;
    this.#rows[at + 1] = series;
    this.#rows[at + 2] = value;
    this.#used += WIDTH;
    if (this.#used === this.#rows.length) this.flush();
  }

  /** Before the values are asked for, and before the transaction ends. @throws SqliteError */
  flush(): void {
    const rows = this.#rows.subarray(0, this.#used);
    this.#used = 0;
    if (rows.length === this.#rows.length) this.#database.statement(INSERT_MANY).insert(rows);
    else {
      const one = this.#database.statement(INSERT_ONE);
      for (let at = 0; at < rows.length; at += WIDTH) one.insert(rows.subarray(at, at + WIDTH));
    }
  }

  /** The transaction is rolled back. */
  forget(): void {
    this.#used = 0;
  }
}
