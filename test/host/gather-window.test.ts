import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GatherWindow } from '../../src/host/gather-window.ts';

let nowMs = 1000;

/** Share of the batches that are followed by a wait, when `perSecond` events come one by one, each taking `busyMs`. */
function waits(window: GatherWindow, perSecond: number, busyMs: number, batch = 1): number {
  let waited = 0;
  const batches = 1000;
  const gapMs = (1000 * batch) / perSecond;
  for (let i = 0; i < batches; i++) {
    nowMs += gapMs;
    if (window.afterBatch(batch, nowMs, nowMs + busyMs)) waited++;
  }
  return waited / batches;
}

for (const { load, perSecond, busyMs, batch = 1, waiting } of [
  { load: 'few events to many clients', perSecond: 100, busyMs: 6, waiting: false },
  {
    load: 'events too far apart for one to follow within the window',
    perSecond: 1000,
    busyMs: 0.5,
    waiting: false,
  },
  { load: 'many events to one client', perSecond: 5000, busyMs: 0.01, waiting: false },
  { load: 'many events to many clients', perSecond: 2000, busyMs: 0.4, waiting: true },
  { load: 'a flood, whose batches are large', perSecond: 100_000, busyMs: 1, batch: 200, waiting: false },
]) {
  test(`${load}: ${waiting ? 'they gather' : 'nothing waits'}`, () => {
    const share = waits(new GatherWindow(1, 8192), perSecond, busyMs, batch);
    assert.ok(waiting ? share > 0.8 : share === 0, String(share));
  });
}

test('the window stays open while it makes the work less, and closes when the load ends', () => {
  const window = new GatherWindow(1, 8192);
  assert.ok(waits(window, 2000, 0.4) > 0.8);
  assert.ok(waits(window, 2000, 0.2, 2) > 0.9);
  assert.ok(waits(window, 100, 0.4) < 0.05);
});

test('0 ms: nothing ever waits', () => {
  assert.equal(waits(new GatherWindow(0, 8192), 2000, 0.4), 0);
});

test('before a short queue of the host nothing waits: it would be full meanwhile', () => {
  assert.equal(waits(new GatherWindow(1, 64), 2000, 0.4), 0);
});
