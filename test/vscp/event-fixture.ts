import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { HEAD_NANOSECONDS } from '../../src/core/event.ts';
import type { DriverEvent } from '../../src/vscp/event.ts';

/** How the fixtures write an event. */
export interface FixtureEvent {
  head: number;
  class: number;
  type: number;
  obid: number;
  datetime: string;
  timestamp: number;
  timestamp_ns?: string;
  guid: string;
  /** Hex. */
  data: string;
}

export function readFixture<T>(name: string): T {
  return JSON.parse(readFileSync(new URL(`../fixtures/${name}`, import.meta.url), 'utf8'));
}

/** The event of a fixture, read without any of the code under test. */
export function toEvent(fixture: FixtureEvent): DriverEvent {
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = fixture.datetime
    .split(/[-T:Z]/)
    .map(Number);
  return {
    head: fixture.head,
    obid: fixture.obid,
    year,
    month,
    day,
    hour,
    minute,
    second,
    timestamp: fixture.timestamp,
    timestampNs: BigInt(fixture.timestamp_ns ?? '0'),
    vscpClass: fixture.class,
    vscpType: fixture.type,
    guid: Uint8Array.from(Buffer.from(fixture.guid.replaceAll(':', ''), 'hex')),
    data: Uint8Array.from(Buffer.from(fixture.data, 'hex')),
  };
}

const uint16 = fc.integer({ min: 0, max: 0xffff });
const uint32 = fc.integer({ min: 0, max: 0xffff_ffff });
const bytes = (minLength: number, maxLength: number) => fc.uint8Array({ minLength, maxLength });
const noDate = { year: 0, month: 0, day: 0, hour: 0, minute: 0, second: 0 };
const date = fc
  .date({ min: new Date('1970-01-01T00:00:00Z'), max: new Date('9999-12-31T23:59:59Z'), noInvalidDate: true })
  .map((day) => ({
    year: day.getUTCFullYear(),
    month: day.getUTCMonth() + 1,
    day: day.getUTCDate(),
    hour: day.getUTCHours(),
    minute: day.getUTCMinutes(),
    second: day.getUTCSeconds(),
  }));
const common = {
  obid: uint32,
  vscpClass: uint16,
  vscpType: uint16,
  guid: fc.oneof(bytes(16, 16), fc.constant(new Uint8Array(16))),
  data: fc.oneof(bytes(0, 20), bytes(0, 512)),
};

/** Any event in the classic form, with or without a date. */
export const classicEvents: fc.Arbitrary<DriverEvent> = fc
  .record({ ...common, head: uint16, timestamp: uint32, date: fc.oneof(date, fc.constant(noDate)) })
  .map(({ date, head, ...rest }) => ({
    ...rest,
    ...date,
    head: head & ~HEAD_NANOSECONDS,
    timestampNs: 0n,
  }));

/** Any event in the nanosecond form. */
export const nsEvents: fc.Arbitrary<DriverEvent> = fc
  .record({ ...common, head: uint16, timestampNs: fc.bigInt({ min: 0n, max: 0xffff_ffff_ffff_ffffn }) })
  .map(({ head, ...rest }) => ({ ...rest, ...noDate, timestamp: 0, head: head | HEAD_NANOSECONDS }));
