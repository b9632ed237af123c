import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, test } from 'node:test';
import { tempFolder } from '../config/temp-folder.ts';
import { LiveDriver } from '../support/live-driver.ts';
import { command, makeToken, passwordClient, tokenLogin } from '../support/token-client.ts';
import { encryptLogin } from '../support/ws-client.ts';

const folder = tempFolder();
const drivers: LiveDriver[] = [];
after(() => Promise.all(drivers.map((driver) => driver.dispose())));

async function start(stateDir: string): Promise<LiveDriver> {
  const driver = await LiveDriver.start({ keys: { 'state-dir': stateDir } });
  drivers.push(driver);
  return driver;
}

test('through the built library: a token outlives a host that is killed', async () => {
  const stateDir = `${folder.path}/killed`;
  const first = await start(stateDir);
  const token = await makeToken(await passwordClient(first.url, 'user'));
  await first.dispose();
  const second = await start(stateDir);
  const { client, reply } = await tokenLogin(second.url, token);
  assert.equal(reply.type, '+');
  const admin = await passwordClient(second.url);
  await command(admin, 'REVOKE', { id: token.id });
  assert.equal((await client.closed).code, 4403);
});

test('through the built library: a second server with the same state-dir is refused with a clear line', async () => {
  const stateDir = `${folder.path}/shared`;
  await start(stateDir);
  await assert.rejects(
    start(stateDir),
    /VSCPOpen failed: .*state-dir: .*shared belongs to another server that runs/,
  );
});

test('through the built library: users that are edited over ws2 are in force with the reply', async () => {
  const driver = await start(`${folder.path}/users`);
  const admin = await passwordClient(driver.url);
  const iv = randomBytes(16);
  const password = { iv: iv.toString('hex'), crypto: encryptLogin('anna', 'long enough', iv) };
  const added = await command(admin, 'USERSET', { name: 'anna', create: true, rights: 'user', ...password });
  assert.equal(added.type, '+', JSON.stringify(added));
  const anna = await passwordClient(driver.url, 'anna', 'long enough');
  assert.equal((await command(anna, 'USERS')).errcode, 7);
  assert.match(
    (await command(admin, 'USERDEL', { name: 'admin' })).errstr ?? '',
    /Nobody could manage users/,
  );
  assert.equal((await command(admin, 'USERDEL', { name: 'anna' })).type, '+');
  assert.equal((await anna.closed).code, 4403);
});

test('through the built library: a token opens the JSON API, with its rights alone, and its stream ends with it', async () => {
  const driver = await start(`${folder.path}/bearer`);
  const admin = await passwordClient(driver.url);
  const token = await makeToken(admin, { rights: 'rest,receive-events' });
  const url = `${driver.url.replace('ws', 'http')}/api/v1`;
  const headersOf = (secret: Buffer) => ({
    authorization: `Bearer ${token.id}.${secret.toString('hex')}`,
    'content-type': 'application/json',
    connection: 'close',
  });
  const headers = headersOf(token.secret);
  const me = (await (await fetch(`${url}/me`, { headers })).json()) as { user: string; admin: boolean };
  assert.deepEqual([me.user, me.admin], ['admin', false]);
  const send = { method: 'POST', headers, body: '{"class":30,"type":5}' };
  assert.equal((await fetch(`${url}/events`, send)).status, 403);
  assert.equal((await fetch(`${url}/me`, { headers: headersOf(randomBytes(32)) })).status, 401);

  const stream = await fetch(`${url}/events`, { headers });
  assert.equal(stream.status, 200);
  assert.equal((await command(admin, 'REVOKE', { id: token.id })).type, '+');
  // Comes to its end only when the driver closes it.
  await stream.text();
  assert.equal((await fetch(`${url}/me`, { headers })).status, 401);
});
