import { HEAD_NANOSECONDS } from '../core/event.ts';
import { formatGuid } from '../core/guid.ts';
import { asciiText } from './ascii-writer.ts';
import type { DriverEvent, EventFormat } from './event.ts';
import {
  classicHead,
  eventTimeNs,
  isNanosecondEvent,
  nsToCalendar,
  nsToTimestamp,
  writeDateTime,
} from './event-time.ts';

/** An event as the JSON API writes it: with the keys of ws2's nanosecond form, without the note. */
export type PlainEvent = {
  class: number;
  type: number;
  guid: string;
  data: number[];
  head: number;
  obid: number;
  /** UTC; empty when the event carries no date. The nanosecond form has a fraction of the second. */
  datetime: string;
  /** Microseconds; only in the classic form. */
  timestamp?: number;
  /** `0x` and 16 hex digits; only in the nanosecond form. */
  timestamp_ns?: string;
};

const DATE_TIME_MAX = 64;
const NS_PER_SECOND = 1_000_000_000n;

export function plainEvent(event: DriverEvent, format: EventFormat): PlainEvent {
  const isNs = format === 'ns';
  return {
    class: event.vscpClass,
    type: event.vscpType,
    guid: formatGuid(event.guid),
    data: [...event.data],
    head: isNs ? event.head | HEAD_NANOSECONDS : classicHead(event),
    obid: event.obid,
    datetime: isNs ? preciseDateTime(eventTimeNs(event)) : dateTimeText(event),
    ...(isNs
      ? { timestamp_ns: `0x${eventTimeNs(event).toString(16).padStart(16, '0')}` }
      : { timestamp: isNanosecondEvent(event) ? nsToTimestamp(event.timestampNs) : event.timestamp }),
  };
}

/** `YYYY-MM-DDTHH:MM:SSZ`; empty when the event carries no date. */
export function dateTimeText(event: DriverEvent): string {
  const target = new Uint8Array(DATE_TIME_MAX);
  const date = isNanosecondEvent(event) ? nsToCalendar(event.timestampNs) : event;
  return asciiText(target.subarray(0, writeDateTime(date, target, 0)));
}

function preciseDateTime(ns: bigint): string {
  if (ns === 0n) return '';
  const target = new Uint8Array(DATE_TIME_MAX);
  const text = asciiText(target.subarray(0, writeDateTime(nsToCalendar(ns), target, 0)));
  return text.replace('Z', `.${String(ns % NS_PER_SECOND).padStart(9, '0')}Z`);
}
