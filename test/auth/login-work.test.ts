/** How much work logins cost, counted and not timed: each verification is one PBKDF2 of the runtime. */
import assert from 'node:assert/strict';
import { createHook } from 'node:async_hooks';
import { after, test } from 'node:test';
import { Authenticator } from '../../src/auth/authenticator.ts';
import type { LoginResult } from '../../src/auth/login.ts';
import { RIGHT_WEBSOCKETS } from '../../src/auth/rights.ts';
import type { User } from '../../src/auth/user.ts';
import { parseUsers } from '../../src/auth/users-file.ts';
import { ADMIN, createTestLogger, USER } from '../support/memory-server.ts';
import { DEFAULT_KEY } from '../support/ws-client.ts';

const HERE = '127.0.0.1';
let verifications = 0;
const hook = createHook({
  init(_id, type) {
    if (type === 'PBKDF2REQUEST') verifications++;
  },
}).enable();
after(() => hook.disable());

function start(memory?: Uint8Array): { authenticator: Authenticator; users: Map<string, User> } {
  const { users } = parseUsers({ users: [ADMIN, USER] });
  const authenticator = new Authenticator({
    users,
    key: () => DEFAULT_KEY,
    authIv: 'spec',
    log: createTestLogger().logger(),
    memory,
    sleep: async () => undefined,
  });
  return { authenticator, users };
}

/** Logs in; the outcome and how many verifications it took. */
async function cost(
  authenticator: Authenticator,
  user: string,
  password: string,
  address = HERE,
): Promise<[reason: string, verifications: number]> {
  const before = verifications;
  const result: LoginResult = await authenticator.check({ user, password }, address, RIGHT_WEBSOCKETS);
  return [result.ok ? 'ok' : result.reason, verifications - before];
}

test('a right login is verified once; a wrong password, an unknown user and a refused address always are', async () => {
  const { authenticator, users } = start();
  assert.deepEqual(await cost(authenticator, 'admin', 'secret'), ['ok', 1]);
  assert.deepEqual(await cost(authenticator, 'admin', 'secret'), ['ok', 0]);
  for (let round = 0; round < 3; round++) {
    assert.deepEqual(await cost(authenticator, 'admin', 'wrong'), ['wrong-password', 1]);
    assert.deepEqual(await cost(authenticator, 'nobody', 'secret'), ['unknown-user', 1]);
    // The password of samples is good on this machine alone: right and remembered, and refused all the same.
    assert.deepEqual(await cost(authenticator, 'admin', 'secret', '10.0.0.1'), ['sample-password', 1]);
    const admin = users.get('admin') as User;
    users.set('admin', { ...admin, rights: 0 });
    assert.deepEqual(await cost(authenticator, 'admin', 'secret'), ['no-right', 1]);
    users.set('admin', admin);
  }
  assert.deepEqual(await cost(authenticator, 'admin', 'secret'), ['ok', 0]);
});

test('an edit or the removal of the user ends what is remembered, for that user alone', async () => {
  const { authenticator, users } = start();
  for (const name of ['admin', 'user']) await cost(authenticator, name, 'secret');
  authenticator.forget(['admin']);
  assert.deepEqual(await cost(authenticator, 'admin', 'secret'), ['ok', 1]);
  assert.deepEqual(await cost(authenticator, 'user', 'secret'), ['ok', 0]);
  const user = users.get('user') as User;
  users.delete('user');
  assert.deepEqual(await cost(authenticator, 'user', 'secret'), ['unknown-user', 1]);
  users.set('user', { ...user, password: { kind: 'md5', digest: Buffer.alloc(16) } });
  assert.deepEqual(await cost(authenticator, 'user', 'secret'), ['wrong-password', 1]);
});

test('what another runtime has verified in the same memory needs no work', async () => {
  const memory = new Uint8Array(64 * 1024);
  await cost(start(memory).authenticator, 'admin', 'secret');
  assert.deepEqual(await cost(start(memory).authenticator, 'admin', 'secret'), ['ok', 0]);
  assert.deepEqual(await cost(start(memory).authenticator, 'admin', 'wrong'), ['wrong-password', 1]);
});
