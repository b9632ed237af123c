import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { makeEvent } from '../support/events.ts';
import { LiveDriver } from '../support/live-driver.ts';
import { quickUser } from '../support/users.ts';
import { TestClient } from '../support/ws-client.ts';

/** Only class 10 passes. */
const ONLY_10 = { filter: '0,10,0,-', mask: '0,65535,0,-' };
const ONLY_20 = { filter: '0,20,0,-', mask: '0,65535,0,-' };
const EVERYTHING = { mask_priority: 0, mask_class: 0, mask_type: 0, filter_class: 0 };

async function start(context: TestContext, users: readonly object[]): Promise<LiveDriver> {
  const driver = await LiveDriver.startFor(context, {
    users,
    keys: { 'last-values': 100, 'history-size': 100 },
  });
  return driver;
}

async function logIn(driver: LiveDriver, user: string): Promise<TestClient> {
  const client = await TestClient.connect(`${driver.url}/ws2`);
  await client.start(user);
  return client;
}

/** The host hands over one event of each class; returns when a session that gets all has them. */
async function publish(driver: LiveDriver, witness: TestClient, classes: readonly number[]): Promise<void> {
  for (const vscpClass of classes) await driver.host.write(makeEvent({ vscpClass, vscpType: 6 }));
  for (const _ of classes) await witness.next();
}

function classesOf(frames: readonly string[]): number[] {
  return frames.map((frame) => JSON.parse(frame).event.vscpClass);
}

async function asked(client: TestClient, command: string, args: object): Promise<number[]> {
  const reply = JSON.parse(await client.ask({ type: 'CMD', command, args }));
  return reply.args.events.map(({ vscpClass }: { vscpClass: number }) => vscpClass);
}

test('LAST and HISTORY show nothing that the filter keeps from the user, whatever filter they are asked with', async (context) => {
  const driver = await start(context, [
    quickUser('admin', 'admin'),
    quickUser('limited', 'user', ONLY_10),
    quickUser('free', 'user,set-filter', ONLY_10),
  ]);
  const witness = await logIn(driver, 'admin');
  const limited = await logIn(driver, 'limited');
  await publish(driver, witness, [10, 20]);
  await limited.settle();
  for (const command of ['LAST', 'HISTORY']) {
    assert.deepEqual(await asked(limited, command, EVERYTHING), [10]);
    assert.deepEqual(await asked(limited, command, ONLY_20), []);
    assert.deepEqual(await asked(limited, command, {}), [10]);
    assert.deepEqual(await asked(witness, command, ONLY_20), [20]);
  }
  assert.match(await limited.ask({ type: 'CMD', command: 'SF', args: EVERYTHING }), /"errcode":7/);
  const free = await logIn(driver, 'free');
  assert.deepEqual(await asked(free, 'LAST', EVERYTHING), [10]);
  await free.ask({ type: 'CMD', command: 'SF', args: EVERYTHING });
  assert.deepEqual(await asked(free, 'LAST', ONLY_20), [20]);
  for (const client of [witness, limited, free]) client.ws.terminate();
});

test('a changed password and a refused address end the sessions of the user with 4403, of nobody else', async (context) => {
  const admin = quickUser('admin', 'admin');
  const named = ['anna', 'bert', 'carl'].map((name) => quickUser(name, 'user'));
  const driver = await start(context, [admin, ...named]);
  const [anna, bert, carl] = await Promise.all(['anna', 'bert', 'carl'].map((name) => logIn(driver, name)));
  assert.ok(anna && bert && carl);
  await driver.writeUsers([
    admin,
    quickUser('anna', 'user', {}, 'new'),
    { ...named[1], remotes: '-127.0.0.1' },
    { ...named[2], fullname: 'Carl' },
  ]);
  assert.deepEqual(await anna.closed, { code: 4403, reason: 'password changed' });
  assert.deepEqual(await bert.closed, { code: 4403, reason: 'address not allowed' });
  assert.deepEqual(await carl.settle(), []);
  carl.ws.terminate();
});

test('a changed filter and a changed list of events apply at once; a filter that the client set holds on', async (context) => {
  const admin = quickUser('admin', 'admin');
  const before = [quickUser('anna', 'user'), quickUser('bert', 'user'), quickUser('carl', 'user,set-filter')];
  const driver = await start(context, [admin, ...before]);
  const witness = await logIn(driver, 'admin');
  const [anna, bert, carl] = await Promise.all(['anna', 'bert', 'carl'].map((name) => logIn(driver, name)));
  assert.ok(anna && bert && carl);
  await carl.ask({ type: 'CMD', command: 'SF', args: ONLY_20 });
  const seen = async (client: TestClient) => classesOf(await client.settle());
  await publish(driver, witness, [10, 20]);
  assert.deepEqual([await seen(anna), await seen(bert), await seen(carl)], [[10, 20], [10, 20], [20]]);

  await driver.writeUsers([
    admin,
    { ...before[0], ...ONLY_10 },
    { ...before[1], events: 'RX;20:*' },
    { ...before[2], note: 'edited' },
  ]);
  await driver.waitForLog(/read again/);
  await publish(driver, witness, [10, 20]);
  assert.deepEqual([await seen(anna), await seen(bert), await seen(carl)], [[10], [20], [20]]);

  const at = driver.log.length;
  await driver.writeUsers([
    admin,
    before[0] ?? {},
    before[1] ?? {},
    { ...quickUser('carl', 'user'), ...ONLY_10 },
  ]);
  await driver.waitForLog(/read again/, at);
  await publish(driver, witness, [10, 20]);
  assert.deepEqual([await seen(anna), await seen(bert), await seen(carl)], [[10, 20], [10, 20], [10]]);
  for (const client of [witness, anna, bert, carl]) client.ws.terminate();
});
