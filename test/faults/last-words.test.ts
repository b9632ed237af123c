import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { makeDriverFolder } from '../support/driver-folder.ts';
import { LiveDriver } from '../support/live-driver.ts';
import { TestClient } from '../support/ws-client.ts';

const entry = fileURLToPath(new URL('../support/dying-driver.ts', import.meta.url));

async function start(context: TestContext): Promise<LiveDriver> {
  const folder = makeDriverFolder(entry);
  context.after(() => folder.remove());
  const driver = await LiveDriver.prepare({
    library: folder.library,
    logLevel: 'debug',
    keys: { debug: true },
  });
  context.after(() => driver.dispose());
  await driver.open();
  return driver;
}

/** 50 requests and the event that ends the runtime, in one go. */
async function kill(driver: LiveDriver, type: number): Promise<void> {
  const client = await TestClient.connect(`${driver.url}/ws1`);
  assert.match(await client.login(), /^\+;AUTH1;/);
  for (let i = 0; i < 50; i++) client.send(`C;NOOP;${i}`);
  client.send(`E;0,65535,${type},0,,0,-`);
  await client.closed;
}

const DEATHS = [
  { what: 'an exception', type: 0, reason: /\[critical\] \[driver\] .*uncaught exception: Error: injected/ },
  { what: 'an exit', type: 1, reason: /\[critical\] \[driver\] .*exit code 9/ },
];

for (const { what, type, reason } of DEATHS) {
  test(`50 traced frames and the reason are in the log file when ${what} ends the runtime behind them`, async (context) => {
    const driver = await start(context);
    await kill(driver, type);
    await driver.waitForLog(/the runtime was started again/);
    const before = driver.log.slice(0, driver.log.indexOf('the runtime was started again'));
    assert.match(before, reason);
    for (let i = 0; i < 50; i++) assert.ok(before.includes(`< C;NOOP;${i}\n`), `frame ${i} is missing`);
    await driver.stop();
  });
}
