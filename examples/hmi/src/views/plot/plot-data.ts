import type { Values } from '../../store/state-past.ts';

/** Values over time as the plot takes them: null breaks the line, at undefined it goes on. */
export type Column = (number | null | undefined)[];

export interface Band {
  mean: Column;
  min: Column;
  max: Column;
}

/** What a plot shows; all columns are as long as `times`. */
export interface Shown {
  /** Unix time in seconds by this device's clock, ascending. */
  times: number[];
  bands: Band[];
}

export interface Figures {
  low: number;
  mean: number;
  high: number;
}

/** A span of the lasting history: values summed up in buckets of one length. */
export interface Buckets {
  /** The middle of each bucket, Unix time in seconds by this device's clock. */
  times: readonly number[];
  stepS: number;
  bands: readonly Readonly<Record<keyof Band, readonly (number | null)[]>>[];
}

/** Lengths of buckets that people can name, in seconds. */
const STEPS_S = [
  ...[1, 2, 5, 10, 15, 30],
  ...[1, 2, 5, 10, 15, 30].map((minutes) => minutes * 60),
  ...[1, 2, 3, 6, 12].map((hours) => hours * 3600),
  ...[1, 2, 7, 14, 28].map((days) => days * 86_400),
];

/** The shortest length with at most so many buckets in a span, in seconds. */
export function niceStep(spanS: number, buckets: number): number {
  const least = spanS / buckets;
  return STEPS_S.find((step) => step >= least) ?? Math.ceil(least);
}

/** A hole longer than so many usual distances between two values of a series is a gap. */
const GAP_DISTANCES = 3;
/** Values within this many buckets are neighbours, however often others come. */
const GAP_STEPS = 2.5;

/**
 * What the server keeps, and after it the values that this page has heard itself.
 * @param recent one for each band, in the same order
 */
export function joinRecent({ times, stepS, bands }: Buckets, recent: readonly Values[]): Shown {
  const starts = bands.map(({ mean }) => {
    let last = mean.length - 1;
    while (last >= 0 && mean[last] === null) last -= 1;
    return (times[last] ?? Number.NEGATIVE_INFINITY) + stepS / 2;
  });
  const own = recent.map((values, i) => after(values, starts[i] ?? Number.NEGATIVE_INFINITY));
  const all = [...new Set([...times, ...own.flatMap((values) => values.times)])].sort((a, b) => a - b);
  const rows = new Map(all.map((time, row) => [time, row]));
  const columns = bands.map((band, i): Band => {
    const column = (of: readonly (number | null)[]): Column => {
      const filled: Column = new Array(all.length).fill(undefined);
      for (const [at, time] of times.entries()) filled[rows.get(time) ?? 0] = of[at] ?? null;
      for (const [at, time] of (own[i]?.times ?? []).entries()) {
        filled[rows.get(time) ?? 0] = own[i]?.values[at];
      }
      return filled;
    };
    const joined = { mean: column(band.mean), min: column(band.min), max: column(band.max) };
    const holes = shortHoles(all, joined.mean, stepS);
    for (const filled of Object.values(joined)) for (const row of holes) filled[row] = undefined;
    return joined;
  });
  return { times: all, bands: columns };
}

function after({ times, values }: Values, start: number): Values {
  const first = times.findIndex((time) => time > start);
  return first < 0 ? { times: [], values: [] } : { times: times.slice(first), values: values.slice(first) };
}

/** Rows without a value that are no gap, because the values around them are as close as usual. */
function shortHoles(times: readonly number[], column: Column, stepS: number): number[] {
  const filled = column.flatMap((value, row) => (typeof value === 'number' ? [row] : []));
  const distances = filled.slice(1).map((row, i) => (times[row] ?? 0) - (times[filled[i] ?? 0] ?? 0));
  const usual = [...distances].sort((a, b) => a - b)[distances.length >> 1] ?? 0;
  const longest = Math.max(GAP_STEPS * stepS, GAP_DISTANCES * usual);
  return distances.flatMap((distance, i) => {
    const [from = 0, to = 0] = [filled[i], filled[i + 1]];
    return distance > longest ? [] : Array.from({ length: to - from - 1 }, (_, k) => from + 1 + k);
  });
}

/** Rows whose value has a gap on either side: without a line, they need a point. */
export function lonelyRows(column: ArrayLike<number | null | undefined>): number[] {
  const lonely: number[] = [];
  let isOpen = true;
  let candidate: number | undefined;
  for (let row = 0; row < column.length; row += 1) {
    const value = column[row];
    if (value === undefined) continue;
    if (value === null) {
      if (candidate !== undefined) lonely.push(candidate);
      candidate = undefined;
      isOpen = true;
    } else {
      candidate = isOpen ? row : undefined;
      isOpen = false;
    }
  }
  if (candidate !== undefined) lonely.push(candidate);
  return lonely;
}

/** What is in the range and one value to either side, so that lines run to the edge. */
export function within({ times, values }: Values, from: number, to: number): Values {
  let first = times.findIndex((time) => time >= from);
  if (first < 0) first = times.length;
  let last = first;
  while (last < times.length && (times[last] ?? 0) <= to) last += 1;
  const start = Math.max(0, first - 1);
  return { times: times.slice(start, last + 1), values: values.slice(start, last + 1) };
}

/** Lowest, mean and highest of the first value in a span; undefined where it has none. */
export function figuresOf({ times, bands }: Shown, from: number, to: number): Figures | undefined {
  const [band] = bands;
  const rows = times.flatMap((time, row) => {
    const mean = band?.mean[row];
    return time >= from && time <= to && typeof mean === 'number'
      ? [{ mean, low: band?.min[row] ?? mean, high: band?.max[row] ?? mean }]
      : [];
  });
  if (rows.length === 0) return undefined;
  return {
    low: rows.reduce((least, { low }) => Math.min(least, low), Number.POSITIVE_INFINITY),
    mean: rows.reduce((sum, { mean }) => sum + mean, 0) / rows.length,
    high: rows.reduce((most, { high }) => Math.max(most, high), Number.NEGATIVE_INFINITY),
  };
}

/** A cell that no spreadsheet takes for a formula. */
function cell(text: string): string {
  return `"${(/^[=+\-@]/.test(text) ? `'${text}` : text).replaceAll('"', '""')}"`;
}

/**
 * What is shown as comma separated values (RFC 4180): the time in UTC, then the columns of each value.
 * @param titles one for each band
 * @param hasBands false = one column for each value, else its mean, lowest and highest
 */
export function toCsv(
  shown: Shown,
  titles: readonly string[],
  hasBands: boolean,
  from: number,
  to: number,
): string {
  const kinds = hasBands ? (['mean', 'min', 'max'] as const) : (['mean'] as const);
  const names = titles.flatMap((title) => kinds.map((kind) => cell(hasBands ? `${title} ${kind}` : title)));
  const lines = [['time', ...names].join(',')];
  for (const [row, time] of shown.times.entries()) {
    if (time < from || time > to) continue;
    const values = shown.bands.flatMap((band) => kinds.map((kind) => band[kind][row] ?? ''));
    if (values.every((value) => value === '')) continue;
    lines.push([new Date(time * 1000).toISOString(), ...values].join(','));
  }
  return `${lines.join('\r\n')}\r\n`;
}

export interface StateTable {
  title: string;
  /** What 1 and 0 are called. */
  wordOf: (value: number) => string;
  from: number;
  to: number;
}

/** A state as comma separated values: what it was at the beginning of the span, and then each change. */
export function statesToCsv({ times, values }: Values, { title, wordOf, from, to }: StateTable): string {
  const lines = [`time,${cell(title)}`];
  for (const [i, time] of times.entries()) {
    if (time > to || (times[i + 1] ?? Number.POSITIVE_INFINITY) <= from) continue;
    lines.push(`${new Date(Math.max(time, from) * 1000).toISOString()},${cell(wordOf(values[i] ?? 0))}`);
  }
  return `${lines.join('\r\n')}\r\n`;
}
