import { HEAD_NANOSECONDS, MAX_EVENT_DATA } from '../core/event.ts';
import { GUID_SIZE } from '../core/guid.ts';
import { type DriverEvent, type EventFormat, EXPECTED, type Parsed, refused } from './event.ts';
import {
  classicHead,
  eventTimeNs,
  isCalendarDate,
  isNanosecondEvent,
  NO_DATE,
  nsToCalendar,
  nsToTimestamp,
} from './event-time.ts';

/**
 * The binary frame of an event (VSCP specification, chapter "VSCP over multicast", also used over MQTT):
 * type, head, time (11 bytes), class, type, GUID, size, data, checksum; numbers begin with the high byte. The
 * frame's type (high half of the first byte) tells the form of the time.
 */
const AT = { type: 0, head: 1, time: 3, date: 7, class: 14, vscpType: 16, guid: 18, size: 34, data: 36 };
const CHECKSUM_SIZE = 2;
const TYPE_CLASSIC = 0x00;
const TYPE_NANOSECONDS = 0x10;
/** Head bit that says that the checksum was not calculated. */
export const HEAD_NO_CHECKSUM = 0x08;
/** The last year that texts have room for. */
const MAX_YEAR = 9999;
/** Stands before a frame in a payload, so that the first byte tells the binary form from the others. */
const MARK = 0;

const CHECKSUM_POLYNOMIAL = 0x1021;
const CHECKSUM_START = 0xffff;
const CHECKSUMS = Uint16Array.from({ length: 256 }, (_, byte) => {
  let value = byte << 8;
  for (let bit = 0; bit < 8; bit++) value = value & 0x8000 ? (value << 1) ^ CHECKSUM_POLYNOMIAL : value << 1;
  return value;
});

/** CRC-16 (CCITT) of the bytes. */
function checksum(bytes: Uint8Array): number {
  let value = CHECKSUM_START;
  for (const byte of bytes) value = ((value << 8) ^ (CHECKSUMS[(value >> 8) ^ byte] as number)) & 0xffff;
  return value;
}

/** Writes an event as a payload: a zero byte, then the frame. It has no room for the obid. */
export function formatEventFrame(event: DriverEvent, format: EventFormat): Uint8Array {
  const asNs = format === 'ns';
  const data = event.data.subarray(0, MAX_EVENT_DATA);
  const payload = new Uint8Array(1 + AT.data + data.length + CHECKSUM_SIZE);
  const frame = payload.subarray(1);
  const view = new DataView(frame.buffer, frame.byteOffset);
  payload[0] = MARK;
  view.setUint8(AT.type, asNs ? TYPE_NANOSECONDS : TYPE_CLASSIC);
  const head = asNs ? event.head | HEAD_NANOSECONDS : classicHead(event);
  view.setUint16(AT.head, head & ~HEAD_NO_CHECKSUM);
  if (asNs) view.setBigUint64(AT.time, eventTimeNs(event));
  else writeClassicTime(event, view);
  view.setUint16(AT.class, event.vscpClass);
  view.setUint16(AT.vscpType, event.vscpType);
  frame.set(event.guid, AT.guid);
  view.setUint16(AT.size, data.length);
  frame.set(data, AT.data);
  view.setUint16(AT.data + data.length, checksum(frame.subarray(AT.head, AT.data + data.length)));
  return payload;
}

function writeClassicTime(event: DriverEvent, view: DataView): void {
  const isNs = isNanosecondEvent(event);
  const date = isNs ? nsToCalendar(event.timestampNs) : event;
  view.setUint32(AT.time, isNs ? nsToTimestamp(event.timestampNs) : event.timestamp);
  view.setUint16(AT.date, date.year);
  [date.month, date.day, date.hour, date.minute, date.second].forEach((value, index) => {
    view.setUint8(AT.date + 2 + index, value);
  });
}

/** Reads such a payload, or a frame alone. */
export function parseEventFrame(payload: Uint8Array): Parsed<DriverEvent> {
  const frame = payload[0] === MARK && isWhole(payload.subarray(1)) ? payload.subarray(1) : payload;
  if (!isWhole(frame)) return refused(`binary frame: ${payload.length} bytes do not fit its size field`);
  const view = new DataView(frame.buffer, frame.byteOffset, frame.length);
  const type = view.getUint8(AT.type);
  if (type !== TYPE_CLASSIC && type !== TYPE_NANOSECONDS) {
    return refused(`binary frame: type 0x${type.toString(16)}, expected a plain event`);
  }
  const givenHead = view.getUint16(AT.head);
  const size = view.getUint16(AT.size);
  if (size > MAX_EVENT_DATA) return refused(`vscpData: ${EXPECTED.data}`);
  const isChecked = (givenHead & HEAD_NO_CHECKSUM) === 0;
  const sum = view.getUint16(AT.data + size);
  if (isChecked && sum !== checksum(frame.subarray(AT.head, AT.data + size))) {
    return refused('binary frame: wrong checksum');
  }
  return {
    ok: true,
    value: {
      ...readTime(view, type === TYPE_NANOSECONDS, givenHead),
      obid: 0,
      vscpClass: view.getUint16(AT.class),
      vscpType: view.getUint16(AT.vscpType),
      guid: Uint8Array.from(frame.subarray(AT.guid, AT.guid + GUID_SIZE)),
      data: Uint8Array.from(frame.subarray(AT.data, AT.data + size)),
    },
  };
}

type EventTime = Omit<DriverEvent, 'obid' | 'vscpClass' | 'vscpType' | 'guid' | 'data'>;

function readTime(view: DataView, isNs: boolean, head: number): EventTime {
  if (isNs) {
    const timestampNs = view.getBigUint64(AT.time);
    return { ...NO_DATE, head: head | HEAD_NANOSECONDS, timestamp: 0, timestampNs };
  }
  const part = (index: number): number => view.getUint8(AT.date + 2 + index);
  const date = {
    ...{ year: view.getUint16(AT.date), month: part(0), day: part(1) },
    ...{ hour: part(2), minute: part(3), second: part(4) },
  };
  return {
    // No client could read such a day or a year of five digits; the event counts all the same.
    ...(isCalendarDate(date) && date.year <= MAX_YEAR ? date : NO_DATE),
    head: head & ~HEAD_NANOSECONDS,
    timestamp: view.getUint32(AT.time),
    timestampNs: 0n,
  };
}

function isWhole(frame: Uint8Array): boolean {
  if (frame.length < AT.data + CHECKSUM_SIZE) return false;
  const size = ((frame[AT.size] as number) << 8) | (frame[AT.size + 1] as number);
  return frame.length === AT.data + size + CHECKSUM_SIZE;
}
