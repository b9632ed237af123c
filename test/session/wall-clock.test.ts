import assert from 'node:assert/strict';
import { test } from 'node:test';
import { WallClock } from '../../src/session/wall-clock.ts';
import { eventFromJson } from '../../src/vscp/event-json.ts';
import { memoryServerFor } from '../support/memory-server.ts';
import { TestClient } from '../support/ws-client.ts';

const START_MS = 1_800_000_000_000;

/** A wall clock in whole milliseconds and a monotonic one whose milliseconds begin elsewhere. */
function makeClocks(phaseMs: number) {
  const state = { trueMs: START_MS, setOffMs: 0 };
  const clock = new WallClock(
    () => Math.floor(state.trueMs + state.setOffMs),
    () => state.trueMs - START_MS + phaseMs,
  );
  return { state, clock };
}

test('the time never runs backwards whatever the phases of the two clocks, and stays within a millisecond', () => {
  for (const phaseMs of [0, 0.001, 0.25, 0.5, 0.999, 12345.678]) {
    const { state, clock } = makeClocks(phaseMs);
    let last = 0;
    for (let i = 0; i < 20_000; i++) {
      state.trueMs += 0.0137;
      const now = clock.nowUs();
      assert.ok(now >= last, `${last} was followed by ${now}`);
      assert.ok(Math.abs(now - state.trueMs * 1000) <= 1000);
      last = now;
    }
  }
});

test('the time follows a clock that is set, forward and back, at once', () => {
  const { state, clock } = makeClocks(0.3);
  for (const setOffMs of [0, 3_600_000, -3_600_000, 31_536_000_000, 0]) {
    state.setOffMs = setOffMs;
    state.trueMs += 5;
    assert.ok(Math.abs(clock.nowUs() - (state.trueMs + setOffMs) * 1000) <= 1000);
  }
});

test('a clock that is set back by less than a second stands still until the time is reached again', () => {
  const { state, clock } = makeClocks(0.3);
  const before = clock.nowUs();
  state.setOffMs = -400;
  state.trueMs += 100;
  assert.equal(clock.nowUs(), before);
  state.trueMs += 400;
  assert.ok(clock.nowUs() > before);
});

test('stamps of client events never run backwards', async (context) => {
  const server = await memoryServerFor(context);
  const receiver = await TestClient.connect(`${server.url}/ws2`);
  await receiver.start('user');
  const sender = await TestClient.connect(`${server.url}/ws1`);
  await sender.login();
  let last = 0;
  let wraps = 0;
  for (let round = 0; round < 40; round++) {
    for (let i = 0; i < 250; i++) sender.send('E;0,10,6,0,,0,-,1');
    for (let i = 0; i < 250; i++) {
      const event = eventFromJson((await receiver.nextJson()).event);
      assert.ok(event.ok);
      const { timestamp } = event.value;
      if (last - timestamp > 0x8000_0000) wraps++;
      else assert.ok(timestamp >= last, `${last} was followed by ${timestamp}`);
      last = timestamp;
    }
  }
  assert.ok(wraps <= 1);
});
