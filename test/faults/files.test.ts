import assert from 'node:assert/strict';
import { mkdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { TestAuthority } from '../http/support/certificates.ts';
import { LIVE_USERS, LiveDriver, type LiveDriverOptions, waitFor } from '../support/live-driver.ts';
import { quickUser } from '../support/users.ts';
import { TestClient } from '../support/ws-client.ts';

/** A driver that is gone when the test ends, whatever the outcome. */
async function prepare(context: TestContext, options: LiveDriverOptions = {}): Promise<LiveDriver> {
  const driver = await LiveDriver.prepare(options);
  context.after(() => driver.dispose());
  return driver;
}

async function start(context: TestContext, options: LiveDriverOptions = {}): Promise<LiveDriver> {
  const driver = await prepare(context, options);
  await driver.open();
  return driver;
}

async function logIn(driver: LiveDriver, user = 'admin'): Promise<TestClient> {
  const client = await TestClient.connect(`${driver.url}/ws1`);
  assert.match(await client.login(user), /^\+;AUTH1;/);
  return client;
}

async function assertServes(driver: LiveDriver, client: TestClient): Promise<void> {
  assert.equal(await client.ask('C;NOOP'), '+;NOOP');
  const other = await logIn(driver);
  other.ws.terminate();
}

/** VSCPOpen has to fail and to say why in one line on standard error. */
async function assertOpenFails(driver: LiveDriver, reason: RegExp): Promise<void> {
  const { handle } = await driver.host.open(driver.config);
  assert.equal(handle, 0);
  await driver.waitForStderr(reason);
  assert.equal((await driver.host.request('ping')).ok, true);
}

const BAD_USERS: readonly [string, (path: string) => Promise<void>, RegExp][] = [
  ['is deleted', (path) => rm(path), /\[error\] \[users\] .*users\.json.*no such file/],
  ['is cut in the middle', (path) => writeFile(path, '{"users":[{"name":"ad'), /\[error\] \[users\] .*users\.json.*not valid JSON|\[error\] \[users\] .*users\.json/],
  ['is empty', (path) => writeFile(path, ''), /\[error\] \[users\] .*users\.json/],
  ['is binary', (path) => writeFile(path, Buffer.from([0, 255, 254, 1])), /\[error\] \[users\] .*users\.json/],
  ['names a user twice', (path) => writeFile(path, JSON.stringify({ users: [quickUser('a', 'admin'), quickUser('a', 'user')] })), /\[error\] \[users\] .*users\.json.*"a"/],
  ['becomes a folder', async (path) => { await rm(path); await mkdir(path); }, /\[error\] \[users\] .*users\.json/],
]; // biome-ignore format: a table

for (const [what, spoil, logged] of BAD_USERS) {
  test(`when the users file ${what}, the users read before stay and the log says so; a good file is taken again`, async (context) => {
    const driver = await start(context);
    const client = await logIn(driver);
    await spoil(driver.usersFile);
    const [line] = await driver.waitForLog(
      new RegExp(`${logged.source}.*the users read before stay in force`),
    );
    assert.doesNotMatch(line, /\n/);
    await assertServes(driver, client);
    await rm(driver.usersFile, { recursive: true, force: true });
    await driver.writeUsers([...LIVE_USERS, quickUser('late', 'user')]);
    await driver.waitForLog(/users\.json: read again, 3 users/);
    const late = await logIn(driver, 'late');
    late.ws.terminate();
    await assertServes(driver, client);
    await driver.stop();
  });
}

test('without its users file the driver does not open and says which file is missing', async (context) => {
  const driver = await prepare(context);
  await rm(driver.usersFile);
  await assertOpenFails(driver, /users\.json.*(no such file|ENOENT)/);
  await driver.writeUsers(LIVE_USERS);
  await driver.open();
  await driver.stop();
});

test('a log folder that vanishes costs lines, not the driver; it is made again', async (context) => {
  const driver = await prepare(context);
  const folder = join(driver.folder, 'logs');
  const logFile = join(folder, 'driver.log');
  driver.config.logging = {
    'console-enable-log': true,
    'file-enable-log': true,
    'file-path': logFile,
    'log-level': 'info',
  };
  const { handle } = await driver.host.open(driver.config);
  assert.ok(handle > 0);
  const [, port] = await waitFor(/listens on ws:\/\/127\.0\.0\.1:(\d+)/, () => driver.host.console);
  driver.port = Number(port);
  const client = await logIn(driver);
  await rename(folder, `${folder}.old`);
  for (let round = 0; ; round++) {
    assert.ok(round < 100, 'the log file is not made again');
    await assertServes(driver, client);
    if (await stat(logFile).catch(() => undefined)) break;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  await driver.stop();
});

test('a full disk under the log costs lines, is told once on the console, and the driver goes on', async (context) => {
  const driver = await prepare(context);
  driver.config.logging = {
    'console-enable-log': true,
    'file-enable-log': true,
    'file-path': '/dev/full',
    'log-level': 'info',
  };
  const { handle } = await driver.host.open(driver.config);
  assert.ok(handle > 0);
  const read = () => driver.host.console;
  const [, port] = await waitFor(/listens on ws:\/\/127\.0\.0\.1:(\d+)/, read);
  driver.port = Number(port);
  await waitFor(/\[error\] \[logging\] log file \/dev\/full cannot be written: .*no space left/i, read);
  const client = await logIn(driver);
  for (let i = 0; i < 20; i++) await assertServes(driver, client);
  assert.equal(read().match(/cannot be written/g)?.length, 1);
  await driver.stop();
});

test('a port that is taken makes VSCPOpen fail with the address; once free, it opens', async (context) => {
  const taken = createServer();
  await new Promise<void>((resolve) => {
    taken.listen(0, '127.0.0.1', resolve);
  });
  const address = taken.address();
  const port = typeof address === 'object' ? address?.port : 0;
  const driver = await prepare(context);
  driver.config.interface = `ws://127.0.0.1:${port}`;
  await assertOpenFails(driver, new RegExp(`address already in use: ws://127\\.0\\.0\\.1:${port}`));
  await new Promise((resolve) => taken.close(resolve));
  await driver.open();
  const client = await logIn(driver);
  await assertServes(driver, client);
  await driver.stop();
});

test('a certificate that vanishes keeps the old one in force; missing at open it is named', async (context) => {
  const authority = await TestAuthority.create(context);
  const { cert, key } = await authority.issue('driver');
  const driver = await prepare(context);
  driver.config.interface = ['ws://127.0.0.1:0', 'wss://127.0.0.1:0'];
  driver.config.tls = { cert, key };
  await driver.open();
  const [, secure] = await driver.waitForLog(/listens on wss:\/\/127\.0\.0\.1:(\d+)/);
  await rm(cert);
  await driver.waitForLog(
    /\[error\] .*the new TLS files cannot be used.*old ones stay in force.*driver\.pem/,
  );
  const tls = await TestClient.connect(`wss://127.0.0.1:${secure}/ws1`, { rejectUnauthorized: false });
  assert.match(await tls.login(), /^\+;AUTH1;/);
  tls.ws.terminate();
  await driver.host.close();
  await assertOpenFails(driver, /tls\.cert: .*driver\.pem.*(no such file|ENOENT)/i);
  await driver.stop();
});

test('problems of the configuration are a line each, on standard error and in the log file it names', async (context) => {
  const driver = await prepare(context);
  Object.assign(driver.config, { 'max-clients': -1, 'enable-ws1': 'perhaps' });
  assert.equal((await driver.host.open(driver.config)).handle, 0);
  for (const key of ['max-clients', 'enable-ws1']) {
    await driver.waitForLog(new RegExp(`^.*\\[critical\\] \\[driver\\] [^\\n]*: ${key}: found`, 'm'));
    await driver.waitForStderr(
      new RegExp(`^vscpl2drv-websocksrv: VSCPOpen failed: [^\\n]*: ${key}: found`, 'm'),
    );
  }
  for (const line of `${driver.log}\n${driver.host.stderr}`.split('\n')) {
    assert.ok((line.match(/: found/g) ?? []).length <= 1, line);
  }
  await driver.stop();
});

test('an IPv6 address stands in brackets in the log, as it is configured', async (context) => {
  const driver = await prepare(context);
  // The second address is free on every machine, or the machine has no IPv6: the log names both in brackets.
  driver.config.interface = ['ws://127.0.0.1:0', 'ws://[::1]:0'];
  const { handle } = await driver.host.open(driver.config);
  const line = handle > 0 ? /listens on ws:\/\/\[::1\]:[1-9]\d*$/m : /\[critical\].* ws:\/\/\[::1\]:0\b/;
  await driver.waitForLog(line);
  assert.doesNotMatch(driver.log, /ws:\/\/::1/);
  await driver.stop();
});
