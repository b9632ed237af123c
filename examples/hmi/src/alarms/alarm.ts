import { isObject } from '../merge-patch.ts';

/** When a value is an alarm; set per value, for everybody. */
export interface Limit {
  above?: number;
  below?: number;
  /** So long it has to be beyond, in seconds. */
  forS: number;
  /** Without a value for so long, in seconds. */
  staleS?: number;
}

/** What happened, and who has seen it. Times are Unix time in milliseconds by the server's clock. */
export interface Alarm {
  title: string;
  text: string;
  since: number;
  /** Undefined = it is so still. */
  until?: number;
  /** User who acknowledged it. */
  by?: string;
  byAt?: number;
}

/** More are not kept. */
export const MAX_ALARMS = 50;

/** @returns `undefined` when nothing of it is a limit */
export function readLimit(entry: unknown): Limit | undefined {
  if (!isObject(entry)) return undefined;
  const limit: Limit = { forS: isTime(entry.forS) ? entry.forS : 0 };
  if (isNumber(entry.above)) limit.above = entry.above;
  if (isNumber(entry.below)) limit.below = entry.below;
  if (isTime(entry.staleS) && entry.staleS > 0) limit.staleS = entry.staleS;
  const isLimit = limit.above !== undefined || limit.below !== undefined || limit.staleS !== undefined;
  return isLimit ? limit : undefined;
}

export function readAlarm(entry: unknown): Alarm | undefined {
  if (!isObject(entry) || !isTime(entry.since)) return undefined;
  const { title, text, since, until, by, byAt } = entry;
  return {
    title: typeof title === 'string' ? title : '',
    text: typeof text === 'string' ? text : '',
    since,
    ...(isTime(until) && { until }),
    ...(typeof by === 'string' && isTime(byAt) && { by, byAt }),
  };
}

function isNumber(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value);
}

function isTime(value: unknown): value is number {
  return isNumber(value) && value >= 0;
}
