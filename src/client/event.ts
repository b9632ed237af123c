import {
  type EventInput,
  MAX_EVENT_DATA,
  MAX_UINT16,
  MAX_UINT32,
  priorityOfHead,
  USUAL_HEAD,
} from '../core/event.ts';
import { normalizeGuid, ZERO_GUID } from '../core/guid.ts';
import { BadInputError } from '../core/vscp-error.ts';

/** An event as it came from the server. */
export interface VscpEvent {
  /** 16 bits: priority in bits 7-5 (0 is highest), frame version in bit 8. */
  readonly head: number;
  readonly obid: number;
  /** UTC, `YYYY-MM-DDTHH:MM:SSZ`; empty when the event carries no date. */
  readonly dateTime: string;
  /** Microseconds, 32 bits, wraps. 0 in the nanosecond form. */
  readonly timestamp: number;
  /** Unix time in nanoseconds; only in the nanosecond form (head bit 8 set). */
  readonly timestampNs?: bigint;
  readonly vscpClass: number;
  readonly vscpType: number;
  /** Upper-case hex with colons. */
  readonly guid: string;
  readonly data: Uint8Array;
  readonly note?: string;
}

/** An event to send, checked, with every field set. */
export interface CheckedEvent {
  head: number;
  vscpClass: number;
  vscpType: number;
  dateTime: string;
  timestamp: number;
  guid: string;
  data: number[];
}

function inRange(what: string, value: number, max: number): number {
  if (!Number.isInteger(value) || value < 0 || value > max) {
    throw new BadInputError(`${what} must be a whole number from 0 to ${max}, not ${value}`);
  }
  return value;
}

/** @throws BadInputError naming the first field that is out of range */
export function checkEvent(event: EventInput): CheckedEvent {
  const data = Array.from(event.data ?? []);
  if (data.length > MAX_EVENT_DATA)
    throw new BadInputError(`More than ${MAX_EVENT_DATA} data bytes: ${data.length}`);
  data.forEach((byte, i) => {
    inRange(`data byte ${i}`, byte, 255);
  });
  if (event.time !== undefined && Number.isNaN(event.time.getTime())) throw new BadInputError('Bad time');
  return {
    head: inRange('head', event.head ?? USUAL_HEAD, MAX_UINT16),
    vscpClass: inRange('class', event.vscpClass, MAX_UINT16),
    vscpType: inRange('type', event.vscpType, MAX_UINT16),
    dateTime: event.time === undefined ? '' : `${event.time.toISOString().slice(0, 19)}Z`,
    timestamp: inRange('timestamp', event.timestamp ?? 0, MAX_UINT32),
    guid: event.guid === undefined ? ZERO_GUID : normalizeGuid(event.guid),
    data,
  };
}

const DATE_TIME =
  /^\d{1,6}-\d{1,2}-\d{1,2}[T ]\d{1,2}:\d{1,2}:\d{1,2}(?:\.\d{1,9})?(?:Z|[+-]\d{2}:?\d{2})?$/i;

/** The date in a server's frame; empty when the text is not a date: the event counts all the same. */
export function readDateTime(text: string): string {
  return DATE_TIME.test(text) ? text : '';
}

/** Priority of an event: 0 (highest) to 7. */
export function priorityOf(event: { readonly head: number }): number {
  return priorityOfHead(event.head);
}

/** Unix time of an event in milliseconds; `undefined` when the event carries none. */
export function eventTimeMs(event: VscpEvent): number | undefined {
  if (event.timestampNs !== undefined) return Number(event.timestampNs / 1_000_000n);
  if (event.dateTime === '') return undefined;
  const ms = Date.parse(event.dateTime);
  return Number.isNaN(ms) ? undefined : ms;
}
