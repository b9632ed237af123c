import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EchoGuard } from '../../src/session/echo-guard.ts';
import type { DriverEvent } from '../../src/vscp/event.ts';
import { makeEvent } from '../support/events.ts';

function createGuard() {
  const clock = { nowMs: 0 };
  return { guard: new EchoGuard(() => clock.nowMs), clock };
}

test('an event that comes back with another head and time within five seconds is an echo, each time', () => {
  const { guard, clock } = createGuard();
  guard.remember(makeEvent({ obid: 7 }));
  clock.nowMs = 5000;
  const echo = makeEvent({ obid: 7, head: 0, year: 2030, timestamp: 1 });
  assert.equal(guard.judge(echo, true), 'echo');
  assert.equal(guard.judge(echo, true), 'echo');
});

test('after five seconds an equal event is news', () => {
  const { guard, clock } = createGuard();
  guard.remember(makeEvent({ obid: 7 }));
  clock.nowMs = 5001;
  assert.equal(guard.judge(makeEvent({ obid: 7 }), true), 'news');
});

test('an event sent again is known from the latest time on', () => {
  const { guard, clock } = createGuard();
  guard.remember(makeEvent());
  clock.nowMs = 4000;
  guard.remember(makeEvent());
  clock.nowMs = 8500;
  assert.equal(guard.judge(makeEvent(), true), 'echo');
});

const DIFFERENT: [string, Partial<DriverEvent>][] = [
  ['class', { vscpClass: 11 }],
  ['type', { vscpType: 7 }],
  ['class and type swapped', { vscpClass: 6, vscpType: 10 }],
  [
    'last GUID byte',
    { guid: Uint8Array.from([255, 255, 255, 255, 255, 255, 255, 245, 0, 0, 0, 0, 0, 2, 0, 1]) },
  ],
  ['data', { data: Uint8Array.from([0x89, 0x82, 0x08, 0xc6]) }],
  ['data order', { data: Uint8Array.from([0x82, 0x89, 0x08, 0xc5]) }],
  ['data length', { data: Uint8Array.from([0x89, 0x82, 0x08, 0xc5, 0]) }],
];
for (const [what, fields] of DIFFERENT) {
  test(`an event that differs in ${what} is no echo`, () => {
    const { guard } = createGuard();
    guard.remember(makeEvent({ obid: 7 }));
    assert.equal(guard.judge(makeEvent({ obid: 7, ...fields }), true), 'news');
  });
}

test('a hundred thousand events are kept apart', () => {
  const { guard } = createGuard();
  const data = (n: number) => Uint8Array.from([n & 255, (n >> 8) & 255, (n >> 16) & 255]);
  for (let n = 0; n < 100_000; n++) guard.remember(makeEvent({ data: data(n) }));
  let confused = 0;
  for (let n = 100_000; n < 200_000; n++)
    if (guard.judge(makeEvent({ data: data(n) }), true) !== 'news') confused++;
  assert.equal(confused, 0);
});
