import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { AccountGuard, type LoginOrigin } from '../../src/auth/account-guard.ts';

function create() {
  const clock = { nowMs: 0 };
  return { clock, guard: new AccountGuard(() => clock.nowMs) };
}

function from(network: string, more: Partial<LoginOrigin> = {}): LoginOrigin {
  return { network, failedLately: false, firstBlock: undefined, ...more };
}

/** Guesses from so many networks, each a stranger. */
function guess(guard: AccountGuard, name: string, count: number, more: Partial<LoginOrigin> = {}): void {
  for (let i = 0; i < count; i++) guard.guessed(name, from(`10.9.${i >> 8}.${i & 255}`, more));
}

describe('guard of an account', () => {
  test('strangers that have not failed have five guesses a minute, those that have five of their own', () => {
    const { clock, guard } = create();
    const fresh = from('10.0.0.1');
    const repeated = from('10.0.0.2', { failedLately: true });
    guess(guard, 'admin', 4);
    assert.equal(guard.admits('admin', fresh), true);
    guess(guard, 'admin', 1);
    assert.equal(guard.admits('admin', fresh), false);
    assert.equal(guard.admits('admin', repeated), true);
    guess(guard, 'admin', 1000, { failedLately: true });
    assert.equal(guard.admits('admin', repeated), false);
    clock.nowMs = 59_999;
    assert.equal(guard.admits('admin', fresh), false);
    clock.nowMs = 60_000;
    assert.equal(guard.admits('admin', fresh), true, 'guesses that are not looked at prolong nothing');
    assert.equal(guard.admits('admin', repeated), true);
  });

  test('no minute has more than ten guesses that are looked at, however they come', () => {
    const { clock, guard } = create();
    const looked: number[] = [];
    for (let i = 0; i < 20_000; i++) {
      clock.nowMs += 37;
      const origin = from(`10.8.${i >> 8}.${i & 255}`, { failedLately: i % 3 === 0 });
      if (guard.admits('admin', origin)) looked.push(clock.nowMs);
      guard.guessed('admin', origin);
    }
    for (const at of looked) {
      assert.ok(looked.filter((other) => other >= at && other < at + 60_000).length <= 10);
    }
    assert.ok(looked.length > 100);
  });

  test('an account is not shut to where its user has logged in from, nor others by guesses at it', () => {
    const { guard } = create();
    guard.entered('admin', from('192.168.1.2'));
    guess(guard, 'admin', 1000);
    assert.equal(guard.admits('admin', from('192.168.1.2')), true);
    assert.equal(guard.admits('admin', from('192.168.1.3')), false);
    assert.equal(guard.admits('user', from('192.168.1.3')), true);
  });

  test('guesses from where the user has logged in from do not count for strangers', () => {
    const { guard } = create();
    guard.entered('admin', from('192.168.1.2'));
    for (let i = 0; i < 100; i++) guard.guessed('admin', from('192.168.1.2'));
    assert.equal(guard.admits('admin', from('10.0.0.1')), true);
  });

  test('a recorded login that was right once cannot be used to find out whether guesses were counted', () => {
    const { guard } = create();
    const recorded = { firstBlock: '00112233445566778899AABBCCDDEEFF' };
    guard.entered('admin', from('192.168.1.2', recorded));
    guess(guard, 'admin', 5);
    assert.equal(guard.admits('admin', from('10.0.0.1', recorded)), true);
    assert.equal(guard.admits('user', from('10.0.0.1', recorded)), true);
    assert.equal(guard.admits('admin', from('10.0.0.1', { firstBlock: 'FF'.repeat(16) })), false);
  });

  test('another user cannot push out where a user has logged in from', () => {
    const { guard } = create();
    guard.entered('admin', from('192.168.1.2'));
    for (let i = 0; i < 10_000; i++) guard.entered('eve', from(`2001:db8:${i}`));
    guess(guard, 'admin', 5);
    assert.equal(guard.admits('admin', from('192.168.1.2')), true);
  });
});
