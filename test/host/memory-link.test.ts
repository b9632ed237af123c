import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MemoryLink } from '../../src/host/memory-link.ts';
import type { DriverEvent } from '../../src/vscp/event.ts';
import { makeEvent } from '../support/events.ts';

function eventOfType(vscpType: number): DriverEvent {
  return makeEvent({ vscpType });
}

function nextImmediate(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

test('events of the host arrive in order, in batches, and never from within hostWrite', async () => {
  const link = new MemoryLink({ batchSize: 2 });
  const batches: number[][] = [];
  link.start({
    onEvents: (events) => batches.push(events.map((e) => e.vscpType)),
    onKept() {},
    onLost() {},
    onClose() {},
  });
  for (let type = 0; type < 5; type++) assert.equal(link.hostWrite(eventOfType(type)), true);
  assert.deepEqual(batches, []);
  for (let turn = 0; turn < 4; turn++) await nextImmediate();
  assert.deepEqual(batches, [[0, 1], [2, 3], [4]]);
});

test('events written before start() are delivered once the server starts', async () => {
  const link = new MemoryLink();
  link.hostWrite(eventOfType(7));
  const seen: number[] = [];
  link.start({
    onEvents: (events) => seen.push(...events.map((e) => e.vscpType)),
    onKept() {},
    onLost() {},
    onClose() {},
  });
  await nextImmediate();
  assert.deepEqual(seen, [7]);
});

test('a paused link holds events, refuses beyond its capacity and delivers after the pause', async () => {
  const link = new MemoryLink({ incomingCapacity: 2 });
  const seen: number[] = [];
  link.start({
    onEvents: (events) => seen.push(...events.map((e) => e.vscpType)),
    onKept() {},
    onLost() {},
    onClose() {},
  });
  link.setPaused(true);
  assert.deepEqual(
    [1, 2, 3].map((type) => link.hostWrite(eventOfType(type))),
    [true, true, false],
  );
  await nextImmediate();
  assert.deepEqual(seen, []);
  assert.equal(link.stats().hostWriteTimeouts, 1);
  link.setPaused(false);
  await nextImmediate();
  assert.deepEqual(seen, [1, 2]);
});

test('send() refuses when the queue towards the host is full and goes on when it was read', () => {
  const link = new MemoryLink({ outgoingCapacity: 1 });
  assert.equal(link.send(eventOfType(1)), true);
  assert.equal(link.send(eventOfType(2)), false);
  assert.equal(link.hostRead()?.vscpType, 1);
  assert.equal(link.hostRead(), undefined);
  assert.equal(link.send(eventOfType(3)), true);
});

test('nextFromDriver waits for an event and rejects when none comes', async () => {
  const link = new MemoryLink();
  setImmediate(() => link.send(eventOfType(9)));
  assert.equal((await link.nextFromDriver()).vscpType, 9);
  await assert.rejects(link.nextFromDriver(1), /no event/);
});

test('hostClose asks the reader to close and resolves when the server said closed', async () => {
  const link = new MemoryLink();
  link.start({ onEvents() {}, onKept() {}, onLost() {}, onClose: () => link.closed() });
  link.opened();
  assert.equal(link.state.phase, 'open');
  await link.hostClose();
  assert.equal(link.closeRequested, true);
  assert.equal(link.state.phase, 'closed');
});

test('a failed open keeps its reason', async () => {
  const link = new MemoryLink();
  link.failed('port taken');
  await link.waitFor('failed');
  assert.deepEqual(link.state, { phase: 'failed', reason: 'port taken' });
});
