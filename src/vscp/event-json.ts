import { HEAD_NANOSECONDS, MAX_EVENT_DATA, MAX_UINT16, MAX_UINT32 } from '../core/event.ts';
import { isObject } from '../core/values.ts';
import { asciiBytes, writeBytes, writeDecimal } from './ascii-writer.ts';
import {
  type DriverEvent,
  type EventFormat,
  type EventOrigin,
  EXPECTED,
  NO_ORIGIN,
  type Parsed,
  refused,
} from './event.ts';
import { parseDataText } from './event-text.ts';
import {
  type Calendar,
  classicHead,
  dateTimeInText,
  eventTimeNs,
  isNanosecondEvent,
  NO_DATE,
  nsOfStamp,
  nsToCalendar,
  nsToTimestamp,
  wrapTimestamp,
  writeDateTime,
} from './event-time.ts';
import { NO_GUID, parseGuidText, writeGuid } from './guid.ts';
import { jsonUint, ownValue } from './json-value.ts';
import { MAX_UINT64, parseUint64 } from './number-text.ts';

/** Most bytes of one ws2 event frame: all fields at their longest and 512 data bytes of `255,`. */
export const EVENT_JSON_MAX = 384 + MAX_EVENT_DATA * 4;

/** Bytes of a frame around the object of the event. */
const BEFORE_OBJECT = '{"type":"EVENT","event":'.length;
const BEHIND_OBJECT = '}'.length;
const COMMA = 0x2c;
const LOWER_DIGITS = asciiBytes('0123456789abcdef');

/** The texts between the values of a frame, in order. */
const CLASSIC = {
  head: asciiBytes('{"type":"EVENT","event":{"vscpHead":'),
  obid: asciiBytes(',"vscpObId":'),
  dateTime: asciiBytes(',"vscpDateTime":"'),
  timestamp: asciiBytes('","vscpTimeStamp":'),
  class: asciiBytes(',"vscpClass":'),
  type: asciiBytes(',"vscpType":'),
  guid: asciiBytes(',"vscpGuid":"'),
  data: asciiBytes('","vscpData":['),
  end: asciiBytes('],"vscpNote":""}}'),
};
const NANOSECONDS = {
  head: asciiBytes('{"type":"EVENT","event":{"head":'),
  obid: asciiBytes(',"obid":'),
  timestamp: asciiBytes(',"datetime":"","timestamp_ns":"0x'),
  class: asciiBytes('","class":'),
  type: asciiBytes(',"type":'),
  guid: asciiBytes(',"guid":"'),
  data: asciiBytes('","data":['),
  end: asciiBytes('],"note":""}}'),
};

/** A comma and the decimal text of every byte value, four places each, and the length of each. */
const BYTE_TEXT = new Uint8Array(256 * 4);
const BYTE_TEXT_LENGTH = new Uint8Array(256);
for (let value = 0; value < 256; value++) {
  BYTE_TEXT[value * 4] = COMMA;
  BYTE_TEXT_LENGTH[value] = writeDecimal(value, BYTE_TEXT, value * 4 + 1) - value * 4;
}

/**
 * Writes the whole ws2 frame of an event, `{"type":"EVENT","event":{…}}`, as ASCII. It treats time forms as
 * `writeEventText` does.
 *
 * @param target needs room for EVENT_JSON_MAX bytes from `at` on.
 * @returns the position after the frame.
 */
export function writeEventJson(
  event: DriverEvent,
  target: Uint8Array,
  at: number,
  format: EventFormat,
): number {
  return format === 'ns' ? writeNsJson(event, target, at) : writeClassicJson(event, target, at);
}

/** Writes only the object inside that frame; it needs the same room. */
export function writeEventObject(
  event: DriverEvent,
  target: Uint8Array,
  at: number,
  format: EventFormat,
): number {
  const end = writeEventJson(event, target, at, format);
  target.copyWithin(at, at + BEFORE_OBJECT, end - BEHIND_OBJECT);
  return end - BEFORE_OBJECT - BEHIND_OBJECT;
}

function writeClassicJson(event: DriverEvent, target: Uint8Array, at: number): number {
  const isNs = isNanosecondEvent(event);
  let end = writeBytes(CLASSIC.head, target, at);
  end = writeDecimal(classicHead(event), target, end);
  end = writeBytes(CLASSIC.obid, target, end);
  end = writeDecimal(event.obid, target, end);
  end = writeBytes(CLASSIC.dateTime, target, end);
  end = writeDateTime(isNs ? nsToCalendar(event.timestampNs) : event, target, end);
  end = writeBytes(CLASSIC.timestamp, target, end);
  end = writeDecimal(isNs ? nsToTimestamp(event.timestampNs) : event.timestamp, target, end);
  return writeOriginAndData(event, CLASSIC, target, end);
}

function writeNsJson(event: DriverEvent, target: Uint8Array, at: number): number {
  let end = writeBytes(NANOSECONDS.head, target, at);
  end = writeDecimal(event.head | HEAD_NANOSECONDS, target, end);
  end = writeBytes(NANOSECONDS.obid, target, end);
  end = writeDecimal(event.obid, target, end);
  end = writeBytes(NANOSECONDS.timestamp, target, end);
  end = writeHex64(eventTimeNs(event), target, end);
  return writeOriginAndData(event, NANOSECONDS, target, end);
}

/** Writes the fields that both forms share. */
function writeOriginAndData(
  event: DriverEvent,
  keys: typeof CLASSIC | typeof NANOSECONDS,
  target: Uint8Array,
  at: number,
): number {
  let end = writeBytes(keys.class, target, at);
  end = writeDecimal(event.vscpClass, target, end);
  end = writeBytes(keys.type, target, end);
  end = writeDecimal(event.vscpType, target, end);
  end = writeBytes(keys.guid, target, end);
  end = writeGuid(event.guid, target, end);
  end = writeBytes(keys.data, target, end);
  end = writeData(event.data, target, end);
  return writeBytes(keys.end, target, end);
}

function writeHex64(value: bigint, target: Uint8Array, at: number): number {
  let high = Number(value >> 32n);
  let low = Number(BigInt.asUintN(32, value));
  for (let position = 7; position >= 0; position--) {
    target[at + position] = LOWER_DIGITS[high & 15] as number;
    target[at + 8 + position] = LOWER_DIGITS[low & 15] as number;
    high >>>= 4;
    low >>>= 4;
  }
  return at + 16;
}

function writeData(data: Uint8Array, target: Uint8Array, at: number): number {
  const length = Math.min(data.length, MAX_EVENT_DATA);
  let end = at;
  for (let index = 0; index < length; index++) {
    const value = data[index] as number;
    const from = value * 4;
    const skipComma = index === 0 ? 1 : 0;
    const size = (BYTE_TEXT_LENGTH[value] as number) - skipComma;
    for (let place = 0; place < size; place++)
      target[end + place] = BYTE_TEXT[from + skipComma + place] as number;
    end += size;
  }
  return end;
}

/** Spellings of every field, in order of precedence for an object that holds several. */
const HEAD = ['vscpHead', 'head'];
const OBID = ['vscpObId', 'obid'];
const DATE_TIME = ['vscpDateTime', 'dateTime', 'datetime'];
const TIMESTAMP = ['vscpTimeStamp', 'timestamp'];
const TIMESTAMP_NS = ['timestamp_ns'];
const CLASS = ['vscpClass', 'class'];
const TYPE = ['vscpType', 'type'];
const GUID = ['vscpGuid', 'guid', 'GUID'];
const DATA = ['vscpData', 'data'];

/**
 * Reads a number or numeric text of at most `max`; -1 when it is none, `missing` when it is not given or
 * empty.
 */
function uintValue(value: unknown, max: number, missing: number): number {
  return value === undefined || value === '' ? missing : jsonUint(value, max);
}

/**
 * Does the same as `uintValue` for 64 bits; undefined when it is no such number, 0n when not given or empty.
 */
function uint64Value(value: unknown): bigint | undefined {
  if (value === undefined || value === '') return 0n;
  if (typeof value === 'string') return parseUint64(value);
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 0) return undefined;
  const ns = BigInt(value);
  return ns <= MAX_UINT64 ? ns : undefined;
}

function dateValue(value: unknown): Readonly<Calendar> | undefined {
  if (value === undefined || value === 0) return NO_DATE;
  if (typeof value !== 'string') return undefined;
  const text = value.trim();
  return dateTimeInText(text, 0, text.length);
}

function guidValue(value: unknown, missing = NO_GUID): Uint8Array | undefined {
  if (value === undefined) return missing;
  const guid = typeof value === 'string' ? parseGuidText(value) : undefined;
  return guid?.ok ? guid.value : undefined;
}

/** Reads bytes from an array, a text, or the form in which Node writes a Buffer; else returns the reason. */
function dataValue(given: unknown): Uint8Array | { reason: string } {
  if (given === undefined) return new Uint8Array(0);
  const value = isObject(given) && ownValue(given, 'type') === 'Buffer' ? ownValue(given, 'data') : given;
  if (typeof value === 'string') {
    const data = parseDataText(value);
    return typeof data === 'string' ? { reason: data } : data;
  }
  if (!Array.isArray(value)) return { reason: 'vscpData: an array of bytes expected' };
  if (value.length > MAX_EVENT_DATA) return { reason: `vscpData: ${EXPECTED.data}` };
  const data = new Uint8Array(value.length);
  for (let index = 0; index < data.length; index++) {
    const byte = uintValue(value[index] ?? undefined, 255, -1);
    if (byte < 0) return { reason: `vscpData[${index}]: ${EXPECTED.byte}` };
    data[index] = byte;
  }
  return data;
}

type EventTime = Pick<DriverEvent, 'head' | 'timestamp' | 'timestampNs'> & { date: Readonly<Calendar> };

/**
 * Reads the time of an event object. A `timestamp_ns` other than zero makes it a nanosecond event, whatever
 * else is given; head bit 8 alone makes `timestamp` mean nanoseconds, unless `nsOfStamp` takes the date
 * instead.
 */
function timeOf(object: object, head: number): EventTime | string {
  const ns = uint64Value(ownValue(object, ...TIMESTAMP_NS));
  if (ns === undefined) return `timestamp_ns: ${EXPECTED.uint64}`;
  const date = dateValue(ownValue(object, ...DATE_TIME));
  if (date === undefined) return `vscpDateTime: ${EXPECTED.date}`;
  const given = ownValue(object, ...TIMESTAMP);
  const isClassic = ns === 0n && (head & HEAD_NANOSECONDS) === 0;
  const usual = isClassic ? uintValue(given, MAX_UINT32, 0) : -1;
  if (usual >= 0) return { head, date, timestamp: usual, timestampNs: 0n };
  const timestamp = uint64Value(given);
  if (timestamp === undefined) return `vscpTimeStamp: ${EXPECTED.uint64}`;
  if (isClassic) return { head, date, timestamp: wrapTimestamp(timestamp), timestampNs: 0n };
  const timestampNs = ns || nsOfStamp(timestamp, date);
  return { head: head | HEAD_NANOSECONDS, date: NO_DATE, timestamp: 0, timestampNs };
}

/**
 * Reads the value of `event` in a ws2 frame: every spelling of the keys, in any mix; numbers or numeric
 * texts. Only the object's own properties count, null counts as not given, and it ignores the note and
 * unknown keys.
 * @param origin what stands for a class, type or GUID that is not given
 */
export function eventFromJson(value: unknown, origin: EventOrigin = NO_ORIGIN): Parsed<DriverEvent> {
  if (!isObject(value)) return refused('event: an object expected');
  const givenHead = uintValue(ownValue(value, ...HEAD), MAX_UINT16, 0);
  if (givenHead < 0) return refused(`vscpHead: ${EXPECTED.uint16}`);
  const obid = uintValue(ownValue(value, ...OBID), MAX_UINT32, 0);
  if (obid < 0) return refused(`vscpObId: ${EXPECTED.uint32}`);
  const vscpClass = uintValue(ownValue(value, ...CLASS), MAX_UINT16, origin.vscpClass ?? -1);
  if (vscpClass < 0) return refused(`vscpClass: ${EXPECTED.uint16}`);
  const vscpType = uintValue(ownValue(value, ...TYPE), MAX_UINT16, origin.vscpType ?? -1);
  if (vscpType < 0) return refused(`vscpType: ${EXPECTED.uint16}`);
  const time = timeOf(value, givenHead);
  if (typeof time === 'string') return refused(time);
  const guid = guidValue(ownValue(value, ...GUID), origin.guid);
  if (guid === undefined) return refused(`vscpGuid: ${EXPECTED.guid}`);
  const data = dataValue(ownValue(value, ...DATA));
  if ('reason' in data) return refused(data.reason);
  const { head, date, timestamp, timestampNs } = time;
  const { year, month, day, hour, minute, second } = date;
  return {
    ok: true,
    value: {
      head,
      obid,
      year,
      month,
      day,
      hour,
      minute,
      second,
      timestamp,
      timestampNs,
      vscpClass,
      vscpType,
      guid,
      data,
    },
  };
}
