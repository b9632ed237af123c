import { HEAD_NANOSECONDS } from '../core/event.ts';
import { writeDecimal, writeDigits } from './ascii-writer.ts';
import type { DriverEvent } from './event.ts';
import { MAX_UINT64 } from './number-text.ts';

/** A UTC calendar date with time of day; all fields zero = not given. */
export type Calendar = Pick<DriverEvent, 'year' | 'month' | 'day' | 'hour' | 'minute' | 'second'>;

const NS_PER_SECOND = 1_000_000_000n;
const NS_PER_MICROSECOND = 1000n;
const MAX_CLASSIC_STAMP = 0xffff_ffffn;
const ZERO = 0x30;
const NINE = 0x39;
const DAYS_OF_MONTH = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

export const NO_DATE: Readonly<Calendar> = { year: 0, month: 0, day: 0, hour: 0, minute: 0, second: 0 };

export function hasDate(date: Calendar): boolean {
  return (date.year | date.month | date.day | date.hour | date.minute | date.second) !== 0;
}

function daysOfMonth(year: number, month: number): number {
  if (month === 2 && year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0)) return 29;
  return DAYS_OF_MONTH[month - 1] ?? 0;
}

/** Whether all fields are in the calendar (with leap years, without leap seconds). */
export function isCalendarDate(date: Calendar): boolean {
  return (
    date.month >= 1 &&
    date.month <= 12 &&
    date.day >= 1 &&
    date.day <= daysOfMonth(date.year, date.month) &&
    date.hour < 24 &&
    date.minute < 60 &&
    date.second < 60
  );
}

// Events come in the order of time, so whole runs of them share a second.
let lastSecond = 0;
let lastDate: Readonly<Calendar> = { year: 1970, month: 1, day: 1, hour: 0, minute: 0, second: 0 };

let lastNsSecond = 0;
let lastNs = 0n;

/** UTC calendar date of a Unix time in whole seconds (0 to year 9999). Treat the result as immutable. */
export function calendarOfSecond(second: number): Readonly<Calendar> {
  if (second === lastSecond) return lastDate;
  const date = new Date(second * 1000);
  lastSecond = second;
  lastDate = {
    year: date.getUTCFullYear(),
    month: date.getUTCMonth() + 1,
    day: date.getUTCDate(),
    hour: date.getUTCHours(),
    minute: date.getUTCMinutes(),
    second: date.getUTCSeconds(),
  };
  return lastDate;
}

/** Unix time in whole seconds; -1 when this is not a calendar date or is before 1970. */
function secondOfCalendar(date: Calendar): number {
  if (date.year < 1970 || !isCalendarDate(date)) return -1;
  const day = Date.UTC(date.year, date.month - 1, date.day) / 1000;
  return day + date.hour * 3600 + date.minute * 60 + date.second;
}

/**
 * The nanosecond form of a classic date: whole seconds, since the origin of the classic microsecond stamp is
 * unknown. 0n for no date, an invalid one, or one outside 1970 to 2554 (the range of 64 bits).
 */
export function calendarToNs(date: Calendar): bigint {
  const second = secondOfCalendar(date);
  if (second < 0) return 0n;
  if (second !== lastNsSecond) {
    const ns = BigInt(second) * NS_PER_SECOND;
    lastNsSecond = second;
    lastNs = ns > MAX_UINT64 ? 0n : ns;
  }
  return lastNs;
}

/**
 * Nanosecond time of an event that a client sent with head bit 8. When a date stands beside it, a stamp of 32
 * bits is in microseconds, and the date counts: clients that pass on the bit from a classic event send this.
 */
export function nsOfStamp(stamp: bigint, date: Calendar): bigint {
  return stamp <= MAX_CLASSIC_STAMP && hasDate(date) ? calendarToNs(date) : stamp;
}

/** UTC calendar date of a Unix time in nanoseconds; 0n = not given. Treat the result as immutable. */
export function nsToCalendar(ns: bigint): Readonly<Calendar> {
  return ns === 0n ? NO_DATE : calendarOfSecond(Number(ns / NS_PER_SECOND));
}

/** A stamp of any width in the classic form: modulo 2^32, since the classic form counts in 32 bits. */
export function wrapTimestamp(stamp: bigint): number {
  return Number(BigInt.asUintN(32, stamp));
}

/** The classic stamp of a Unix time in nanoseconds: its microseconds, modulo 2^32. */
export function nsToTimestamp(ns: bigint): number {
  return wrapTimestamp(ns / NS_PER_MICROSECOND);
}

/**
 * Whether the event carries nanoseconds. Head bit 8 says so, unless the event has only a calendar date: hosts
 * of the classic layout pass on the bit without knowing its meaning.
 */
export function isNanosecondEvent(event: DriverEvent): boolean {
  return (event.head & HEAD_NANOSECONDS) !== 0 && (event.timestampNs !== 0n || !hasDate(event));
}

/** Head of the event in the classic form. */
export function classicHead(event: DriverEvent): number {
  return isNanosecondEvent(event) ? event.head & ~HEAD_NANOSECONDS : event.head;
}

/** Nanosecond time of an event in either form; 0n = not known. */
export function eventTimeNs(event: DriverEvent): bigint {
  return isNanosecondEvent(event) ? event.timestampNs : calendarToNs(event);
}

/**
 * Fills in, in place, the times that the event does not give: the date of "now", and the microseconds of
 * "now" modulo 2^32 for the stamp; in the nanosecond form the one time.
 *
 * @param nowUs Unix time in whole microseconds.
 */
export function stampEvent(event: DriverEvent, nowUs: number): void {
  if (isNanosecondEvent(event)) {
    if (event.timestampNs === 0n) event.timestampNs = BigInt(nowUs) * NS_PER_MICROSECOND;
    return;
  }
  if (!hasDate(event)) {
    const now = calendarOfSecond(Math.floor(nowUs / 1_000_000));
    event.year = now.year;
    event.month = now.month;
    event.day = now.day;
    event.hour = now.hour;
    event.minute = now.minute;
    event.second = now.second;
  }
  // The remainder is 0 once in 71 minutes, and 0 would mean "not given".
  if (event.timestamp === 0) event.timestamp = nowUs % 0x1_0000_0000 || 1;
}

/** Writes at least two digits, and fields beyond the calendar, which a host may hand over, unchanged. */
function writeTwoDigits(value: number, target: Uint8Array, at: number): number {
  return value < 100 ? writeDigits(value, 2, target, at) : writeDecimal(value, target, at);
}

/** Writes `YYYY-MM-DDTHH:MM:SSZ`, or nothing when no date is given; returns the end. */
export function writeDateTime(date: Calendar, target: Uint8Array, at: number): number {
  if (!hasDate(date)) return at;
  let end = date.year < 10_000 ? writeDigits(date.year, 4, target, at) : writeDecimal(date.year, target, at);
  target[end++] = 0x2d;
  end = writeTwoDigits(date.month, target, end);
  target[end++] = 0x2d;
  end = writeTwoDigits(date.day, target, end);
  target[end++] = 0x54;
  end = writeTwoDigits(date.hour, target, end);
  target[end++] = 0x3a;
  end = writeTwoDigits(date.minute, target, end);
  target[end++] = 0x3a;
  end = writeTwoDigits(date.second, target, end);
  target[end++] = 0x5a;
  return end;
}

/** Value of `count` decimal digits at `at`; NaN when one is missing. */
function digitsAt(text: string, at: number, count: number): number {
  let value = 0;
  for (let index = at; index < at + count; index++) {
    const code = text.charCodeAt(index);
    if (!(code >= ZERO && code <= NINE)) return Number.NaN;
    value = value * 10 + (code - ZERO);
  }
  return value;
}

/** Position after an optional fraction that begins at `at`; -1 for a point without digits. */
function skipFraction(text: string, at: number, stop: number): number {
  if (at === stop || text.charCodeAt(at) !== 0x2e) return at;
  let end = at + 1;
  while (end < stop && text.charCodeAt(end) >= ZERO && text.charCodeAt(end) <= NINE) end++;
  return end === at + 1 ? -1 : end;
}

const OFFSET = /^([+-])(\d\d)(?::?([0-5]\d))?$/;

/**
 * Minutes ahead of UTC that `text[at, stop)` gives: nothing, `Z`, `+01:00`, `-0530`, `+01`; NaN for anything
 * else.
 */
function zoneMinutes(text: string, at: number, stop: number): number {
  if (at === stop || (stop - at === 1 && (text.charCodeAt(at) | 0x20) === 0x7a)) return 0;
  const [, sign, hours, minutes = '0'] = OFFSET.exec(text.slice(at, stop)) ?? [];
  if (sign === undefined || Number(hours) > 23) return Number.NaN;
  return (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes));
}

/** The date of the same moment in UTC; undefined when that is outside the years 1 to 9999. */
function toUtc(date: Calendar, aheadMinutes: number): Readonly<Calendar> | undefined {
  if (aheadMinutes === 0) return date;
  const moment = new Date(0);
  // Date.UTC would take the years 0 to 99 for those of the last century.
  moment.setUTCFullYear(date.year, date.month - 1, date.day);
  moment.setUTCHours(date.hour, date.minute - aheadMinutes, date.second);
  const year = moment.getUTCFullYear();
  if (year < 1 || year > 9999) return undefined;
  return {
    year,
    month: moment.getUTCMonth() + 1,
    day: moment.getUTCDate(),
    hour: moment.getUTCHours(),
    minute: moment.getUTCMinutes(),
    second: moment.getUTCSeconds(),
  };
}

/**
 * Reads `text[start, stop)` as a date: `YYYY-MM-DDTHH:MM:SS`, with optional fractional seconds (dropped) and
 * `Z` or an offset, which is converted to UTC; a blank may replace the `T`. Nothing, `0` and a date of all
 * zeros mean "not given". Undefined for anything else, even days that do not exist.
 */
export function dateTimeInText(text: string, start: number, stop: number): Readonly<Calendar> | undefined {
  if (start === stop || (stop - start === 1 && text.charCodeAt(start) === ZERO)) return NO_DATE;
  if (stop - start < 19) return undefined;
  const separator = text.charCodeAt(start + 10);
  const wellFormed =
    text.charCodeAt(start + 4) === 0x2d &&
    text.charCodeAt(start + 7) === 0x2d &&
    ((separator | 0x20) === 0x74 || separator === 0x20) &&
    text.charCodeAt(start + 13) === 0x3a &&
    text.charCodeAt(start + 16) === 0x3a;
  const zone = wellFormed ? skipFraction(text, start + 19, stop) : -1;
  const aheadMinutes = zone < 0 ? Number.NaN : zoneMinutes(text, zone, stop);
  if (Number.isNaN(aheadMinutes)) return undefined;
  const date = {
    year: digitsAt(text, start, 4),
    month: digitsAt(text, start + 5, 2),
    day: digitsAt(text, start + 8, 2),
    hour: digitsAt(text, start + 11, 2),
    minute: digitsAt(text, start + 14, 2),
    second: digitsAt(text, start + 17, 2),
  };
  if (Number.isNaN(date.year + date.month + date.day + date.hour + date.minute + date.second))
    return undefined;
  if (!hasDate(date)) return date;
  return isCalendarDate(date) ? toUtc(date, aheadMinutes) : undefined;
}
