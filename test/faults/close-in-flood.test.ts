import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { TestAuthority } from '../http/support/certificates.ts';
import { LiveDriver } from '../support/live-driver.ts';
import { TestClient } from '../support/ws-client.ts';

/** All in one process, which has to take in what lies in the sockets' buffers before it sees the end. */
const CLIENTS = 6;

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

/** How the clients that read were told in a flood that the driver closes, one code each. */
async function closeInFlood(context: TestContext, secure: boolean): Promise<number[]> {
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
  await driver.stop();
  return codes;
}

for (const secure of [false, true]) {
  test(`in a flood VSCPClose tells every client that reads, over ${secure ? 'wss' : 'ws'}, with 1001`, async (context) => {
    // On a busy machine a reader may be kept from reading; not three times in a row.
    const rounds: string[] = [];
    for (let round = 0; round < 3; round++) {
      const codes = await closeInFlood(context, secure);
      if (codes.every((code) => code === 1001)) return;
      rounds.push(codes.join(' '));
    }
    assert.fail(`in no round all were told: ${rounds.join('; ')}`);
  });
}
