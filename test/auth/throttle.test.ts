import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { LoginThrottle } from '../../src/auth/throttle.ts';

function create(options: { maxEntries?: number } = {}) {
  const clock = { nowMs: 0 };
  return { clock, throttle: new LoginThrottle({ now: () => clock.nowMs, ...options }) };
}

describe('login throttle', () => {
  test('the delay doubles with each failure up to two seconds', () => {
    const { throttle } = create();
    const delays = Array.from({ length: 7 }, () => throttle.failed('10.0.0.1', 'admin'));
    assert.deepEqual(delays, [125, 250, 500, 1000, 2000, 2000, 2000]);
  });

  test('stays at two seconds however often it fails', () => {
    const { throttle } = create();
    for (let count = 0; count < 5000; count++) throttle.failed('10.0.0.1', 'admin');
    assert.equal(throttle.failed('10.0.0.1', 'admin'), 2000);
  });

  test('other addresses and other users do not wait for it', () => {
    const { throttle } = create();
    for (let count = 0; count < 5; count++) throttle.failed('10.0.0.1', 'admin');
    assert.equal(throttle.failed('10.0.0.2', 'admin'), 125);
    assert.equal(throttle.failed('10.0.0.1', 'operator'), 125);
  });

  test('failures are forgotten one after the other', () => {
    const { clock, throttle } = create();
    for (let count = 0; count < 4; count++) throttle.failed('10.0.0.1', 'admin');
    clock.nowMs = 29_999;
    assert.equal(throttle.failed('10.0.0.1', 'admin'), 2000);
    clock.nowMs += 30_000;
    assert.equal(throttle.failed('10.0.0.1', 'admin'), 2000);
    clock.nowMs += 90_000;
    assert.equal(throttle.failed('10.0.0.1', 'admin'), 500);
    clock.nowMs += 10 * 30_000;
    assert.equal(throttle.failed('10.0.0.1', 'admin'), 125);
  });

  test('an endless failure does not take endless time to be forgotten', () => {
    const { clock, throttle } = create();
    for (let count = 0; count < 5000; count++) throttle.failed('10.0.0.1', 'admin');
    clock.nowMs = 10 * 30_000;
    assert.equal(throttle.failed('10.0.0.1', 'admin'), 125);
  });

  test('a login clears the failures of that user at that address', () => {
    const { throttle } = create();
    throttle.failed('10.0.0.1', 'admin');
    throttle.failed('10.0.0.1', 'operator');
    throttle.succeeded('10.0.0.1', 'admin');
    assert.equal(throttle.failed('10.0.0.1', 'admin'), 125);
    assert.equal(throttle.failed('10.0.0.1', 'operator'), 250);
  });

  test('remembers no more pairs than it may, and drops the one that failed longest ago', () => {
    const { throttle } = create({ maxEntries: 3 });
    for (const user of ['a', 'b', 'c']) throttle.failed('10.0.0.1', user);
    throttle.failed('10.0.0.1', 'a');
    throttle.failed('10.0.0.1', 'd');
    assert.equal(throttle.size, 3);
    assert.equal(throttle.failed('10.0.0.1', 'a'), 500);
    assert.equal(throttle.failed('10.0.0.1', 'b'), 125);
    for (let user = 0; user < 10_000; user++) throttle.failed('10.0.0.1', `user${user}`);
    assert.equal(throttle.size, 3);
  });
});
