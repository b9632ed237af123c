import type { PointsQuery, Retention } from './points.ts';
import type { SeriesInfo } from './series-table.ts';
import type { ShimSqlite } from './shim-sqlite.ts';

/** What the history's thread begins with. */
export interface ThreadData {
  path: string;
  maxBytes: number;
  intervalMs: number;
  retention: Retention;
  /** Undefined under plain Node: SQLite through koffi alone. */
  shim: ShimSqlite | undefined;
}

export type PointsFormat = 'json' | 'csv';

export type ToThread =
  | { kind: 'events'; memory: ArrayBuffer }
  | { kind: 'points'; id: number; query: PointsQuery; format: PointsFormat }
  | { kind: 'close' };

/** An answer, and what the next page of the same span is asked with. */
export interface PointsAnswer {
  text: Uint8Array;
  stepMs: number;
  source: PointsQuery['source'];
  /** Where the answer ends, Unix ms. */
  end: number;
}

export type FromThread =
  /** Questions can be answered from now on; all series have been told. */
  | { kind: 'ready' }
  /** Questions cannot be answered for a while; the series are told again. */
  | { kind: 'away' }
  /** There is no history: why. */
  | { kind: 'failed'; reason: string }
  | { kind: 'log'; level: 'info' | 'warn' | 'err'; text: string }
  | { kind: 'series'; series: SeriesInfo[] }
  /** A batch was taken. */
  | { kind: 'taken'; bytes: number }
  | { kind: 'answer'; id: number; answer: PointsAnswer | undefined }
  | { kind: 'closed' };
