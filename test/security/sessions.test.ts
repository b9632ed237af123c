import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LiveDriver, quickUser } from '../support/live-driver.ts';
import { TestClient } from '../support/ws-client.ts';

test('the password of a sample is taken on this machine alone, another one from everywhere', async (context) => {
  // The MD5 hash of admin and secret is that of a sample.
  const users = [quickUser('admin', 'admin'), quickUser('anna', 'user')];
  const driver = await LiveDriver.start({ users, keys: { 'trusted-proxies': ['127.0.0.1'] } });
  context.after(() => driver.dispose());
  const login = async (user: string, from?: string): Promise<string> => {
    const headers = from === undefined ? {} : { 'X-Forwarded-For': from };
    const client = await TestClient.connect(`${driver.url}/ws1`, { headers });
    const reply = await client.login(user);
    client.ws.terminate();
    return reply.slice(0, 7);
  };
  assert.match(driver.log, /user "admin": the password is that of a sample/);
  assert.equal(await login('admin'), '+;AUTH1');
  assert.equal(await login('admin', '192.168.1.7'), '-;AUTH;');
  assert.equal(await login('admin', '2001:db8::1'), '-;AUTH;');
  assert.equal(await login('anna', '192.168.1.7'), '+;AUTH1');
  assert.match(driver.log, /auth failed user=admin ip=192\.168\.1\.7 reason=sample-password/);
});

test('a session ends with 4401 when session-max-age is over, counted from its login', async (context) => {
  const driver = await LiveDriver.start({ keys: { 'session-max-age': 3 } });
  context.after(() => driver.dispose());
  const client = await TestClient.connect(`${driver.url}/ws1`);
  await client.start();
  const begun = performance.now();
  assert.deepEqual(await client.closed, { code: 4401, reason: 'session too old' });
  assert.ok(performance.now() - begun > 2500);
});
