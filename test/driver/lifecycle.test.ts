import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { TestAuthority } from '../http/support/certificates.ts';
import { historyKeys, stateFolder } from '../support/history-driver.ts';
import { LiveDriver, withLiveDriver } from '../support/live-driver.ts';
import { NEEDS_REAL_TIME } from '../support/time-factor.ts';
import { TestClient } from '../support/ws-client.ts';

/** Clients that are logged in and open, ws1 and ws2 in turn. */
function startClients(driver: LiveDriver, count: number): Promise<TestClient[]> {
  const start = async (index: number): Promise<TestClient> => {
    const client = await TestClient.connect(`${driver.url}/ws${1 + (index % 2)}`);
    await client.start();
    return client;
  };
  return Promise.all(Array.from({ length: count }, (_, index) => start(index)));
}

async function processState(driver: LiveDriver): Promise<unknown> {
  const { tag: _, ...state } = await driver.host.request('dump');
  return state;
}

test(
  'VSCPClose with 50 clients connected is bounded, and each gets close code 1001',
  NEEDS_REAL_TIME,
  async () => {
    await withLiveDriver(async (driver) => {
      const clients = await startClients(driver, 50);
      const { code, ms } = await driver.host.close();
      assert.equal(code, 0);
      assert.ok(ms <= 2000, `VSCPClose took ${ms} ms`);
      for (const client of clients) assert.equal((await client.closed).code, 1001);
    });
  },
);

test('SIGTERM with clients connected: they get 1001 and the host ends with 0', async (context) => {
  const driver = await LiveDriver.startFor(context);
  const clients = await startClients(driver, 4);
  driver.host.signal('SIGTERM');
  assert.deepEqual(await driver.host.exited, { code: 0, signal: null });
  for (const client of clients) assert.equal((await client.closed).code, 1001);
});

test('exit() at any moment of an opening with TLS and a history, and after it: no crash, the host’s own code', async (context) => {
  const pair = await (await TestAuthority.create(context)).issue('server');
  const keys = { ...historyKeys(stateFolder(context)), interface: 'wss://127.0.0.1:0', tls: { ...pair } };
  const driver = await LiveDriver.startFor(context, { keys });
  await driver.host.close();
  const begun = performance.now();
  await driver.host.open(driver.config);
  // A second opening in a process finds much made already.
  const firstMs = 2 * (performance.now() - begun);
  await driver.host.end();
  for (let moment = 1; moment <= 14; moment++) {
    await driver.startHost();
    const { host } = driver;
    const opening = host.open(driver.config, { background: true }).catch(() => {});
    await sleep((firstMs * moment) / 12);
    host.request('exit 4').catch(() => {});
    assert.deepEqual(await host.exited, { code: 4, signal: null }, `moment ${moment}: ${host.stderr}`);
    await opening;
  }
});

test("the host's signals, masks, umask, folder, stdio flags and environment stay as they were", async () => {
  const driver = await LiveDriver.prepare();
  try {
    const before = await processState(driver);
    await driver.open();
    const clients = await startClients(driver, 2);
    await driver.host.write({ vscpClass: 10, vscpType: 6 });
    for (const client of clients) await client.next();
    assert.deepEqual(await processState(driver), before, 'while open');
    await driver.host.close();
    assert.deepEqual(await processState(driver), before, 'after the close');
    await driver.stop();
  } catch (error) {
    await driver.dispose();
    throw error;
  }
});

/** More by hand: CYCLES=200 npm test -- test/driver. */
const CYCLES = Number(process.env.CYCLES ?? 20);

test(`${CYCLES} open/close cycles leave neither threads nor descriptors behind`, async (context) => {
  await withLiveDriver(async (driver) => {
    const usages: { threads: number; fds: number }[] = [];
    const memoryKb: number[] = [];
    for (let cycle = 0; cycle < CYCLES; cycle++) {
      const [client] = await startClients(driver, 1);
      await driver.host.close();
      assert.equal((await client?.closed)?.code, 1001);
      const { threads, fds, rssKb } = await driver.usage();
      memoryKb.push(rssKb);
      usages.push({ threads, fds });
      await driver.open();
    }
    const half = Math.floor(CYCLES / 2);
    const growthKb = ((memoryKb.at(-1) ?? 0) - (memoryKb[half] ?? 0)) / (CYCLES - 1 - half);
    context.diagnostic(`resident memory grew by ${growthKb.toFixed(0)} kB a cycle in the second half`);
    const [last, third] = [usages.at(-1), usages[2]];
    assert.ok(last !== undefined && third !== undefined);
    assert.equal(last.fds, third.fds, JSON.stringify(usages));
    // The system may count a thread for a moment after it was joined: one such moment says nothing.
    const fewest = Math.min(...usages.slice(-5).map(({ threads }) => threads));
    assert.ok(fewest <= third.threads, JSON.stringify(usages));
  });
});

test('two drivers in one host serve their own clients only', async () => {
  await withLiveDriver(async (driver) => {
    const { host } = driver;
    await host.load(driver.library, 1);
    const from = driver.log.length;
    const second = await host.open(driver.config, { slot: 1 });
    assert.ok(second.handle > 0);
    const [, port] = await driver.waitForLog(/listens on ws:\/\/\S+:(\d+)/, from);
    const [first] = await startClients(driver, 1);
    const other = await TestClient.connect(`ws://127.0.0.1:${port}/ws2`);
    await other.start();
    await host.write({ vscpClass: 10, vscpType: 1 }, { slot: 0 });
    await host.write({ vscpClass: 10, vscpType: 2 }, { slot: 1 });
    assert.match((await first?.next()) ?? '', /^E;\d+,10,1,/);
    assert.match(await other.next(), /"vscpType":2,/);
    assert.deepEqual(await first?.settle(), []);
    assert.deepEqual(await other.settle(), []);
    other.send({ type: 'EVENT', event: { vscpClass: 20, vscpType: 3 } });
    const event = await host.nextEvent(() => true, { slot: 1 });
    assert.equal(event.vscpClass, 20);
    assert.deepEqual(await first?.settle(), []);
    await host.close(1);
    assert.equal((await other.closed).code, 1001);
    assert.deepEqual(await first?.settle(), []);
  });
});

test('a heap that runs full ends the JavaScript part; the host lives, clients come back, the log says why', async () => {
  const keys = { 'max-heap': 64, 'history-size': 1_000_000, 'last-values': 0 };
  await withLiveDriver(
    async (driver) => {
      const [client] = await startClients(driver, 1);
      const from = driver.log.length;
      await driver.host.request('flood 0 1000000 size=200 timeout=2000 class=10 type=6');
      await driver.waitForStderr(/the JavaScript heap reached its limit of 64 MB.*started again/);
      assert.notEqual((await client?.closed)?.code, 1001);
      await driver.waitForLog(/the runtime was started again: the JavaScript heap reached its limit/, from);
      const [, port] = await driver.waitForLog(/listens on ws:\/\/\S+:(\d+)/, from);
      driver.port = Number(port);
      const [again] = await startClients(driver, 1);
      await again?.close();
    },
    { keys },
  );
});
