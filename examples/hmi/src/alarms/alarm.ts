import { isObject } from '../saved/merge-patch.ts';
import type { Series } from '../store/store.ts';
import { t } from '../texts.ts';

/** A state, of a door and the like, is beyond it when it is above it: open, on; or below it: closed, off. */
export const STATE_LIMIT = 0.5;

/** When a value is an alarm; set per value, for everybody. */
export interface Limit {
  above?: number;
  below?: number;
  /** It is over only when the value is back by so much, from the limit that it was beyond. */
  backBy?: number;
  /** So long it has to be beyond, in seconds. */
  forS: number;
  /** Without a value for so long, in seconds. */
  staleS?: number;
  /** When it was set, by the server's clock: what was before is no alarm. Limits of earlier versions have none. */
  setAt?: number;
}

export type Side = 'above' | 'below';

/**
 * What happened, and who has seen it; the id tells what it is about. Words are made where they are shown, for each has
 * a language of their own. Times are Unix time in milliseconds by the server's clock.
 */
export interface Alarm {
  /** Words of the panel that found it, as earlier versions saved them. */
  title?: string;
  text?: string;
  /** The limit that the value was beyond; undefined = something else is wrong. */
  side?: Side;
  /** Of the value that was beyond it. */
  value?: number;
  decimals?: number;
  unit?: string;
  /** Of a state, in English: `Opening`; its value has words, not digits. */
  quantity?: string;
  limit?: number;
  /** So long there was no value, in seconds. */
  staleS?: number;
  since: number;
  /** Undefined = it is so still. */
  until?: number;
  /** User who acknowledged it. */
  by?: string;
  byAt?: number;
}

/** More are not kept. */
export const MAX_ALARMS = 50;
/** Two panels tell the time of one alarm that differently at most. */
export const CLOCKS_MS = 5_000;

/** More do not help anybody. */
const MAX_DECIMALS = 10;

/** @returns `undefined` when nothing of it is a limit */
export function readLimit(entry: unknown): Limit | undefined {
  if (!isObject(entry)) return undefined;
  const limit: Limit = { forS: isNotNegative(entry.forS) ? entry.forS : 0 };
  if (isNumber(entry.above)) limit.above = entry.above;
  if (isNumber(entry.below)) limit.below = entry.below;
  if (isNotNegative(entry.backBy) && entry.backBy > 0) limit.backBy = entry.backBy;
  if (isNotNegative(entry.staleS) && entry.staleS > 0) limit.staleS = entry.staleS;
  if (isNotNegative(entry.setAt)) limit.setAt = entry.setAt;
  const isLimit = limit.above !== undefined || limit.below !== undefined || limit.staleS !== undefined;
  return isLimit ? limit : undefined;
}

/** What of a limit cannot be used, a sentence each. */
export function limitProblems(entry: unknown): string[] {
  if (!isObject(entry)) return [t('“{key}” has to be an object { … }.', { key: 'limit' })];
  const bad = (keys: readonly string[], isGood: (value: unknown) => boolean) =>
    keys.filter((key) => entry[key] !== undefined && entry[key] !== null && !isGood(entry[key]));
  return [
    ...bad(['above', 'below'], isNumber).map((key) =>
      t('“{key}” has to be a number.', { key: `limit.${key}` }),
    ),
    ...bad(['backBy', 'forS', 'staleS', 'setAt'], isNotNegative).map((key) =>
      t('“{key}” has to be a number, 0 or more.', { key: `limit.${key}` }),
    ),
  ];
}

export function readAlarm(entry: unknown): Alarm | undefined {
  if (!isObject(entry) || !isNotNegative(entry.since)) return undefined;
  const { title, text, side, value, decimals, unit, quantity, limit, staleS, since, until, by, byAt } = entry;
  return {
    since,
    ...(isText(title) && { title }),
    ...(isText(text) && { text }),
    ...((side === 'above' || side === 'below') && { side }),
    ...(isNumber(value) && { value }),
    ...(isNotNegative(decimals) && { decimals: Math.min(Math.round(decimals), MAX_DECIMALS) }),
    ...(isText(unit) && { unit }),
    ...(isText(quantity) && { quantity }),
    ...(isNumber(limit) && { limit }),
    ...(isNotNegative(staleS) && { staleS }),
    ...(isNotNegative(until) && { until }),
    ...(typeof by === 'string' && isNotNegative(byAt) && { by, byAt }),
  };
}

/**
 * What a limit finds wrong.
 * @param ageMs for so long nothing was told, as far as the page has listened
 */
export function problemOf(
  { above, below, staleS }: Limit,
  series: Series | undefined,
  ageMs: number,
): Omit<Alarm, 'since'> | undefined {
  if (staleS !== undefined && ageMs > staleS * 1000) return { staleS };
  if (series === undefined || series.samples === 0) return undefined;
  const { kind, quantity, value, decimals, symbol: unit } = series;
  const told = kind === 'state' ? { value, quantity } : { value, decimals, ...(unit !== '' && { unit }) };
  if (above !== undefined && value > above) return { side: 'above', limit: above, ...told };
  if (below !== undefined && value < below) return { side: 'below', limit: below, ...told };
  return undefined;
}

/** Whether a value that was beyond a limit is still too close to it for the alarm to be over. */
export function isTooClose(
  { above, below, backBy = 0 }: Limit,
  side: Side | undefined,
  value: number,
): boolean {
  // Between two limits there has to be a place where it is over.
  const room = above !== undefined && below !== undefined ? Math.max(0, above - below) / 2 : backBy;
  const margin = Math.min(backBy, room);
  if (side === 'above') return above !== undefined && value > above - margin;
  return side === 'below' && below !== undefined && value < below + margin;
}

/** Of alarms by id, with the time when each began, as many as are kept. */
export function latest(times: Readonly<Record<string, number>>): Record<string, number> {
  const sorted = Object.entries(times).sort(([, a], [, b]) => b - a);
  return Object.fromEntries(sorted.slice(0, MAX_ALARMS));
}

export function isOpen({ until }: Alarm): boolean {
  return until === undefined;
}

/** Whether somebody has acknowledged the same, before it was written down from here. */
export function isSeenElsewhere(ours: Alarm, theirs: Alarm): boolean {
  const isSame = Math.abs(ours.since - theirs.since) <= CLOCKS_MS;
  return isSame && ours.by === undefined && theirs.by !== undefined;
}

/** Whether it rang anew when the other was over or acknowledged. */
export function isAfter({ since }: Alarm, { until, byAt }: Alarm, toleranceMs = 0): boolean {
  return since - toleranceMs > Math.min(until ?? Number.POSITIVE_INFINITY, byAt ?? Number.POSITIVE_INFINITY);
}

function isNumber(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value);
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

function isNotNegative(value: unknown): value is number {
  return isNumber(value) && value >= 0;
}
