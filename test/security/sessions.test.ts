import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LiveDriver } from '../support/live-driver.ts';
import { quickUser } from '../support/users.ts';
import { TestClient } from '../support/ws-client.ts';

test('a password that everybody tries first is taken on this machine alone, another one from everywhere', async (context) => {
  // The MD5 hash of admin and secret is that of a sample.
  const users = [
    quickUser('admin', 'admin'),
    quickUser('bo', 'user'),
    quickUser('Carl', 'user', {}, 'carl'),
    quickUser('dora', 'user', {}, 'short'),
    quickUser('anna', 'user', {}, 'correct horse'),
  ];
  const driver = await LiveDriver.startFor(context, { users, keys: { 'trusted-proxies': ['127.0.0.1'] } });
  const login = async (user: string, password: string, from?: string): Promise<string> => {
    const headers = from === undefined ? {} : { 'X-Forwarded-For': from };
    const client = await TestClient.connect(`${driver.url}/ws1`, { headers });
    const reply = await client.login(user, password);
    client.ws.terminate();
    return reply.slice(0, 7);
  };
  await driver.waitForLog(/user "admin": the password is that of a sample/);
  for (const [user, password] of [
    ['admin', 'secret'],
    ['bo', 'secret'],
    ['Carl', 'carl'],
  ] as const) {
    assert.equal(await login(user, password), '+;AUTH1', user);
    assert.equal(await login(user, password, '192.168.1.7'), '-;AUTH;', user);
    await driver.waitForLog(
      new RegExp(`auth failed user=${user} ip=192\\.168\\.1\\.7 reason=sample-password`),
    );
  }
  assert.equal(await login('admin', 'secret', '2001:db8::1'), '-;AUTH;');
  assert.equal(await login('dora', 'short', '192.168.1.8'), '+;AUTH1');
  assert.equal(await login('anna', 'correct horse', '192.168.1.8'), '+;AUTH1');
  await driver.waitForLog(/the password of user dora is soon guessed/);
  const told = [...driver.log.matchAll(/\[(\w+)\] .*the password of user (\w+) is soon guessed/g)];
  assert.deepEqual(
    told.map(([, level, user]) => `${user} ${level}`),
    ['admin warning', 'bo warning', 'Carl warning', 'dora error'],
  );
});

test('a session ends with 4401 when session-max-age is over, counted from its login', async (context) => {
  const driver = await LiveDriver.startFor(context, { keys: { 'session-max-age': 3 } });
  const client = await TestClient.connect(`${driver.url}/ws1`);
  await client.start();
  const begun = performance.now();
  assert.deepEqual(await client.closed, { code: 4401, reason: 'session too old' });
  assert.ok(performance.now() - begun > 2500);
});
