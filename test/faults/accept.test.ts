import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LiveDriver } from '../support/live-driver.ts';
import { knock } from '../support/raw-ws.ts';
import { TestClient } from '../support/ws-client.ts';
import { prepareFailing } from './failing-calls.ts';

/** What accepting costs at most while it does not work; a loop that spins takes all the time there is. */
const MAX_SHARE = 0.5;

/** Another thread of the host may take the last descriptor, also the one that libuv keeps for this case. */
test('while accepting fails for good, clients are served, the processor rests, and newcomers get in afterwards', async (context) => {
  const { driver, failing } = await prepareFailing();
  context.after(() => driver.dispose());
  context.after(() => failing.close());
  await driver.open();
  const client = await TestClient.connect(`${driver.url}/ws1`);
  await client.start();

  failing.begin('accept', 1, true);
  const before = { ...(await driver.usage()), at: performance.now() };
  const newcomer = await knock(driver.port);
  await driver.waitForLog(/\[error\] \[http\] new connections cannot be accepted/);
  for (let i = 0; i < 20; i++) {
    assert.equal(await client.ask('C;NOOP'), '+;NOOP');
    assert.equal((await driver.host.write({ vscpClass: 20, vscpType: 9 })).code, 0);
    assert.match(await client.next(), /^E;/);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  const { cpuMs } = await driver.usage();
  const share = (cpuMs - before.cpuMs) / (performance.now() - before.at);
  assert.ok(share < MAX_SHARE, `${share} of a processor`);

  assert.ok(failing.end() > 0);
  newcomer.destroy();
  await driver.waitForLog(/new connections are accepted again/);
  const late = await reach(driver);
  assert.match(await late.login(), /^\{"type":"\+"/);
  client.ws.terminate();
  late.ws.terminate();
  await driver.stop();
});

/** The listener is back within some seconds. */
async function reach(driver: LiveDriver): Promise<TestClient> {
  const deadline = Date.now() + 60_000;
  for (;;) {
    try {
      return await TestClient.connect(`${driver.url}/ws2`);
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }
}
