import { MAX_EVENT_DATA } from '../core/event.ts';

/**
 * A VSCP event as the driver carries it between host and clients.
 *
 * Time has two forms (specification, chapter "Level II events"): the classic one with a UTC calendar date and
 * a microsecond stamp, and the nanosecond one of VSCP 15.1+, which head bit 8 marks. `timestampNs` counts
 * only while that bit is set; the calendar fields and `timestamp` count only while it is clear. A calendar
 * date whose fields are all zero means "no date given".
 */
export interface DriverEvent {
  /** 16 bits: priority in bits 7-5 (0 is highest), frame version in bit 8. */
  head: number;
  /** Unsigned 32-bit id of the interface that the event came in on. */
  obid: number;
  /** UTC calendar date, 0-65535; months and days count from 1. */
  year: number;
  month: number;
  day: number;
  hour: number;
  minute: number;
  second: number;
  /** Microseconds, unsigned 32 bits, wraps. */
  timestamp: number;
  /** Unix time in nanoseconds, unsigned 64 bits; 0n in the classic form. */
  timestampNs: bigint;
  /** 0-65535. */
  vscpClass: number;
  /** 0-65535. */
  vscpType: number;
  /** 16 bytes, most significant first. Treat as immutable. */
  guid: Uint8Array;
  /** 0-512 bytes. Treat as immutable. */
  data: Uint8Array;
}

/** Where an event comes from, as far as something else than the event tells it. */
export type EventOrigin = Partial<Pick<DriverEvent, 'vscpClass' | 'vscpType' | 'guid'>>;

export const NO_ORIGIN: EventOrigin = {};

/** The time form in which events are written for clients. */
export type EventFormat = 'classic' | 'ns';

/** What a parser of wire input returns; such a parser never throws because of its input. */
export type Parsed<T> = { ok: true; value: T } | Refused;

export interface Refused {
  ok: false;
  reason: string;
}

export function refused(reason: string): Refused {
  return { ok: false, reason };
}

/** The reasons that refusals of an event give after the field's name. */
export const EXPECTED = {
  byte: '0-255 expected',
  uint16: '0-65535 expected',
  uint32: '0-4294967295 expected',
  uint64: 'an unsigned number of at most 64 bits expected',
  date: 'a date as 2026-01-31T12:00:00Z expected',
  guid: '16 hex bytes with colons expected',
  data: `at most ${MAX_EVENT_DATA} bytes expected`,
} as const;
