import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseTokens, TOKENS_FILE, TOKENS_VERSION } from '../../src/auth/token.ts';
import { TokenStore } from '../../src/auth/token-store.ts';
import type { User } from '../../src/auth/user.ts';
import { parseUsers } from '../../src/auth/users-file.ts';
import { StateFolder } from '../../src/state/state-folder.ts';
import { tempFolder } from '../config/temp-folder.ts';
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

const folder = tempFolder();

/** A driver that opens and closes with the clock at `wallMs`; `use` runs in between, `monotonic` may run on. */
async function openAt(
  name: string,
  wallMs: number,
  use: (store: TokenStore, clock: { wall: number; monotonic: number }) => Promise<void>,
): Promise<void> {
  const log = createTestLogger().logger();
  const clock = { wall: wallMs, monotonic: 0 };
  const state = await StateFolder.open(`${folder.path}/${name}`, log);
  const file = state.file(TOKENS_FILE, { version: TOKENS_VERSION, parse: parseTokens });
  const clocks = { wallMs: () => clock.wall, monotonicMs: () => clock.monotonic };
  const store = await TokenStore.load({ users, log, file, ...clocks });
  await use(store, clock);
  await store.close();
  await state.close();
}

test('a machine that starts with its clock a year ahead or back throws nobody out, and brings nothing back', async () => {
  const start = Date.UTC(2026, 0, 1);
  const ids: string[] = [];
  await openAt('years', start, async (store) => {
    for (const lifetimeS of [60, 86_400]) ids.push((await store.create({ ...WANTED, lifetimeS }))?.id ?? '');
  });
  const [short = '', long = ''] = ids;
  await openAt('years', start + 365 * DAY, async (store, clock) => {
    assert.ok(store.find(long), 'a year ahead');
    pass(clock, 61_000);
    assert.equal(store.find(short), undefined, 'its time runs all the same');
  });
  await openAt('years', start - 365 * DAY, async (store) => {
    assert.ok(store.find(long), 'a year back');
    assert.equal(store.find(short), undefined);
  });
  await openAt('years', start + 365 * DAY, async (store, clock) => {
    assert.ok(store.find(long));
    pass(clock, 3_600_001);
    assert.equal(store.find(long), undefined, 'the clock has stayed there');
  });
  await openAt('years', start, async (store) => {
    assert.equal(store.find(long), undefined, 'for good');
  });
});

test('a driver that was closed for a week counts that week at once', async () => {
  const start = Date.UTC(2026, 0, 1);
  let id = '';
  await openAt('week', start, async (store) => {
    id = (await store.create({ ...WANTED, lifetimeS: 6 * 86_400 }))?.id ?? '';
  });
  await openAt('week', start + 7 * DAY, async (store) => {
    assert.equal(store.find(id), undefined);
  });
});
