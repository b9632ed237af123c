import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AudienceEntry } from '../../src/delivery/audience.ts';
import { Pacer } from '../../src/delivery/pacer.ts';

interface Reader {
  outbox: {
    flowing: boolean;
    open: boolean;
    stalledSinceMs: number;
    delivered: number;
    backlog: { fill: number };
  };
}

function createPacer(readers: Reader[]) {
  const clock = { nowMs: 1000 };
  const calls: boolean[] = [];
  const pacer = new Pacer({
    entries: readers as unknown as AudienceEntry[],
    nowMs: () => clock.nowMs,
    setPaused: (paused) => calls.push(paused),
  });
  for (const reader of readers) pacer.watch(reader as unknown as AudienceEntry);
  /** Time passes while each reader takes so many events. */
  const pass = (ms: number, taken: number[]) => {
    clock.nowMs += ms;
    for (const [index, events] of taken.entries()) {
      const reader = readers[index] as Reader;
      reader.outbox.delivered += events;
    }
    pacer.check();
  };
  return { pacer, pass, calls };
}

function reader(fill: number): Reader {
  return {
    outbox: { flowing: true, open: true, stalledSinceMs: 0, delivered: 0, backlog: { fill } },
  };
}

test('the host waits while those that read fastest are behind, and goes on once they have caught up', () => {
  const readers = [reader(0.6), reader(0.6)];
  const { pacer, pass, calls } = createPacer(readers);
  pacer.check();
  assert.deepEqual(calls, [true]);
  for (const r of readers) r.outbox.backlog.fill = 0.4;
  pass(30, [500, 500]);
  assert.deepEqual(calls, [true, false]);
  pacer.stop();
});

test('a stopped reader holds the host back for a moment only', () => {
  const readers = [reader(1), reader(0)];
  const { pacer, pass } = createPacer(readers);
  pacer.check();
  pass(100, [0, 1000]);
  assert.equal(pacer.paused, false);
  pacer.stop();
});

test('a reader half as fast as the leader does not hold the host back', () => {
  const { pacer, pass } = createPacer([reader(0.9), reader(0)]);
  pacer.check();
  pass(100, [500, 1000]);
  assert.equal(pacer.paused, false);
  pacer.stop();
});

test('a reader about as fast as the leader does, so that equals lose nothing', () => {
  const { pacer, pass } = createPacer([reader(0.9), reader(0.2)]);
  pacer.check();
  pass(100, [900, 1000]);
  assert.equal(pacer.paused, true);
  pacer.stop();
});

test('when all readers have stopped, the host goes on', () => {
  const { pacer, pass } = createPacer([reader(1), reader(1)]);
  pacer.check();
  pass(100, [0, 0]);
  assert.equal(pacer.paused, false);
  pacer.stop();
});

test('a reader that dies among equals is not waited for, though the others have nothing to read meanwhile', () => {
  const dead = reader(1);
  const alive = reader(0.6);
  const { pacer, pass } = createPacer([dead, alive]);
  pacer.check();
  pass(100, [1000, 1000]);
  assert.equal(pacer.paused, true);
  dead.outbox.stalledSinceMs = 1100;
  alive.outbox.backlog.fill = 0;
  for (let window = 0; window < 3; window++) pass(100, [0, 0]);
  assert.equal(pacer.paused, true);
  pass(100, [0, 0]);
  assert.equal(pacer.paused, false);
  pacer.stop();
});

test('a session behind its close frame is nobody to wait for', () => {
  const closing = reader(1);
  closing.outbox.open = false;
  const { pacer } = createPacer([closing, reader(0)]);
  pacer.check();
  assert.equal(pacer.paused, false);
  pacer.stop();
});

test('a closed channel that fills up is nobody to wait for', () => {
  const closed = reader(1);
  closed.outbox.flowing = false;
  const { pacer } = createPacer([closed, reader(0)]);
  pacer.check();
  assert.equal(pacer.paused, false);
  pacer.stop();
});

test('while nobody is behind, a check looks at nobody, however many there are', () => {
  const readers = Array.from({ length: 1000 }, () => reader(0.2));
  let looks = 0;
  for (const { outbox } of readers) {
    Object.defineProperty(outbox, 'backlog', { get: () => ({ fill: looks++ * 0 }) });
  }
  const { pacer } = createPacer(readers);
  looks = 0;
  for (let turn = 0; turn < 10; turn++) pacer.check();
  assert.equal(looks, 0);
  pacer.stop();
});

test('when the leader goes, those behind it lead at once', () => {
  const leader = reader(0);
  const { pacer, pass } = createPacer([leader, reader(0.9)]);
  pacer.check();
  pass(100, [1000, 500]);
  assert.equal(pacer.paused, false);
  pacer.forget(leader as unknown as AudienceEntry);
  pacer.check();
  assert.equal(pacer.paused, true);
  pacer.stop();
});
