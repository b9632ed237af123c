import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { LiveDriver, waitFor } from '../support/live-driver.ts';
import { quickUser } from '../support/users.ts';
import { TestClient } from '../support/ws-client.ts';
import { Bystander } from './bystander.ts';

/** What ends or hangs the existing C++ driver, and what this one answers. */
const KEY_32 = '6B29FC40CA471067B31D00DD010662DA';
const PARSE_ERROR = '-;EVENT;8;Parse error, invalid format.';
const NO_CLASS = `${PARSE_ERROR} vscpClass: 0-65535 expected`;
const NO_TYPE = `${PARSE_ERROR} vscpType: 0-65535 expected`;
const NO_GUID = `${PARSE_ERROR} vscpGuid: 16 hex bytes with colons expected`;
/** What is said of an event that is too short: the first field that it lacks and has to have. */
const TOO_SHORT: Record<string, string> = {
  '': NO_CLASS,
  '0': NO_CLASS,
  '0,10': NO_TYPE,
  '0,10,6': NO_GUID,
  '0,10,6,0': NO_GUID,
  '0,10,6,0,': NO_GUID,
  '0,10,6,0,,0': NO_GUID,
};
const JSON_PARSE_ERROR = { type: '-', command: 'EVENT', errcode: 8 };

let driver: LiveDriver;
let bystander: Bystander;

before(async () => {
  const users = [quickUser('admin', 'admin'), quickUser('sensor', 'user', { events: 'TX;10:6' })];
  driver = await LiveDriver.start({ users });
  await driver.host.request('mode 0 count');
  bystander = await Bystander.join(driver);
});

after(async () => {
  await bystander.check();
  assert.doesNotMatch(driver.log, /\[(error|critical)\]/);
  await driver.stop();
});

async function withClient(
  path: string,
  user: string | undefined,
  work: (client: TestClient) => Promise<void>,
): Promise<void> {
  const client = await TestClient.connect(driver.url + path);
  if (user !== undefined) await client.login(user);
  await work(client);
  const noop = path === '/ws1' ? 'C;NOOP' : { type: 'CMD', command: 'NOOP' };
  assert.match(await client.ask(noop), /NOOP/, 'the session goes on');
  client.ws.terminate();
}

async function refuses(client: TestClient, frame: string | object, expected: string | object): Promise<void> {
  const reply = await client.ask(frame);
  if (typeof expected === 'string') {
    assert.equal(reply, expected);
    return;
  }
  for (const [key, value] of Object.entries(expected)) assert.equal(JSON.parse(reply)[key], value);
}

test('an event before the login is refused with 5', async () => {
  await withClient('/ws1', undefined, (client) =>
    refuses(client, 'E;0,10,6,0,,0,-,1', '-;EVENT;5;Not authorised.'),
  );
  await withClient('/ws2', undefined, (client) =>
    refuses(client, { type: 'EVENT', event: { class: 10, type: 6 } }, { command: 'EVENT', errcode: 5 }),
  );
});

test('an event of fewer than seven fields is a parse error', async () => {
  await withClient('/ws1', 'admin', async (client) => {
    for (const [text, refusal] of Object.entries(TOO_SHORT)) await refuses(client, `E;${text}`, refusal);
  });
  await withClient('/ws2', 'admin', async (client) => {
    for (const event of [{}, { class: 10 }, { type: 6 }, null, []]) {
      await refuses(client, { type: 'EVENT', event }, JSON_PARSE_ERROR);
    }
  });
});

test('an event of 20 000 commas is a parse error', async () => {
  await withClient('/ws1', 'admin', (client) => refuses(client, `E;${','.repeat(20_000)}`, NO_CLASS));
  await withClient('/ws2', 'admin', (client) =>
    refuses(
      client,
      { type: 'EVENT', event: { class: 10, type: 6, data: ','.repeat(20_000) } },
      JSON_PARSE_ERROR,
    ),
  );
});

test("an event that is not in the user's list is refused with 6", async () => {
  await withClient('/ws1', 'sensor', async (client) => {
    assert.equal(await client.ask('E;0,10,6,0,,0,-,1'), '+;EVENT');
    await refuses(client, 'E;0,10,7,0,,0,-,1', '-;EVENT;6;Not allowed to send event.');
  });
  await withClient('/ws2', 'sensor', (client) =>
    refuses(client, { type: 'EVENT', event: { class: 20, type: 9 } }, { command: 'EVENT', errcode: 6 }),
  );
});

test('SETFILTER with a bad GUID is a syntax error, and CLRQ behind it works', async () => {
  await withClient('/ws1', 'admin', async (client) => {
    await refuses(client, 'C;SETFILTER;0,0,0,ZZ;0,0,0,FF', '-;SF;1;Syntax error.');
    assert.equal(await client.ask('C;CLRQ'), '+;CLRQ');
    assert.equal(await client.ask('C;OPEN'), '+;OPEN');
  });
  await withClient('/ws2', 'admin', async (client) => {
    await refuses(
      client,
      { type: 'CMD', command: 'SF', args: { mask_guid: 'ZZ' } },
      { command: 'SF', errcode: 1 },
    );
    assert.match(await client.ask({ type: 'CMD', command: 'CLRQ' }), /^\{"type":"\+","command":"CLRQ"/);
  });
});

for (const digits of [32, 64, 512, 100_000]) {
  test(`a key file of ${digits} digits counts with its first 32`, async (context) => {
    const other = await LiveDriver.prepare();
    context.after(() => other.dispose());
    const keyFile = join(other.folder, 'vscp.key');
    await writeFile(keyFile, `${KEY_32}${'0'.repeat(digits - 32)}\n`, { mode: 0o600 });
    other.config['key-file'] = keyFile;
    await other.open();
    const client = await TestClient.connect(`${other.url}/ws1`);
    const login = client.authRequest('admin', 'secret', { key: Buffer.from(KEY_32, 'hex') });
    assert.match(await client.ask(login), /^\+;AUTH1;/);
    client.ws.terminate();
    await other.stop();
  });
}

test('close and open again, five times in one host, serves clients each time', async (context) => {
  const other = await LiveDriver.start();
  context.after(() => other.dispose());
  for (let round = 0; round < 5; round++) {
    const client = await TestClient.connect(`${other.url}/ws1`);
    assert.match(await client.login(), /^\+;AUTH1;/);
    const { code } = await other.host.close();
    assert.equal(code, 0);
    assert.equal((await client.closed).code, 1001);
    await other.open();
  }
  await other.stop();
});

test('a configuration without logging opens, serves and logs to the console', async (context) => {
  const other = await LiveDriver.prepare();
  context.after(() => other.dispose());
  delete other.config.logging;
  const { handle } = await other.host.open(other.config);
  assert.ok(handle > 0);
  const [, port] = await waitFor(/listens on ws:\/\/127\.0\.0\.1:(\d+)/, () => other.host.console);
  const client = await TestClient.connect(`ws://127.0.0.1:${port}/ws1`);
  assert.match(await client.login(), /^\+;AUTH1;/);
  client.ws.terminate();
  await other.stop();
});

test('VSCPRead with four seconds of time-out waits four seconds and returns 32, or at once with an event', async (context) => {
  const other = await LiveDriver.start();
  context.after(() => other.dispose());
  await other.host.request('read 0 off');
  const idle = await other.host.request('raw 0 read self 4000');
  assert.equal(idle.code, 32);
  assert.ok(Number(idle.ms) >= 3990, `returned after ${idle.ms} ms`);
  const client = await TestClient.connect(`${other.url}/ws1`);
  await client.login();
  const reading = other.host.request('&raw 0 read self 4000');
  assert.equal(await client.ask('E;0,10,6,0,,0,-,1'), '+;EVENT');
  const { code, ms } = await reading;
  assert.equal(code, 0);
  assert.ok(Number(ms) < 4000, `returned after ${ms} ms`);
  client.ws.terminate();
  await other.stop();
});
