import { BadInputError } from '../core/vscp-error.ts';

/** A value of one sensor that the server keeps for long; see docs/protocols.md. */
export interface SeriesInfo {
  /** Names it in `points`, for as long as the server's file is the same. */
  id: number;
  kind: 'measurement' | 'set' | 'data' | 'state' | 'level';
  vscpClass: number;
  vscpType: number;
  /** Upper-case hex with colons. */
  guid: string;
  /** Measurement type in the level II numbering; 6 is temperature. */
  measurementType?: number;
  sensorIndex: number;
  unit: number;
  symbol: string;
  index?: number;
  zone?: number;
  subzone?: number;
  interfaceGuid?: string;
  /** Time of its first value. */
  since: Date;
}

export type PointsSource = 'raw' | 'minute' | 'quarter' | 'day';

export interface PointsQuery {
  /** Ids of series. */
  series: readonly number[];
  /** A time, or Unix ms. */
  from: Date | number;
  /** Default: now. */
  to?: Date | number;
  /** How many buckets the answer may have; default 300. */
  buckets?: number;
  /** Wanted length of a bucket, in the place of `buckets`. */
  stepMs?: number;
  /** Default: what is fine enough and still kept. */
  source?: PointsSource;
  /** How many of the latest changes of states to tell, 20 000 at most; default: none. */
  changes?: number;
}

/** Columns of one series; null, and 0 in `n`, where there is nothing. */
export interface SeriesPoints {
  id: number;
  min: (number | null)[];
  mean: (number | null)[];
  max: (number | null)[];
  n: number[];
  /** Of states, when asked for: from each time (Unix ms, the first may lie before the span) on it was 1 or 0. */
  changes?: { t: number[]; value: number[] };
}

export interface Points {
  source: PointsSource;
  /** Length of a bucket. */
  stepMs: number;
  /** Beginnings of the buckets, Unix ms. */
  t: number[];
  series: SeriesPoints[];
}

type Call = (args: Record<string, unknown>) => Promise<Record<string, unknown>>;

/** Limits of one request. */
const MAX_SERIES = 16;
const MAX_BUCKETS = 2000;
/** A span in so many requests is a mistake. */
const MAX_PAGES = 1000;
const COLUMNS = ['min', 'mean', 'max', 'n'] as const;

export function readSeries({ series }: Record<string, unknown>): SeriesInfo[] {
  return ((series ?? []) as Record<string, unknown>[]).map((entry) => {
    const { class: vscpClass, type: vscpType, measurement, since, ...same } = entry;
    return {
      ...same,
      ...{ vscpClass, vscpType, since: new Date(Number(since)) },
      ...(measurement !== undefined && { measurementType: measurement }),
    } as SeriesInfo;
  });
}

/** Asks POINTS as often as the span and the series need it, and makes one answer. */
export async function pagedPoints(call: Call, query: PointsQuery): Promise<Points> {
  const ids = [...query.series];
  const from = +query.from;
  const to = +(query.to ?? Date.now());
  const wantedMs = query.stepMs ?? Math.ceil((to - from) / (query.buckets ?? 300));
  if (!(from < to && wantedMs > 0 && (to - from) / wantedMs < MAX_PAGES * MAX_BUCKETS))
    throw new BadInputError('from must be before to, and the steps not that many');
  let result: Points | undefined;
  for (let at = 0; at === 0 || at < ids.length; at += MAX_SERIES) {
    const series = ids.slice(at, at + MAX_SERIES);
    // The first series decide on step and source.
    const { source = query.source, stepMs = wantedMs } = result ?? {};
    const step = Math.max(1, Math.ceil(stepMs));
    const found = await pagesOf(call, { series, from, to, step, source, changes: query.changes });
    if (result === undefined) result = found;
    else result.series.push(...found.series);
  }
  return result as Points;
}

interface Page {
  series: number[];
  from: number;
  to: number;
  step: number;
  source: PointsSource | undefined;
  changes: number | undefined;
}

async function pagesOf(call: Call, { series, from, to, step, source, changes }: Page): Promise<Points> {
  const all: Points = { source: source ?? 'raw', stepMs: step, t: [], series: [] };
  for (let at = from; at < to; ) {
    const end = Math.min(to, at + all.stepMs * (MAX_BUCKETS - 1));
    const page = (await call({
      series,
      from: at,
      to: end,
      step: all.stepMs,
      source,
      changes,
    })) as unknown as Omit<Points, 'stepMs'> & { step: number };
    source = all.source = page.source;
    all.stepMs = page.step;
    all.t.push(...page.t);
    page.series.forEach((columns, i) => {
      const known = all.series[i];
      if (known === undefined) all.series.push(columns);
      else {
        for (const name of COLUMNS) (known[name] as unknown[]).push(...columns[name]);
        addChanges(known, columns);
      }
    });
    at = (page.t.at(-1) ?? end) + page.step;
  }
  return all;
}

/** Those of a later page, which begins with what was before it. */
function addChanges(known: SeriesPoints, { changes }: SeriesPoints): void {
  if (changes === undefined) return;
  known.changes ??= { t: [], value: [] };
  const last = known.changes.t.at(-1) ?? Number.NEGATIVE_INFINITY;
  const first = changes.t.findIndex((time) => time > last);
  if (first < 0) return;
  known.changes.t.push(...changes.t.slice(first));
  known.changes.value.push(...changes.value.slice(first));
}
