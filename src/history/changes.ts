import type { Database } from './sqlite.ts';
import { MOTION_SERIES } from './values.ts';

/** Rows that a series may have; the oldest go. */
const MAX_ROWS = 50_000;
/** Of one answer, of all its series together. */
export const MAX_CHANGES_ASKED = 20_000;

/** When a state changed, ascending; the first may lie before the span that was asked for. */
export interface StateChanges {
  /** Unix ms. */
  t: number[];
  /** What the state was from then on: 1 or 0. */
  value: number[];
}

interface Known {
  value: number;
  /** Of a state that is over when nobody tells it again: when. */
  holdsToMs: number | undefined;
}

const INSERT = 'REPLACE INTO change(series, t, value) VALUES(?,?,?)';
const LAST = 'SELECT t, value FROM change WHERE series=? ORDER BY t DESC LIMIT 1';
const BEFORE = 'SELECT t, value FROM change WHERE series=? AND t<=? ORDER BY t DESC LIMIT 1';
const IDS_OF_TYPE = 'SELECT id FROM series WHERE class=? AND type=?';
const WITHIN = 'SELECT t, value FROM change WHERE series=? AND t>? AND t<? ORDER BY t DESC LIMIT ?';

/** When states changed, each once: what nodes only repeat costs nothing. */
export class Changes {
  readonly #database: Database;
  /** By id of the series, what it was last. */
  readonly #known = new Map<number, Known>();
  /** Ids of states that end by themselves, and have not. */
  readonly #held = new Set<number>();
  /** Whether what an earlier process, or a transaction that was rolled back, left held is in there. */
  #hasResumed = false;

  constructor(database: Database) {
    this.#database = database;
  }

  /** @param holdMs set for a state that is over when nobody has told it for so long. @throws SqliteError */
  add(series: number, timeMs: number, value: number, holdMs: number | undefined): void {
    const known = this.#last(series, holdMs);
    const isHeld = known?.value === value && timeMs <= (known.holdsToMs ?? Number.POSITIVE_INFINITY);
    if (known === undefined || !isHeld) {
      if (known?.holdsToMs !== undefined && known.value === 1) this.#insert(series, known.holdsToMs, 0);
      this.#insert(series, timeMs, value);
    }
    const holdsToMs = holdMs === undefined ? undefined : Math.max(timeMs + holdMs, known?.holdsToMs ?? 0);
    this.#known.set(series, { value, holdsToMs });
    if (holdsToMs !== undefined) this.#held.add(series);
  }

  /** Whether `settle` has to write something. @throws SqliteError */
  isDue(nowMs: number): boolean {
    this.#resume();
    for (const series of this.#held) if (this.#isOver(series, nowMs)) return true;
    return false;
  }

  /** Writes the end of what is over by itself. @throws SqliteError */
  settle(nowMs: number): void {
    for (const series of this.#held) {
      const { holdsToMs = 0 } = this.#known.get(series) ?? {};
      if (!this.#isOver(series, nowMs)) continue;
      this.#insert(series, holdsToMs, 0);
      this.#held.delete(series);
      this.#known.set(series, { value: 0, holdsToMs });
    }
  }

  /** The latest in a span, and, if those are all, what was before it. @throws SqliteError */
  between(id: number, from: number, to: number, limit: number): StateChanges {
    const rows: [number, number][] = [];
    this.#database
      .statement(WITHIN)
      .each([id, from, to, limit], (row) => rows.push([row.number(0), row.number(1)]));
    if (rows.length < limit) {
      this.#database.statement(BEFORE).each([id, from], (row) => rows.push([row.number(0), row.number(1)]));
    }
    rows.reverse();
    return { t: rows.map(([t]) => t), value: rows.map(([, value]) => value) };
  }

  /** Deletes what is too much of one series. @throws SqliteError */
  prune(series: number): void {
    this.#database.run(
      `DELETE FROM change WHERE series=?1 AND t<=
        (SELECT t FROM change WHERE series=?1 ORDER BY t DESC LIMIT 1 OFFSET ${MAX_ROWS})`,
      series,
    );
  }

  /** The transaction is rolled back. */
  forget(): void {
    this.#known.clear();
    this.#held.clear();
    this.#hasResumed = false;
  }

  #resume(): void {
    if (this.#hasResumed) return;
    this.#hasResumed = true;
    const { vscpClasses, vscpType, holdMs } = MOTION_SERIES;
    const ids: number[] = [];
    for (const vscpClass of vscpClasses)
      this.#database.statement(IDS_OF_TYPE).each([vscpClass, vscpType], (row) => ids.push(row.number(0)));
    for (const id of ids) {
      const last = this.#last(id, holdMs);
      if (last === undefined || this.#known.has(id)) continue;
      this.#known.set(id, last);
      this.#held.add(id);
    }
  }

  #isOver(series: number, nowMs: number): boolean {
    const { value, holdsToMs } = this.#known.get(series) ?? { value: 0, holdsToMs: undefined };
    return value === 1 && holdsToMs !== undefined && holdsToMs <= nowMs;
  }

  #last(series: number, holdMs: number | undefined): Known | undefined {
    let last = this.#known.get(series);
    if (last !== undefined) return last;
    this.#database.statement(LAST).each([series], (row) => {
      last = { value: row.number(1), holdsToMs: holdMs === undefined ? undefined : row.number(0) + holdMs };
    });
    return last;
  }

  #insert(series: number, timeMs: number, value: number): void {
    this.#database.run(INSERT, series, timeMs, value);
  }
}
