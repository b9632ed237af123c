import assert from 'node:assert/strict';
import { test } from 'node:test';
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
  assert.deepEqual(values.inOrder(), [second, renewed]);
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
  assert.deepEqual(values.inOrder(), events);
});

test('never more than the limit, and those heard longest ago go first', () => {
  const values = new LastValues(32);
  for (let i = 0; i < 200; i++) {
    values.record(sensorValue(i));
    values.record(sensorValue(0, i));
    assert.ok(values.inOrder().length <= 32);
  }
  const kept = values.inOrder();
  assert.ok(kept.length >= 30);
  assert.equal(kept.at(-1)?.timestamp, 199, 'the value that is renewed all the time stays');
  assert.ok(kept.slice(0, -1).every((event) => (event.data[0] ?? 0) >= 200 - 32));
});

test('a limit of 0 keeps nothing', () => {
  const values = new LastValues(0);
  values.record(sensorValue(1));
  assert.deepEqual(values.inOrder(), []);
});
