import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { buildClient, CLIENT_SIZE_LIMIT, clientSizes } from '../../scripts/build-client.mjs';
import { backoffDelayMs } from '../../src/client/backoff.ts';
import { FakeVscpServer } from '../support/fake-vscp-server.ts';

describe('the built client', () => {
  before(() => buildClient());

  it('stays within its size with everything, names included', async () => {
    const { client, names } = await clientSizes();
    assert.ok(client + names < CLIENT_SIZE_LIMIT, `${client} + ${names} bytes`);
  });

  it('is what the package exports, and works in this Node', async () => {
    const { VscpClient } = await import('vscpl2drv-websocksrv/client' as string);
    const { typeName } = await import('vscpl2drv-websocksrv/client/names' as string);
    assert.equal(typeName(10, 6), 'Temperature');
    const server = await FakeVscpServer.start();
    const client = new VscpClient({ url: server.url('ws2'), user: 'admin', password: 'secret' });
    await client.connect();
    await client.noop();
    client.disconnect();
    await server.close();
  });
});

describe('waits between attempts to reconnect', () => {
  it('double up to their bound, with up to half taken off by chance', () => {
    const backoff = { minDelayMs: 500, maxDelayMs: 30_000 };
    const delays = (random: number) =>
      [0, 1, 2, 6, 50, 5000].map((n) => backoffDelayMs(n, { ...backoff, random: () => random }));
    assert.deepEqual(delays(1), [500, 1000, 2000, 30_000, 30_000, 30_000]);
    assert.deepEqual(delays(0), [250, 500, 1000, 15_000, 15_000, 15_000]);
  });
});
