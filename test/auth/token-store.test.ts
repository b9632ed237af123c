import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TokenStore } from '../../src/auth/token-store.ts';
import type { User } from '../../src/auth/user.ts';
import { parseUsers } from '../../src/auth/users-file.ts';
import { createTestLogger, USER } from '../support/memory-server.ts';

const DAY = 86_400_000;
const { users } = parseUsers({ users: [USER] });
const user = users.get('user') as User;

/** A store whose clocks the test sets: `wall` may jump, `monotonic` only runs on. */
async function storeAt(clock: { wall: number; monotonic: number }): Promise<TokenStore> {
  return TokenStore.load({
    users,
    log: createTestLogger().logger(),
    wallMs: () => clock.wall,
    monotonicMs: () => clock.monotonic,
  });
}

function pass(clock: { wall: number; monotonic: number }, ms: number): void {
  clock.wall += ms;
  clock.monotonic += ms;
}

const WANTED = { user, label: 'x', rights: undefined, isLocal: false };

test('a token ends with its lifetime, which counts from its last use', async () => {
  const clock = { wall: Date.UTC(2026, 0, 1), monotonic: 0 };
  const store = await storeAt(clock);
  const token = await store.create({ ...WANTED, lifetimeS: 30 * 86_400 });
  assert.ok(token);
  pass(clock, 29 * DAY);
  store.used(token, '10.0.0.1');
  pass(clock, 29 * DAY);
  assert.equal(store.find(token.id), token);
  pass(clock, DAY);
  assert.equal(store.find(token.id), undefined);
  await store.close();
});

test('a session that goes on keeps its token', async () => {
  const clock = { wall: Date.UTC(2026, 0, 1), monotonic: 0 };
  const store = await storeAt(clock);
  const token = await store.create({ ...WANTED, lifetimeS: 60 });
  assert.ok(token);
  store.countSession(token.id, 1);
  pass(clock, 500 * DAY);
  assert.equal(store.find(token.id), token);
  store.countSession(token.id, -1);
  pass(clock, 59_000);
  assert.equal(store.find(token.id), token);
  pass(clock, 1000);
  assert.equal(store.find(token.id), undefined);
  await store.close();
});

test('a clock that is set back by a year brings no token back, and ends none', async () => {
  const clock = { wall: Date.UTC(2026, 0, 1), monotonic: 0 };
  const store = await storeAt(clock);
  const short = await store.create({ ...WANTED, lifetimeS: 3600 });
  const long = await store.create({ ...WANTED, lifetimeS: 86_400 });
  assert.ok(short && long);
  pass(clock, 3_600_000);
  assert.equal(store.find(short.id), undefined);
  clock.wall -= 365 * DAY;
  assert.equal(store.find(short.id), undefined);
  assert.equal(store.find(long.id), long);
  await store.close();
});

test('a clock that is set ahead by a year throws nobody out before it has stayed there for an hour', async () => {
  const clock = { wall: Date.UTC(2026, 0, 1), monotonic: 0 };
  const store = await storeAt(clock);
  const token = await store.create({ ...WANTED, lifetimeS: 86_400 });
  assert.ok(token);
  clock.wall += 365 * DAY;
  assert.equal(store.find(token.id), token);
  clock.wall -= 365 * DAY;
  pass(clock, 3_600_000);
  assert.equal(store.find(token.id), token);
  clock.wall += 365 * DAY;
  assert.equal(store.find(token.id), token);
  pass(clock, 3_600_001);
  assert.equal(store.find(token.id), undefined);
  await store.close();
});
