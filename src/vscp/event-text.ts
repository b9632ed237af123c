import { HEAD_NANOSECONDS, MAX_EVENT_DATA, MAX_UINT16, MAX_UINT32 } from '../core/event.ts';
import { asciiBytes, asciiText, writeDecimal, writeUint64 } from './ascii-writer.ts';
import {
  type DriverEvent,
  type EventFormat,
  type EventOrigin,
  EXPECTED,
  NO_ORIGIN,
  type Parsed,
  refused,
} from './event.ts';
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
import { FieldWalker } from './field-walker.ts';
import { writeGuid } from './guid.ts';
import { hexDigitValue, parseUint64 } from './number-text.ts';

/** Most bytes of one event text: seven fields at their longest and 512 data bytes of `,0xHH`. */
export const EVENT_TEXT_MAX = 192 + MAX_EVENT_DATA * 5;

const COMMA = 0x2c;
const ZERO = 0x30;
const LOWER_X = 0x78;
const UPPER_DIGITS = asciiBytes('0123456789ABCDEF');
/** The value of an empty data field. */
const EMPTY = -2;
const NO_DATA = new Uint8Array(0);

/**
 * Writes the ws1 text of an event, without the leading `E;`, as ASCII: decimal numbers, `0xHH` data.
 *
 * The time form follows `format`, whatever the event's own form is. A classic event without a date becomes a
 * nanosecond one with time 0, since a nanosecond reader cannot use its microsecond stamp alone.
 *
 * @param target needs room for EVENT_TEXT_MAX bytes from `at` on.
 * @returns the position after the text.
 */
export function writeEventText(
  event: DriverEvent,
  target: Uint8Array,
  at: number,
  format: EventFormat,
): number {
  const asNs = format === 'ns';
  let end = writeDecimal(asNs ? event.head | HEAD_NANOSECONDS : classicHead(event), target, at);
  target[end++] = COMMA;
  end = writeDecimal(event.vscpClass, target, end);
  target[end++] = COMMA;
  end = writeDecimal(event.vscpType, target, end);
  target[end++] = COMMA;
  end = writeDecimal(event.obid, target, end);
  target[end++] = COMMA;
  end = asNs ? writeNsTime(event, target, end) : writeClassicTime(event, target, end);
  target[end++] = COMMA;
  end = writeGuid(event.guid, target, end);
  return writeData(event.data, target, end);
}

function writeNsTime(event: DriverEvent, target: Uint8Array, at: number): number {
  target[at] = COMMA;
  return writeUint64(eventTimeNs(event), target, at + 1);
}

function writeClassicTime(event: DriverEvent, target: Uint8Array, at: number): number {
  const isNs = isNanosecondEvent(event);
  const end = writeDateTime(isNs ? nsToCalendar(event.timestampNs) : event, target, at);
  target[end] = COMMA;
  return writeDecimal(isNs ? nsToTimestamp(event.timestampNs) : event.timestamp, target, end + 1);
}

function writeData(data: Uint8Array, target: Uint8Array, at: number): number {
  const length = Math.min(data.length, MAX_EVENT_DATA);
  let end = at;
  for (let index = 0; index < length; index++) {
    const value = data[index] as number;
    target[end] = COMMA;
    target[end + 1] = ZERO;
    target[end + 2] = LOWER_X;
    target[end + 3] = UPPER_DIGITS[value >> 4] as number;
    target[end + 4] = UPPER_DIGITS[value & 15] as number;
    end += 5;
  }
  return end;
}

const formatBuffer = new Uint8Array(EVENT_TEXT_MAX);

/** The ws1 text of an event, without the leading `E;`. */
export function formatEventText(event: DriverEvent, format: EventFormat): string {
  return asciiText(formatBuffer.subarray(0, writeEventText(event, formatBuffer, 0, format)));
}

/**
 * Reads an event text (websocket protocols, ws1 event text): the part after `E;`. Empty fields stay zero;
 * class, type and everything up to the GUID must be there. One comma at the very end is allowed.
 *
 * @param from where in `text` the event begins.
 * @param origin what stands for an empty class or type
 */
export function parseEventText(text: string, from = 0, origin: EventOrigin = NO_ORIGIN): Parsed<DriverEvent> {
  const fields = new FieldWalker(text, from);
  const head = fields.takeUint(MAX_UINT16, 0);
  const vscpClass = fields.takeUint(MAX_UINT16, origin.vscpClass ?? -1);
  const vscpType = fields.takeUint(MAX_UINT16, origin.vscpType ?? -1);
  const obid = fields.takeUint(MAX_UINT32, 0);
  if (head < 0) return refused(`vscpHead: ${EXPECTED.uint16}`);
  if (vscpClass < 0) return refused(`vscpClass: ${EXPECTED.uint16}`);
  if (vscpType < 0) return refused(`vscpType: ${EXPECTED.uint16}`);
  if (obid < 0) return refused(`vscpObId: ${EXPECTED.uint32}`);
  const time = readTime(fields, head);
  if (typeof time === 'string') return refused(time);
  const guid = fields.takeGuid();
  if (guid === undefined) return refused(`vscpGuid: ${EXPECTED.guid}`);
  const data = fields.atEnd ? NO_DATA : readData(fields);
  if (typeof data === 'string') return refused(data);
  const { date, timestamp, timestampNs } = time;
  return {
    ok: true,
    value: {
      head,
      obid,
      year: date.year,
      month: date.month,
      day: date.day,
      hour: date.hour,
      minute: date.minute,
      second: date.second,
      timestamp,
      timestampNs,
      vscpClass,
      vscpType,
      guid,
      data,
    },
  };
}

interface EventTime {
  date: Readonly<Calendar>;
  timestamp: number;
  timestampNs: bigint;
}

const BAD_DATE = `vscpDateTime: ${EXPECTED.date}`;

/**
 * Reads date and timestamp, up to the GUID; the older layout has no date. A returned text is the reason of a
 * refusal.
 */
function readTime(fields: FieldWalker, head: number): EventTime | string {
  fields.advance();
  const { start, stop, next } = fields;
  if ((head & HEAD_NANOSECONDS) === 0) {
    // This is nearly always a plain number, and that decides on the layout as well.
    const timestamp = fields.takeUint(MAX_UINT32, 0);
    if (timestamp >= 0) {
      const date = dateTimeInText(fields.text, start, stop);
      return date === undefined ? BAD_DATE : { date, timestamp, timestampNs: 0n };
    }
    fields.next = next;
  }
  if (!fields.advance()) return 'seven fields expected';
  if (fields.looksLikeGuid()) {
    fields.next = next;
    return stampTime(fields.text.slice(start, stop), head, NO_DATE);
  }
  const date = dateTimeInText(fields.text, start, stop);
  return date === undefined ? BAD_DATE : stampTime(fields.text.slice(fields.start, fields.stop), head, date);
}

/** Joins a stamp and a date to a time; in the nanosecond form the time is a single number. */
function stampTime(text: string, head: number, date: Readonly<Calendar>): EventTime | string {
  const stamp = text === '' ? 0n : parseUint64(text);
  if (stamp === undefined) return `vscpTimeStamp: ${EXPECTED.uint64}`;
  if ((head & HEAD_NANOSECONDS) === 0) return { date, timestamp: wrapTimestamp(stamp), timestampNs: 0n };
  return { date: NO_DATE, timestamp: 0, timestampNs: nsOfStamp(stamp, date) };
}

const dataBuffer = new Uint8Array(MAX_EVENT_DATA);

/**
 * Value of `0xHH` at `at` when that is a whole field, else -1. Nearly all data bytes are written in this
 * form.
 */
function hexFieldAt(text: string, at: number): number {
  if (text.charCodeAt(at) !== ZERO || text.charCodeAt(at + 1) !== LOWER_X) return -1;
  const after = at + 4;
  if (after > text.length || (after < text.length && text.charCodeAt(after) !== COMMA)) return -1;
  const high = hexDigitValue(text.charCodeAt(at + 2));
  const low = hexDigitValue(text.charCodeAt(at + 3));
  return high < 0 || low < 0 ? -1 : high * 16 + low;
}

/**
 * Reads the other fields as data bytes. A returned text is the reason of a refusal: a bad byte, or too many.
 */
function readData(fields: FieldWalker): Uint8Array | string {
  const { text } = fields;
  let length = 0;
  while (!fields.atEnd) {
    let value = hexFieldAt(text, fields.next);
    if (value >= 0) {
      fields.next += 5;
    } else {
      value = fields.takeUint(255, EMPTY);
      if (value === EMPTY && fields.atEnd) break;
    }
    if (value < 0) return `vscpData[${length}]: ${EXPECTED.byte}`;
    if (length === MAX_EVENT_DATA) return `vscpData: ${EXPECTED.data}`;
    dataBuffer[length++] = value;
  }
  return dataBuffer.slice(0, length);
}

/** Reads only data bytes, `1,0x02,…`; empty = none. A returned text is the reason of a refusal, as above. */
export function parseDataText(text: string): Uint8Array | string {
  return readData(new FieldWalker(text, 0));
}
