import type { SeriesInfo } from '../../src/history/series-table.ts';
import { plainSqliteHost } from '../../src/history/sqlite.ts';
import { HistoryStore, type StoreOptions } from '../../src/history/store.ts';

/** What the clock of a store shows when it is opened. */
export const BEGIN = Date.UTC(2026, 0, 1);

export interface OpenedStore {
  store: HistoryStore;
  series: Map<number, SeriesInfo>;
  /** What the clock shows. */
  clock: { nowMs: number };
}

/** A store with a clock of its own; whoever opens it closes it. */
export function openStore(path: string, options: Partial<StoreOptions> = {}): OpenedStore {
  const series = new Map<number, SeriesInfo>();
  const clock = { nowMs: BEGIN };
  const store = new HistoryStore({
    path,
    host: plainSqliteHost(),
    maxBytes: 100 * 1024 * 1024,
    retention: { raw: 7, minute: 30, quarter: 730, day: 0 },
    nowMs: () => clock.nowMs,
    firstId: 1,
    onSeries: (info) => series.set(info.id, info),
    ...options,
  });
  return { store, series, clock };
}
