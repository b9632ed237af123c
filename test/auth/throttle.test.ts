import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { LoginThrottle } from '../../src/auth/throttle.ts';

function create(options: { slots?: number } = {}) {
  const clock = { nowMs: 0 };
  const throttle = new LoginThrottle({ now: () => clock.nowMs, ...options });
  /** The pause that a failure brings about. */
  const fail = (network: string): number => {
    throttle.failed(network);
    return (throttle.pausedUntilMs(network) ?? 0) - clock.nowMs;
  };
  return { clock, throttle, fail };
}

describe('login throttle', () => {
  test('the pause doubles with each failure up to a second: never more than three guesses a second', () => {
    const { fail } = create();
    assert.deepEqual(
      Array.from({ length: 5 }, () => fail('10.0.0.1')),
      [350, 700, 1000, 1000, 1000],
    );
    for (let count = 0; count < 5000; count++) fail('10.0.0.1');
    assert.equal(fail('10.0.0.1'), 1000);
  });

  test('other networks do not pause for it', () => {
    const { throttle, fail } = create();
    for (let count = 0; count < 5; count++) fail('10.0.0.1');
    assert.equal(throttle.pausedUntilMs('10.0.0.2'), undefined);
    assert.equal(fail('10.0.0.2'), 350);
  });

  test('failures are forgotten one after the other, that there were any after an hour', () => {
    const { clock, throttle, fail } = create();
    for (let count = 0; count < 5000; count++) fail('10.0.0.1');
    clock.nowMs = 29_999;
    assert.equal(fail('10.0.0.1'), 1000);
    clock.nowMs += 60_000;
    assert.equal(fail('10.0.0.1'), 700);
    clock.nowMs += 10 * 30_000;
    assert.equal(throttle.pausedUntilMs('10.0.0.1'), undefined);
    assert.equal(throttle.failedLately('10.0.0.1'), true);
    assert.equal(throttle.failedLately('10.0.0.2'), false);
    clock.nowMs += 3_600_000;
    assert.equal(throttle.failedLately('10.0.0.1'), false);
  });

  test('a crowd of addresses cannot push out the failures of one', () => {
    const { fail, throttle } = create({ slots: 64 });
    for (let count = 0; count < 4; count++) fail('10.0.0.1');
    for (let other = 0; other < 100_000; other++) throttle.failed(`2001:db8:${other}`);
    assert.equal(fail('10.0.0.1'), 1000);
    assert.equal(throttle.failedLately('10.0.0.1'), true);
  });

  test('some hundred networks that fail make hardly anybody else pause', () => {
    const { throttle } = create();
    for (let other = 0; other < 400; other++) throttle.failed(`10.1.${other >> 8}.${other & 255}`);
    let paused = 0;
    for (let other = 0; other < 1000; other++) {
      if (throttle.pausedUntilMs(`10.2.${other >> 8}.${other & 255}`) !== undefined) paused++;
    }
    assert.ok(paused < 20, `${paused} of 1000`);
  });
});
