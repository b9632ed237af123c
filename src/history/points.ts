import type { StateChanges } from './changes.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS, ROLL_UPS, type RollUpName } from './schema.ts';

export const MAX_SERIES_ASKED = 16;
export const MAX_BUCKETS = 2000;
export const DEFAULT_BUCKETS = 300;
/** Raw values are read for spans up to this: they lie in the order of time, so those of all series are looked at. */
const MAX_RAW_SPAN_MS = 3 * HOUR_MS;
/** A step is a whole number of buckets: with so many at least, rounding it costs little. */
const MIN_BUCKETS_PER_STEP = 4;

export const SOURCES = ['raw', 'minute', 'quarter', 'day'] as const;
export type Source = (typeof SOURCES)[number];

/** What is asked for. Times are Unix ms. */
export interface PointsQuery {
  series: readonly number[];
  from: number;
  to: number;
  /** Wanted length of a bucket, ms. */
  stepMs: number;
  /** Undefined = what is fine enough for the step and still kept. */
  source: Source | undefined;
  /** How many of the latest changes of states the answer tells; undefined = none. */
  changes?: number | undefined;
}

/** How long each kind of values is kept, in days; 0 = for ever. */
export type Retention = Readonly<Record<Source, number>>;

export interface Plan {
  source: Source;
  /** Beginning of the first bucket, a multiple of the step, Unix ms. */
  from: number;
  stepMs: number;
  buckets: number;
}

/** From which values a question is answered. */
export function planPoints(query: PointsQuery, retention: Retention, nowMs: number): Plan {
  const { from, to, stepMs } = query;
  const source = query.source ?? sourceFor(query, retention, nowMs);
  const unitMs = ROLL_UPS.find(({ name }) => name === source)?.bucketMs ?? 1;
  const step = Math.max(1, Math.ceil(stepMs / unitMs)) * unitMs;
  const begin = Math.floor(from / step) * step;
  return { source, from: begin, stepMs: step, buckets: Math.max(1, Math.ceil((to - begin) / step)) };
}

function sourceFor({ from, to, stepMs }: PointsQuery, retention: Retention, nowMs: number): Source {
  const isKept = (days: number): boolean => days === 0 || from >= nowMs - days * DAY_MS;
  if (stepMs < MINUTE_MS && to - from <= MAX_RAW_SPAN_MS && isKept(retention.raw)) return 'raw';
  const isFine = (bucketMs: number): boolean =>
    bucketMs * MIN_BUCKETS_PER_STEP <= stepMs || (stepMs % bucketMs === 0 && bucketMs <= stepMs);
  const fine = ROLL_UPS.filter(({ bucketMs }) => isFine(bucketMs)).length - 1;
  const kept = ROLL_UPS.findIndex(({ name }) => isKept(retention[name]));
  const index = Math.max(fine, kept === -1 ? ROLL_UPS.length - 1 : kept, 0);
  return ROLL_UPS[index]?.name ?? 'day';
}

/** Index of a table of sums in ROLL_UPS; -1 for the raw values. */
export function rollUpIndex(source: Source): number {
  return ROLL_UPS.findIndex(({ name }: { name: RollUpName }) => name === source);
}

/** The sums of one series by bucket; n = 0 where there is nothing. */
export class Buckets {
  readonly n: Float64Array;
  readonly sum: Float64Array;
  readonly min: Float64Array;
  readonly max: Float64Array;

  constructor(count: number) {
    this.n = new Float64Array(count);
    this.sum = new Float64Array(count);
    this.min = new Float64Array(count).fill(Number.POSITIVE_INFINITY);
    this.max = new Float64Array(count).fill(Number.NEGATIVE_INFINITY);
  }

  add(bucket: number, n: number, sum: number, min: number, max: number): void {
    if (!(bucket >= 0 && bucket < this.n.length)) return;
    this.n[bucket] = (this.n[bucket] ?? 0) + n;
    this.sum[bucket] = (this.sum[bucket] ?? 0) + sum;
    this.min[bucket] = Math.min(this.min[bucket] ?? min, min);
    this.max[bucket] = Math.max(this.max[bucket] ?? max, max);
  }
}

/** Digits of a value in an answer: more than sensors have. */
const PRECISION = 9;

function columnOf({ n }: Buckets, read: (bucket: number) => number): (number | null)[] {
  return Array.from(n, (count, bucket) => (count === 0 ? null : Number(read(bucket).toPrecision(PRECISION))));
}

export interface SeriesColumns {
  id: number;
  min: (number | null)[];
  mean: (number | null)[];
  max: (number | null)[];
  n: number[];
  /** Of states, when they were asked for. */
  changes?: StateChanges;
}

/** The answer: a column of times, and four for each series; null where there is nothing. */
export interface Points {
  source: Source;
  /** Length of a bucket, ms. */
  step: number;
  /** Beginnings of the buckets, Unix ms. */
  t: number[];
  series: SeriesColumns[];
}

export function columnsOf(plan: Plan, found: ReadonlyMap<number, Buckets>): Points {
  return {
    source: plan.source,
    step: plan.stepMs,
    t: Array.from({ length: plan.buckets }, (_, bucket) => plan.from + bucket * plan.stepMs),
    series: Array.from(found, ([id, buckets]) => ({
      id,
      min: columnOf(buckets, (bucket) => buckets.min[bucket] ?? 0),
      mean: columnOf(buckets, (bucket) => (buckets.sum[bucket] ?? 0) / (buckets.n[bucket] ?? 1)),
      max: columnOf(buckets, (bucket) => buckets.max[bucket] ?? 0),
      n: [...buckets.n],
    })),
  };
}

/** The first line of the comma-separated form. */
export function csvHead(series: readonly number[]): string {
  const names = series.flatMap((id) => ['min', 'mean', 'max', 'n'].map((name) => `${name}_${id}`));
  return `${['time', ...names].join(',')}\r\n`;
}

/** Comma-separated: a line for each bucket, times as ISO 8601 in UTC, nothing where there is nothing. */
export function csvOf({ t, series }: Points): string {
  const lines = t.map((time, bucket) => {
    const cells = series.flatMap(({ min, mean, max, n }) => [
      min[bucket] ?? '',
      mean[bucket] ?? '',
      max[bucket] ?? '',
      n[bucket] ?? 0,
    ]);
    return `${[new Date(time).toISOString(), ...cells].join(',')}\r\n`;
  });
  return lines.join('');
}
