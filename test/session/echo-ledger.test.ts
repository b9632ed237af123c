import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { EchoGuard } from '../../src/session/echo-guard.ts';
import { EchoLedger } from '../../src/session/echo-ledger.ts';
import type { DriverEvent } from '../../src/vscp/event.ts';
import { makeEvent } from '../support/events.ts';

/** What a host that publishes in the binary form leaves of an event; a classic one changes the GUID, too. */
function afterHost(event: DriverEvent, guid = event.guid): DriverEvent {
  return { ...event, obid: 0, guid, head: 0, year: 2030, timestamp: 77 };
}

const CHANGED_GUID = new Uint8Array(16).fill(0x31);
const NODE_GUID = new Uint8Array(16).fill(0x42);

function numbered(n: number): DriverEvent {
  return makeEvent({ obid: 7, data: Uint8Array.of(n & 255, n >> 8) });
}

/** A guard whose clock the test moves; its timer is a real one. */
function createGuard() {
  const clock = { nowMs: 0 };
  const released: DriverEvent[] = [];
  const guard = new EchoGuard(() => clock.nowMs);
  guard.onRelease = (event) => released.push(event);
  const pass = (ms: number): void => {
    clock.nowMs += ms;
  };
  return { guard, released, pass };
}

for (const [what, guid] of [
  ['keeps', undefined],
  ['changes', CHANGED_GUID],
] as const) {
  test(`3000 events through a host that loses the obid and ${what} the GUID: none is seen twice`, () => {
    const { guard, released, pass } = createGuard();
    for (let n = 0; n < 3000; n++) guard.remember(numbered(n));
    const verdicts = Array.from({ length: 3000 }, (_, n) => guard.judge(afterHost(numbered(n), guid), false));
    pass(10_000);
    assert.equal(verdicts.filter((verdict) => verdict === 'news').length, 0);
    assert.equal(released.length, 0);
  });
}

test('a flood to a host that does not echo is remembered for two seconds, and no longer', () => {
  const nowMs = { value: 0 };
  const ledger = new EchoLedger({ nowMs: () => nowMs.value, onRelease: () => {}, onDrop: () => {} });
  const event = makeEvent({ obid: 7 });
  // 100 000 events a second: far more than the ledger has room for.
  for (let n = 0; n < 250_000 && ledger.wants(event); n++) {
    nowMs.value = n / 100;
    ledger.remember(event, n);
  }
  assert.equal(ledger.wants(event), false);
  assert.ok(nowMs.value >= 2000 && nowMs.value < 2100, `${nowMs.value} ms`);
});

test('as many equal events as clients sent are echoes, those of nodes are delivered', () => {
  const { guard } = createGuard();
  const event = makeEvent({ obid: 7 });
  for (let n = 0; n < 3; n++) guard.remember(event);
  const from = (guid: Uint8Array) => guard.judge(afterHost(event, guid), false);
  assert.deepEqual([from(event.guid), from(NODE_GUID), from(event.guid)], ['echo', 'news', 'echo']);
  assert.deepEqual([from(event.guid), from(event.guid)], ['echo', 'news']);
});

test('where the GUID changes, too, the sum is right whichever comes first', () => {
  const { guard } = createGuard();
  for (let n = 0; n < 5; n++) {
    guard.remember(numbered(n));
    guard.judge(afterHost(numbered(n), CHANGED_GUID), false);
  }
  guard.remember(numbered(9));
  assert.equal(guard.judge(afterHost(numbered(9), NODE_GUID), false), 'echo');
  assert.equal(guard.judge(afterHost(numbered(9), CHANGED_GUID), false), 'news');
});

test('a host that does not echo: an event of a node that equals one of a client is late, not lost', async () => {
  const { guard, released, pass } = createGuard();
  guard.remember(numbered(1));
  const event = afterHost(numbered(1), NODE_GUID);
  assert.equal(guard.judge(event, false), 'held');
  assert.deepEqual(released, []);
  pass(500);
  await sleep(700);
  assert.deepEqual(released, [event]);
});

test('what is held is delivered at once when events of clients turn out not to come back', () => {
  const { guard, released, pass } = createGuard();
  guard.remember(numbered(1));
  pass(1900);
  guard.remember(numbered(2));
  assert.equal(guard.judge(afterHost(numbered(2), NODE_GUID), false), 'held');
  pass(200);
  guard.remember(numbered(3));
  assert.equal(released.length, 1);
});

test('a host that does not echo pays nothing after eight events of a kind', () => {
  const { guard, pass } = createGuard();
  for (let n = 0; n < 8; n++) guard.remember(numbered(n));
  pass(2001);
  guard.remember(numbered(8));
  guard.remember(numbered(9));
  assert.equal(guard.judge(afterHost(numbered(9), NODE_GUID), false), 'news');
  // Another kind of event may be echoed still.
  guard.remember({ ...numbered(10), vscpType: 99 });
  assert.equal(guard.judge(afterHost({ ...numbered(10), vscpType: 99 }), false), 'echo');
});

test('a host that keeps the obid: an equal event without it is a node’s', () => {
  const { guard } = createGuard();
  guard.remember(numbered(1));
  guard.remember(numbered(2));
  assert.equal(guard.judge(numbered(1), true), 'echo');
  assert.equal(guard.judge(afterHost(numbered(2), NODE_GUID), false), 'news');
});

test('an equal event with an obid is another’s, for the binary form leaves none', () => {
  const { guard } = createGuard();
  guard.remember(numbered(1));
  assert.equal(guard.judge({ ...afterHost(numbered(1)), obid: 77 }, false), 'news');
  assert.equal(guard.judge(afterHost(numbered(1)), false), 'echo');
});

test('after two seconds an equal event is news', () => {
  const { guard, pass } = createGuard();
  guard.remember(numbered(1));
  pass(2001);
  assert.equal(guard.judge(afterHost(numbered(1)), false), 'news');
});

test('a flood of events that never come back holds bounded memory', () => {
  const { guard, pass } = createGuard();
  for (let n = 0; n < 60_000; n++) guard.remember(numbered(n));
  assert.equal(guard.judge(afterHost(numbered(0)), false), 'echo', 'echoes come back oldest first');
  assert.equal(guard.judge(afterHost(numbered(59_999)), false), 'news', 'there was no room for it');
  pass(3000);
  assert.equal(guard.judge(afterHost(numbered(1)), false), 'news');
});
