import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { MAX_EVENT_DATA } from '../../src/core/event.ts';
import type { DriverEvent, EventFormat, Parsed } from '../../src/vscp/event.ts';
import { classicEvents, type FixtureEvent, nsEvents, readFixture, toEvent } from './event-fixture.ts';

type Protocol = 'ws1' | 'ws2';
/** An event as it stands in test/fixtures: a text (ws1) or an object (ws2). */
type Cell = string | object;
type Cells = Record<Protocol, Cell>;

/** A reader and a writer of one form of events. */
export interface EventCodec {
  protocol: Protocol;
  /** Room that one event needs at most, in bytes. */
  maxSize: number;
  write(event: DriverEvent, target: Uint8Array, at: number, format: EventFormat): number;
  format(event: DriverEvent, format: EventFormat): string;
  /** Reads what a client sends. */
  read(text: string): Parsed<DriverEvent>;
  /** Reads what `format` has written. */
  readBack(text: string): Parsed<DriverEvent>;
  /** What `format` writes for a frame of the recorded driver. */
  ofFrame(frame: Cell): string;
  /** What `format` writes for an event of the table of time forms. */
  ofForm(form: Cell): string;
  /** The number of data bytes in a written text. */
  dataLength(text: string): number;
}

interface Accepted {
  name: string;
  event: FixtureEvent;
  /** ws1 */
  text?: string;
  /** ws2 */
  json?: string;
}

/** The tables, which hold both forms of each event, for one of the forms. */
function readTables({ protocol, ofFrame, ofForm }: EventCodec) {
  const recorded = readFixture<{ events: ({ event: FixtureEvent } & Cells)[] }>('events-classic.json');
  const forms = readFixture<{ events: { name: string; event: FixtureEvent; classic: Cells; ns: Cells }[] }>(
    'events-time-forms.json',
  );
  const accepted = readFixture<Record<Protocol, Accepted[]>>('events-accepted.json');
  return {
    recorded: recorded.events.map((row) => ({ event: row.event, text: ofFrame(row[protocol]) })),
    forms: forms.events.map(({ name, event, classic, ns }) => ({
      ...{ name, event },
      classic: ofForm(classic[protocol]),
      ns: ofForm(ns[protocol]),
    })),
    accepted: accepted[protocol].map(({ name, event, text, json }) => ({
      name,
      event,
      text: text ?? json ?? '',
    })),
    refused: readFixture<Record<Protocol, string[]>>('events-refused.json')[protocol],
  };
}

const parsed = (event: DriverEvent) => ({ ok: true, value: event });

/** As large as an event can become, with a date that no calendar has. */
const LARGEST: DriverEvent = {
  head: 0xfeff,
  obid: 0xffff_ffff,
  year: 65535,
  month: 255,
  day: 255,
  hour: 255,
  minute: 255,
  second: 255,
  timestamp: 0xffff_ffff,
  timestampNs: 0xffff_ffff_ffff_ffffn,
  vscpClass: 0xffff,
  vscpType: 0xffff,
  guid: new Uint8Array(16).fill(255),
  data: new Uint8Array(MAX_EVENT_DATA + 100).fill(255),
};

/** What holds for both forms of an event, by the same tables. */
export function testEventCodec(codec: EventCodec): void {
  const { recorded, forms, accepted, refused } = readTables(codec);

  for (const { event, text } of recorded) {
    test(`is written as the recorded driver writes it: class ${event.class}, ${event.data.length / 2} bytes`, () => {
      assert.equal(codec.format(toEvent(event), 'classic'), text);
    });
  }

  for (const { name, event, classic, ns } of forms) {
    test(`is written in either format: ${name}`, () => {
      assert.equal(codec.format(toEvent(event), 'classic'), classic);
      assert.equal(codec.format(toEvent(event), 'ns'), ns);
    });
  }

  for (const { name, text, event } of accepted) {
    test(`is read with ${name}`, () => assert.deepEqual(codec.read(text), parsed(toEvent(event))));
  }

  for (const text of refused) {
    test(`is refused: ${JSON.stringify(text.slice(0, 70))} (${text.length} characters)`, () => {
      assert.equal(codec.read(text).ok, false);
    });
  }

  for (const [format, events] of [
    ['classic', classicEvents],
    ['ns', nsEvents],
  ] as const) {
    test(`${format}: what is written is read back the same`, () => {
      fc.assert(
        fc.property(events, (event) => {
          assert.deepEqual(codec.readBack(codec.format(event, format)), parsed(event));
        }),
      );
    });
  }

  test('needs no more room than it says, also with a date that no calendar has', () => {
    const target = new Uint8Array(codec.maxSize);
    for (const head of [0xfeff, 0xffff]) {
      for (const format of ['classic', 'ns'] as const) {
        const end = codec.write({ ...LARGEST, head }, target, 0, format);
        assert.ok(end <= codec.maxSize);
        const text = Buffer.from(target.subarray(0, end)).toString('latin1');
        assert.equal(codec.dataLength(text), MAX_EVENT_DATA, 'more than an event may have is not written');
      }
    }
    assert.match(codec.format(LARGEST, 'classic'), /65535-255-255T255:255:255Z/);
  });

  test('is written at the place asked for and touches nothing around it', () => {
    const target = new Uint8Array(codec.maxSize + 20).fill(0x2e);
    const [first] = recorded;
    assert.ok(first !== undefined);
    const event = toEvent(first.event);
    const end = codec.write(event, target, 10, 'classic');
    const text = Buffer.from(target).toString('latin1');
    assert.equal(text.slice(10, end), codec.format(event, 'classic'));
    assert.equal(text.slice(0, 10), '.'.repeat(10));
    assert.equal(text.slice(end), '.'.repeat(target.length - end));
  });
}
