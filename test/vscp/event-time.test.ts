import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import type { DriverEvent } from '../../src/vscp/event.ts';
import {
  calendarOfSecond,
  calendarToNs,
  dateTimeInText,
  eventTimeNs,
  isCalendarDate,
  isNanosecondEvent,
  nsToCalendar,
  nsToTimestamp,
  stampEvent,
} from '../../src/vscp/event-time.ts';
import { toEvent } from './event-fixture.ts';

const EMPTY = { head: 0, class: 10, type: 6, obid: 0, datetime: '', timestamp: 0, guid: '', data: '' };
const NOW_US = Date.UTC(2026, 0, 2, 3, 4, 5) * 1000 + 678_901;

function datePart({ year, month, day, hour, minute, second }: DriverEvent): number[] {
  return [year, month, day, hour, minute, second];
}

describe('event time', () => {
  test('the calendar is that of Date', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 253_402_300_799 }), (second) => {
        const date = calendarOfSecond(second);
        const { year, month, day, hour, minute } = date;
        assert.equal(Date.UTC(year, month - 1, day, hour, minute, date.second), second * 1000);
        assert.ok(isCalendarDate(date));
      }),
    );
  });

  test('a date survives the way over nanoseconds', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 18_446_744_073 }), (second) => {
        const date = { ...calendarOfSecond(second) };
        assert.equal(calendarToNs(date), BigInt(second) * 1_000_000_000n);
        assert.deepEqual(nsToCalendar(calendarToNs(date)), date);
      }),
    );
  });

  test('the classic stamp is the microseconds of the time, modulo 2^32', () => {
    assert.equal(nsToTimestamp(0n), 0);
    assert.equal(nsToTimestamp(1_999n), 1);
    assert.equal(nsToTimestamp(4_294_967_296_000n), 0);
    assert.equal(nsToTimestamp(0xffff_ffff_ffff_ffffn), Number((0xffff_ffff_ffff_ffffn / 1000n) % 2n ** 32n));
  });

  test('head bit 8 of a host that knows only dates does not lose the date', () => {
    const event = toEvent({ ...EMPTY, head: 0x100, datetime: '2026-01-02T03:04:05Z', timestamp: 7 });
    assert.equal(isNanosecondEvent(event), false);
    assert.equal(eventTimeNs(event), 1_767_323_045_000_000_000n);
  });

  test('an event without times is stamped with date and microseconds of now', () => {
    const event = toEvent(EMPTY);
    stampEvent(event, NOW_US);
    assert.deepEqual(datePart(event), [2026, 1, 2, 3, 4, 5]);
    assert.equal(event.timestamp, NOW_US % 2 ** 32);
    assert.equal(event.timestampNs, 0n);
  });

  test('a stamp is never 0, which would read as none', () => {
    const event = toEvent(EMPTY);
    stampEvent(event, 2 ** 32 * 400_000);
    assert.equal(event.timestamp, 1);
  });

  test('times that are given are not touched', () => {
    const event = toEvent({ ...EMPTY, datetime: '2000-02-29T23:59:59Z', timestamp: 7 });
    const before = { ...event };
    stampEvent(event, NOW_US);
    assert.deepEqual(event, before);
    const ns = toEvent({ ...EMPTY, head: 0x100, timestamp_ns: '5' });
    stampEvent(ns, NOW_US);
    assert.equal(ns.timestampNs, 5n);
  });

  test('a date alone gets a stamp, a stamp alone gets a date', () => {
    const dated = toEvent({ ...EMPTY, datetime: '2000-02-29T23:59:59Z' });
    stampEvent(dated, NOW_US);
    assert.deepEqual(datePart(dated), [2000, 2, 29, 23, 59, 59]);
    assert.equal(dated.timestamp, NOW_US % 2 ** 32);
    const stamped = toEvent({ ...EMPTY, timestamp: 7 });
    stampEvent(stamped, NOW_US);
    assert.deepEqual(datePart(stamped), [2026, 1, 2, 3, 4, 5]);
    assert.equal(stamped.timestamp, 7);
  });

  test('a nanosecond event without a time gets that of now', () => {
    const event = toEvent({ ...EMPTY, head: 0x100 });
    stampEvent(event, NOW_US);
    assert.equal(event.timestampNs, BigInt(NOW_US) * 1000n);
    assert.deepEqual(datePart(event), [0, 0, 0, 0, 0, 0]);
  });

  test('no text makes the date parser throw or find a day that does not exist', () => {
    const part = fc.constantFrom('2026', '-', ':', '13', '31', '02', 'T', 'Z', '.', ' ', '0', '٣');
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(part).map((parts) => parts.join('')),
        ),
        (text) => {
          const date = dateTimeInText(text, 0, text.length);
          if (date !== undefined && date.day !== 0) assert.ok(isCalendarDate(date));
        },
      ),
    );
  });
});
