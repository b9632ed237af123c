import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import { type TestContext, test } from 'node:test';
import type { ListenAddress } from '../../src/config/listen-address.ts';
import {
  rawGet,
  rawUpgrade,
  sendRaw,
  startServer,
  statusOf,
  until,
  upgradeAnswer,
} from './support/http-fixture.ts';

const ANY_PORT: ListenAddress = { secure: false, host: '127.0.0.1', port: 0 };

test('metrics with a listener of their own are served there and nowhere else, with health and nothing beside it', async (context) => {
  const { server, port } = await startServer(context, { settings: { metricsInterface: ANY_PORT } });
  const own = server.ports.find((one) => one !== port) ?? 0;
  assert.match(await sendRaw(own, rawGet('/metrics')), /vscp_websocksrv_build_info/);
  assert.equal(statusOf(await sendRaw(own, rawGet('/healthz'))), 200);
  assert.equal(statusOf(await sendRaw(own, rawGet('/'))), 404);
  assert.equal(statusOf(await sendRaw(own, rawGet('/ws1'))), 404);
  assert.equal(statusOf(await upgradeAnswer(own, rawUpgrade('/ws1'))), 404);
  assert.equal(statusOf(await sendRaw(port, rawGet('/metrics'))), 404);
  assert.equal(statusOf(await upgradeAnswer(port, rawUpgrade('/ws1'))), 101);
});

/** Another program on a port. */
async function occupy(context: TestContext): Promise<{ other: Server; port: number }> {
  const other = createServer().listen(0, '127.0.0.1');
  context.after(() => other.close());
  await once(other, 'listening');
  const address = other.address();
  assert.ok(typeof address === 'object' && address !== null);
  return { other, port: address.port };
}

test('an interface that is not to be had yet is tried again with bind-retry, and both are logged', async (context) => {
  const { other, port } = await occupy(context);
  const interfaces = [ANY_PORT, { ...ANY_PORT, port }];
  const { server, log } = await startServer(context, { settings: { interfaces, bindRetryMs: 50 } });
  assert.equal(server.ports.length, 1, 'the others serve already');
  assert.ok(
    log.has(/^warn interface: address already in use: ws:\/\/127\.0\.0\.1:\d+; trying again every 0\.05 s$/),
  );
  other.close();
  await until(() => log.has(`info listens on ws://127.0.0.1:${port} now`));
  assert.equal(
    statusOf(
      await upgradeAnswer(
        port,
        rawUpgrade('/ws1', [`Origin: http://127.0.0.1:${port}`]).replace(
          'Host: test',
          `Host: 127.0.0.1:${port}`,
        ),
      ),
    ),
    101,
  );
});

test('an address that this machine lacks does not keep the rest from opening with bind-retry, and does without it', async (context) => {
  const interfaces = [ANY_PORT, { secure: false, host: '203.0.113.77', port: 0 }];
  const { port, log } = await startServer(context, { settings: { interfaces, bindRetryMs: 60_000 } });
  assert.equal(statusOf(await sendRaw(port, rawGet('/healthz'))), 200);
  assert.ok(
    log.has(
      /^warn interface: this machine has no such address: ws:\/\/203\.0\.113\.77:0; trying again every 60 s$/,
    ),
  );
  await assert.rejects(
    startServer(context, { settings: { interfaces } }),
    /this machine has no such address/,
  );
});
