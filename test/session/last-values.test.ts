import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { LastValues, sensorIndexOf } from '../../src/session/last-values.ts';
import type { DriverEvent } from '../../src/vscp/event.ts';
import { makeEvent } from '../support/events.ts';

const GUID_DATA = new Array<number>(16).fill(0xff);

const INDEXES: [string, Partial<DriverEvent>, number][] = [
  ['CLASS1.MEASUREMENT: bits 2-0 of the coding byte', { vscpClass: 10, data: Uint8Array.from([0x8d, 1]) }, 5],
  ['CLASS1.DATA: the same', { vscpClass: 15, data: Uint8Array.from([0x63]) }, 3],
  ['CLASS1.MEASUREZONE: byte 0', { vscpClass: 65, data: Uint8Array.from([9, 1, 2]) }, 9],
  ['CLASS1.INFORMATION: byte 0', { vscpClass: 20, data: Uint8Array.from([4, 1, 2]) }, 4],
  ['CLASS1.MEASUREMENT32: none', { vscpClass: 70, data: Uint8Array.from([4, 1, 2, 3]) }, 0],
  ['CLASS2.MEASUREMENT_FLOAT: byte 0', { vscpClass: 1060, data: Uint8Array.from([7, 0, 0, 1]) }, 7],
  [
    'level I over level II: behind the GUID',
    { vscpClass: 522, data: Uint8Array.from([...GUID_DATA, 0x8a]) },
    2,
  ],
  ['no data', { vscpClass: 20, data: new Uint8Array(0) }, 0],
];
for (const [what, fields, index] of INDEXES) {
  test(`sensor index of ${what}`, () => assert.equal(sensorIndexOf(makeEvent(fields)), index));
}

function inOrder(values: LastValues): DriverEvent[] {
  return [...values.newestFirst()].reverse();
}

/** A value of its own by sensor index. */
function sensorValue(index: number, timestamp = 0): DriverEvent {
  return makeEvent({ vscpClass: 20, vscpType: 3, timestamp, data: Uint8Array.from([index, 0, 0]) });
}

test('a renewed value takes the place of the older one and moves to the end', () => {
  const values = new LastValues(10);
  const first = sensorValue(1, 1);
  const second = sensorValue(2, 2);
  const renewed = sensorValue(1, 3);
  for (const event of [first, second, renewed]) values.record(event);
  assert.deepEqual(inOrder(values), [second, renewed]);
});

test('class, type, GUID and sensor index tell values apart', () => {
  const values = new LastValues(10);
  const events = [
    sensorValue(1),
    sensorValue(2),
    makeEvent({ ...sensorValue(1), vscpType: 4 }),
    makeEvent({ ...sensorValue(1), vscpClass: 30 }),
    makeEvent({ ...sensorValue(1), guid: Uint8Array.from([...GUID_DATA.slice(1), 1]) }),
  ];
  for (const event of events) values.record(event);
  assert.deepEqual(inOrder(values), events);
});

test('never more than the limit, and those heard longest ago go first', () => {
  const values = new LastValues(32);
  for (let i = 0; i < 200; i++) {
    values.record(sensorValue(i));
    values.record(sensorValue(0, i));
    assert.ok(inOrder(values).length <= 32);
  }
  const kept = inOrder(values);
  assert.ok(kept.length >= 30);
  assert.equal(kept.at(-1)?.timestamp, 199, 'the value that is renewed all the time stays');
  assert.ok(kept.slice(0, -1).every((event) => (event.data[0] ?? 0) >= 200 - 32));
});

test('a limit of 0 keeps nothing', () => {
  const values = new LastValues(0);
  values.record(sensorValue(1));
  assert.deepEqual(inOrder(values), []);
});

const indexOf = ({ data }: DriverEvent): number => data[0] ?? -1;

test('values that are renewed or removed while somebody goes through them are seen as they were', () => {
  const values = new LastValues(100);
  for (let i = 0; i < 100; i++) values.record(sensorValue(i, i));
  const seen: DriverEvent[] = [];
  const walk = values.newestFirst();
  for (let i = 0; i < 10; i++) seen.push(walk.next().value as DriverEvent);
  for (const i of [50, 7, 95, 50, 89, 30]) values.record(sensorValue(i, 1000));
  for (let i = 0; i < 10; i++) seen.push(walk.next().value as DriverEvent);
  for (let i = 100; i < 130; i++) values.record(sensorValue(i, 1000));
  for (const event of walk) seen.push(event);
  assert.deepEqual(
    seen.map(({ timestamp }) => timestamp),
    Array.from({ length: 100 }, (_, i) => 99 - i),
  );
  assert.equal(inOrder(values).length, 100);
});

test('whatever is recorded in the pauses of a walk, it sees the values of its beginning in their order', () => {
  const step = fc.oneof(
    fc.record({ record: fc.integer({ min: 0, max: 20 }) }),
    fc.record({ look: fc.integer({ min: 1, max: 5 }) }),
  );
  const check = (limit: number, before: number[], steps: { record?: number; look?: number }[]): void => {
    const values = new LastValues(limit);
    let time = 0;
    const record = (index: number) => values.record(sensorValue(index, time++));
    before.forEach(record);
    const expected = inOrder(values).reverse();
    const walk = values.newestFirst();
    const seen: DriverEvent[] = [];
    const first = walk.next();
    if (!first.done) seen.push(first.value);
    for (const { record: index, look = 0 } of steps) {
      if (index !== undefined) record(index);
      for (let i = 0; i < look; i++) {
        const next = walk.next();
        if (!next.done) seen.push(next.value);
      }
    }
    seen.push(...walk);
    assert.deepEqual(seen, expected);
    assert.equal(values.walks, 0);
  };
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 12 }),
      fc.array(fc.integer({ min: 0, max: 20 }), { maxLength: 40 }),
      fc.array(step, { maxLength: 40 }),
      check,
    ),
  );
});

test('a walk that is ended early leaves nothing behind', () => {
  const values = new LastValues(10);
  for (let i = 0; i < 5; i++) values.record(sensorValue(i));
  const walk = values.newestFirst();
  walk.next();
  assert.equal(values.walks, 1);
  walk.return();
  assert.equal(values.walks, 0);
});

test('values that differ in nothing but their hash bucket are told apart when the oldest is removed', () => {
  const values = new LastValues(3);
  for (let i = 0; i < 200; i++) {
    values.record(sensorValue(i));
    assert.deepEqual(
      inOrder(values).map(indexOf),
      [i - 2, i - 1, i].filter((index) => index >= 0),
    );
  }
});
