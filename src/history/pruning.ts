import type { Changes } from './changes.ts';
import type { Retention } from './points.ts';
import type { RollUps } from './roll-up.ts';
import { DAY_MS, pagesOf, ROLL_UPS } from './schema.ts';
import type { Database } from './sqlite.ts';

/** Rows that are deleted in one step, about. */
const SLICE = 20_000;
/** Series whose sums are looked at in one step. */
const SERIES_PER_STEP = 50;
/** Series whose changes are counted in one step. */
const CHANGES_PER_STEP = 10;
/** Into so many a table of sums is cut when one of them has to go. */
const SHARES = 50;
/** Share of the bound that may be in use; the rest is for what an interval brings. */
const FULL_FROM = 0.92;
/** Steps that one interval may spend on it. */
const MAX_STEPS = 25;

/** Deletes what is too old, and the oldest values when the file reaches its bound. */
export class Pruning {
  readonly #database: Database;
  readonly #rollUps: RollUps;
  readonly #changes: Changes;
  readonly #retention: Retention;
  readonly #maxPages: number;
  #nextSeries = 0;
  #nextChanges = 0;

  constructor(
    database: Database,
    rollUps: RollUps,
    changes: Changes,
    retention: Retention,
    maxBytes: number,
  ) {
    this.#database = database;
    this.#rollUps = rollUps;
    this.#changes = changes;
    this.#retention = retention;
    this.#maxPages = pagesOf(maxBytes);
  }

  /** @throws SqliteError */
  *byAge(nowMs: number): Generator<void, void> {
    const { raw } = this.#retention;
    const before = raw === 0 ? 0 : nowMs - raw * DAY_MS;
    for (let step = 0; step < MAX_STEPS && this.#dropRaw(before); step++) yield;
    const last = this.#database.value('SELECT max(id) FROM series') ?? 0;
    const first = this.#nextSeries;
    this.#nextSeries = first + SERIES_PER_STEP > last ? 0 : first + SERIES_PER_STEP;
    for (const [index, { name, bucketMs }] of ROLL_UPS.entries()) {
      const days = this.#retention[name];
      if (days === 0) continue;
      const end = Math.floor(Math.min(nowMs - days * DAY_MS, this.#summedUpTo(index)) / bucketMs);
      for (let id = first; id < first + SERIES_PER_STEP; id++) {
        this.#database.run(`DELETE FROM ${name} WHERE series=? AND t<?`, id, end);
      }
      yield;
    }
    const { quarter } = this.#retention;
    if (quarter === 0) return;
    for (let id = first; id < first + SERIES_PER_STEP; id++) {
      this.#database.run('DELETE FROM change WHERE series=? AND t<?', id, nowMs - quarter * DAY_MS);
    }
  }

  /** Changes of states that are too many. @throws SqliteError */
  *changes(): Generator<void, void> {
    const last = this.#database.value('SELECT max(id) FROM series') ?? 0;
    const first = this.#nextChanges;
    this.#nextChanges = first + SERIES_PER_STEP > last ? 0 : first + SERIES_PER_STEP;
    for (let id = first; id < first + SERIES_PER_STEP; id++) {
      this.#changes.prune(id);
      if (id % CHANGES_PER_STEP === 0) yield;
    }
  }

  /** Whether the file is so full that the oldest values go. @throws SqliteError */
  get isFull(): boolean {
    const pages = this.#database.value('PRAGMA page_count') ?? 0;
    const free = this.#database.value('PRAGMA freelist_count') ?? 0;
    return (pages - free) / this.#maxPages >= FULL_FROM;
  }

  /** Raw values go first, then the sums of minutes, then changes of states, then the other sums. @throws SqliteError */
  *bySize(): Generator<void, void> {
    for (let step = 0; step < MAX_STEPS && this.isFull; step++) {
      if (!this.#dropRaw(Number.MAX_SAFE_INTEGER) && !this.#dropSums()) return;
      yield;
    }
  }

  /** What is younger is not in the next table of sums yet, Unix ms. */
  #summedUpTo(index: number): number {
    return index + 1 < ROLL_UPS.length ? this.#rollUps.watermark(index + 1) : Number.MAX_SAFE_INTEGER;
  }

  /** @returns whether there was anything to delete */
  #dropRaw(before: number): boolean {
    const end = Math.min(before, this.#rollUps.watermark(0));
    const oldest = this.#database.value('SELECT min(t) FROM raw');
    if (oldest === undefined || oldest >= end) return false;
    const slice = this.#database.value('SELECT t FROM raw ORDER BY t LIMIT 1 OFFSET ?', SLICE) ?? end;
    this.#database.run('DELETE FROM raw WHERE t<?', Math.min(slice, end));
    return true;
  }

  #dropSums(): boolean {
    const [minutes, ...others] = ROLL_UPS.map(({ name, bucketMs }, index) => ({
      name: name as string,
      end: Math.floor(this.#summedUpTo(index) / bucketMs),
    }));
    const changes = { name: 'change', end: Number.MAX_SAFE_INTEGER };
    for (const { name, end } of [...(minutes ? [minutes] : []), changes, ...others]) {
      const oldest = this.#edge('min', name);
      if (oldest === undefined || oldest >= end) continue;
      const newest = this.#edge('max', name) ?? oldest;
      const before = oldest + Math.max(1, Math.floor((newest - oldest) / SHARES));
      this.#database.run(
        `DELETE FROM ${name} WHERE series IN (SELECT id FROM series) AND t<?`,
        Math.min(before, end),
      );
      return true;
    }
    return false;
  }

  /** The first or last time in a table of sums; asked series by series, because it lies in that order. */
  #edge(edge: 'min' | 'max', table: string): number | undefined {
    return this.#database.value(
      `SELECT ${edge}((SELECT ${edge}(t) FROM ${table} WHERE series=s.id)) FROM series s`,
    );
  }
}
