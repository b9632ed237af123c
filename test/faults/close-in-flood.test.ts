import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { TestAuthority } from '../http/support/certificates.ts';
import { LiveDriver } from '../support/live-driver.ts';
import { TestClient } from '../support/ws-client.ts';

const CLIENTS = 12;

async function start(context: TestContext, secure: boolean): Promise<LiveDriver> {
  const driver = await LiveDriver.prepare();
  context.after(() => driver.dispose());
  if (secure) {
    const { cert, key } = await (await TestAuthority.create(context)).issue('driver');
    Object.assign(driver.config, { interface: 'wss://127.0.0.1:0', tls: { cert, key } });
  }
  await driver.open();
  return driver;
}

for (const secure of [false, true]) {
  test(`in a flood VSCPClose tells every client that reads, over ${secure ? 'wss' : 'ws'}, with 1001`, async (context) => {
    const driver = await start(context, secure);
    const url = `${secure ? 'wss' : 'ws'}://127.0.0.1:${driver.port}`;
    const clients: TestClient[] = [];
    for (let i = 0; i < CLIENTS; i++) {
      const client = await TestClient.connect(`${url}/ws${1 + (i % 2)}`, { rejectUnauthorized: false });
      await client.start();
      client.ws.removeAllListeners('message');
      clients.push(client);
    }
    void driver.host.request('&flood 0 2000000 size=200 timeout=200').catch(() => undefined);
    await new Promise((resolve) => setTimeout(resolve, 1000));
    const closed = await driver.host.close();
    assert.ok(closed.ms < 2500, `${closed.ms} ms`);
    const codes = await Promise.all(clients.map(async (client) => (await client.closed).code));
    assert.deepEqual(codes, Array(CLIENTS).fill(1001));
    await driver.stop();
  });
}
