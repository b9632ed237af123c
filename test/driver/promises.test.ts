/** What an answer means: a test for each line of the table in docs/protocols.md. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { makeDriverFolder } from '../support/driver-folder.ts';
import { LiveDriver, type LiveDriverOptions } from '../support/live-driver.ts';
import { command, makeToken, passwordClient, tokenLogin } from '../support/token-client.ts';
import type { TestClient } from '../support/ws-client.ts';

const MORTAL = fileURLToPath(new URL('../support/dying-driver.ts', import.meta.url));
const LAMP = { vscpClass: 20, vscpType: 3 };
const LAST = { keys: { 'last-values': 100 } };

/** A driver whose runtime ends by an event of class 65535. */
async function mortalDriver(context: TestContext, options: LiveDriverOptions = {}): Promise<LiveDriver> {
  const library = makeDriverFolder(MORTAL);
  context.after(() => library.remove());
  return LiveDriver.startFor(context, { ...options, library: library.library });
}

const AT_ONCE = 1;
const AFTER_A_SECOND = 3;

/** Ends the runtime, and waits until the next one serves; `meanwhile` is done before it has ended. */
async function restart(driver: LiveDriver, how = AT_ONCE, meanwhile = async () => {}): Promise<void> {
  const killer = await passwordClient(driver.url);
  const from = driver.log.length;
  killer.send({ type: 'EVENT', event: { vscpClass: 65_535, vscpType: how } });
  await meanwhile();
  await killer.closed;
  driver.port = Number((await driver.waitForLog(/listens on ws:\/\/\S+:(\d+)/, from))[1]);
}

const open = (client: TestClient) => client.ask({ type: 'CMD', command: 'OPEN', args: null });
const sendLamp = (client: TestClient, number: number) =>
  client.ask({ type: 'EVENT', event: { ...LAMP, vscpData: [0, 1, number] } });

test('+ EVENT: the event is in the queue for the host, and outlives the runtime', async (context) => {
  const driver = await mortalDriver(context);
  await driver.host.request('read 0 off');
  const client = await passwordClient(driver.url);
  for (let number = 0; number < 20; number++) assert.match(await sendLamp(client, number), /"\+"/);
  await restart(driver);
  await driver.host.request('read 0 on');
  for (let number = 0; number < 20; number++) {
    const { data } = await driver.host.nextEvent(({ vscpClass }) => vscpClass === LAMP.vscpClass);
    assert.equal(data[2], number);
  }
  await driver.stop();
});

test('error 3: nobody has the event; the same one sent again comes to everybody once', async (context) => {
  const driver = await LiveDriver.startFor(context, { keys: { 'max-outgoing-queue-size': 16 } });
  await driver.host.request('read 0 off');
  const reader = await passwordClient(driver.url);
  await open(reader);
  const client = await passwordClient(driver.url);
  let taken = 0;
  let reply = '';
  // The host may hold one that it has read already.
  for (; taken < 1000; taken++) {
    reply = await sendLamp(client, taken);
    if (!reply.includes('"+"')) break;
  }
  assert.match(reply, /"errcode":3/);
  assert.equal((await driver.metrics()).get('event_drops_total{reason="host-queue-full"}'), 1);
  assert.equal((await reader.settle()).length, taken);
  await driver.host.request('read 0 on');
  for (let number = 0; number < taken; number++) {
    assert.equal((await driver.host.nextEvent()).data[2], number & 0xff);
  }
  assert.match(await sendLamp(client, taken), /"\+"/);
  assert.equal((await driver.host.nextEvent()).data[2], taken & 0xff);
  assert.equal((await reader.settle()).length, 1);
  await driver.stop();
});

test('VSCPWrite 0: the event is in the queue for the runtime, and outlives it', async (context) => {
  const driver = await mortalDriver(context, LAST);
  let taken = 0;
  await restart(driver, AFTER_A_SECOND, async () => {
    for (let code = 0; code === 0; await sleep(20)) {
      code = (await driver.host.write({ ...LAMP, data: Uint8Array.of(0, 1, taken & 0xff) })).code;
      if (code === 0) taken++;
    }
  });
  assert.ok(taken > 0);
  const reader = await passwordClient(driver.url);
  const { args } = await command(reader, 'LAST');
  const [last] = args.events as { vscpData: number[] }[];
  assert.deepEqual(last?.vscpData, [0, 1, (taken - 1) & 0xff]);
  await driver.stop();
});

test('a session that is not open keeps what its queue holds; the rest is counted', async (context) => {
  const driver = await LiveDriver.startFor(context, { keys: { 'max-client-queue-size': 5 } });
  const client = await passwordClient(driver.url);
  for (let number = 0; number < 8; number++) {
    const { code } = await driver.host.write({ ...LAMP, data: Uint8Array.of(0, 1, number) });
    assert.equal(code, 0);
  }
  // A reply that comes behind the events in the driver.
  const other = await passwordClient(driver.url);
  await open(other);
  await other.settle();
  assert.match(await open(client), /"\+"/);
  const kept = (await client.settle()).map((frame) => JSON.parse(frame).event.vscpData[2]);
  assert.deepEqual(kept, [0, 1, 2, 3, 4]);
  assert.equal((await driver.metrics()).get('event_drops_total{reason="client-queue-full"}'), 3);
  await driver.stop();
});

test('LAST is what the runtime saw; the next runtime begins anew', async (context) => {
  const driver = await mortalDriver(context, LAST);
  const client = await passwordClient(driver.url);
  assert.match(await sendLamp(client, 1), /"\+"/);
  assert.equal(((await command(client, 'LAST')).args.events as unknown[]).length, 1);
  await restart(driver);
  const late = await passwordClient(driver.url);
  assert.deepEqual((await command(late, 'LAST')).args.events, []);
  await driver.stop();
});

test('+ TOKEN, PANELSET, USERSET: it is in a file, and outlives a host that is killed', async (context) => {
  const driver = await LiveDriver.prepare();
  context.after(() => driver.dispose());
  driver.config['state-dir'] = join(driver.folder, 'state');
  await driver.open();
  const admin = await passwordClient(driver.url);
  const token = await makeToken(admin);
  const panel = await command(admin, 'PANELSET', { revision: 0, patch: { rooms: { hall: { order: 1 } } } });
  assert.deepEqual([panel.type, panel.args.stored], ['+', true]);
  assert.equal((await command(admin, 'USERSET', { name: 'user', rights: 'admin' })).type, '+');
  await driver.host.kill();

  await driver.startHost();
  await driver.open();
  const { client, reply } = await tokenLogin(driver.url, token);
  assert.equal(reply.type, '+', JSON.stringify(reply));
  assert.deepEqual((await command(client, 'PANEL')).args.panel, { rooms: { hall: { order: 1 } } });
  const user = await passwordClient(driver.url, 'user');
  assert.equal((await command(user, 'USERS')).type, '+');
  await driver.stop();
});
