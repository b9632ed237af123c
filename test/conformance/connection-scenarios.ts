import assert from 'node:assert/strict';
import { once } from 'node:events';
import { WebSocket } from 'ws';
import type { BackendServer } from '../support/backend.ts';
import { waitFor } from '../support/live-driver.ts';
import { RawWs } from '../support/raw-ws.ts';
import { connect, connectAs, connectOpen, type Scenario } from './scenario.ts';

/** Status of an upgrade request: 101, or what it was refused with. */
async function upgrade(server: BackendServer, path: string, protocols: string[] = []) {
  const ws = new WebSocket(server.url + path, protocols, {
    perMessageDeflate: false,
    ...server.clientOptions,
  });
  ws.on('error', () => {});
  return new Promise<{ status: number; protocol: string }>((resolve, reject) => {
    ws.once('unexpected-response', (request, response) => {
      resolve({ status: response.statusCode ?? 0, protocol: '' });
      request.destroy();
    });
    ws.once('open', () => {
      resolve({ status: 101, protocol: ws.protocol });
      ws.close();
    });
    ws.once('close', () => reject(new Error('closed without an answer')));
  });
}

async function statusOf(server: BackendServer, path: string): Promise<number> {
  return (await upgrade(server, path)).status;
}

/** Connecting, staying connected and being closed. */
export const CONNECTION_SCENARIOS: readonly Scenario[] = [
  {
    title: 'the first frame is the challenge: 32 upper-case hex digits, another one each time',
    profile: 'usual',
    run: async (server) => {
      const seen = new Set<string>();
      for (const protocol of ['ws1', 'ws2', 'ws1', 'ws2'] as const) {
        const ws = new WebSocket(`${server.url}/${protocol}`, server.clientOptions);
        const [data] = await once(ws, 'message');
        const frame = String(data);
        const pattern =
          protocol === 'ws1'
            ? /^\+;AUTH0;([0-9A-F]{32})$/
            : /^\{"type":"\+","args":\["AUTH0","([0-9A-F]{32})"\]\}$/;
        assert.match(frame, pattern);
        seen.add(pattern.exec(frame)?.[1] ?? '');
        ws.terminate();
      }
      assert.equal(seen.size, 4);
    },
  },
  {
    title: 'paths: with and without trailing slash and query; others are not found',
    profile: 'usual',
    run: async (server) => {
      for (const path of ['/ws1', '/ws2', '/ws1/', '/ws2/', '/ws1?a=b', '/ws2/?x', '/ws1?']) {
        assert.equal(await statusOf(server, path), 101, path);
      }
      for (const path of ['/', '/ws', '/ws3', '/ws1x', '/ws1/x', '/WS1', '/rest', '//ws1']) {
        assert.equal(await statusOf(server, path), 404, path);
      }
    },
  },
  {
    title: 'the configured path counts, and a disabled endpoint is not found',
    profile: 'paths',
    run: async (server) => {
      assert.equal(await statusOf(server, '/one'), 101);
      assert.equal(await statusOf(server, '/one/?x=1'), 101);
      assert.equal(await statusOf(server, '/ws1'), 404);
      assert.equal(await statusOf(server, '/ws2'), 404);
    },
  },
  {
    title: 'the sub-protocol of the endpoint is echoed, others are ignored and do no harm',
    profile: 'usual',
    run: async (server) => {
      const cases: [string, string[], string][] = [
        ['/ws1', [], ''],
        ['/ws2', [], ''],
        ['/ws1', ['vscp-std'], 'vscp-std'],
        ['/ws2', ['vscp-json'], 'vscp-json'],
        ['/ws1', ['chat', 'vscp-std'], 'vscp-std'],
        ['/ws2', ['vscp-std', 'vscp-json'], 'vscp-json'],
      ];
      for (const [path, offered, echoed] of cases) {
        assert.deepEqual(await upgrade(server, path, offered), { status: 101, protocol: echoed });
      }
      // The ws library itself gives up where nothing comes back, so this client is a plain one.
      const { port, protocol } = new URL(server.url);
      const headers = { 'Sec-WebSocket-Protocol': 'chat' };
      const tls = protocol === 'wss:' ? { tls: { ca: server.clientOptions.ca } } : {};
      const client = await RawWs.connect(Number(port), '/ws1', { headers, ...tls });
      client.send({ payload: 'C;NOOP' });
      assert.equal(await client.nextText(), '+;NOOP');
      client.destroy();
    },
  },
  {
    title: 'a ping is answered with its payload',
    profile: 'usual',
    run: async (server) => {
      const client = await connect(server, 'ws1');
      client.ws.ping('payload');
      const [payload] = await once(client.ws, 'pong');
      assert.equal(String(payload), 'payload');
      client.ws.terminate();
    },
  },
  {
    title:
      'a failed login is logged in one line fit for fail2ban, without credentials though frames are traced',
    profile: 'traced',
    run: async (server) => {
      const client = await connect(server, 'ws2');
      const request = client.authRequest('evil name\n2026', 'do-not-log-me');
      await client.ask(request);
      await client.ask(client.authRequest('wrong1', 'do-not-log-me'));
      client.ws.terminate();
      // The log is written behind the reply.
      await waitFor(/reason=wrong-password$/m, () => server.log());
      const log = server.log();
      assert.match(log, /"command":"AUTH"/);
      assert.match(log, /auth failed user=- ip=127\.0\.0\.1 reason=unknown-user$/m);
      assert.match(log, /auth failed user=wrong1 ip=127\.0\.0\.1 reason=wrong-password$/m);
      assert.ok(!log.includes('do-not-log-me') && !log.includes(JSON.parse(request).args.crypto));
    },
  },
  {
    title: 'a client that goes in the middle of its login harms nobody',
    profile: 'usual',
    run: async (server) => {
      for (const protocol of ['ws1', 'ws2'] as const) {
        const client = await connect(server, protocol);
        client.send(client.authRequest('admin', 'secret'));
        client.send(protocol === 'ws1' ? 'C;OPEN' : { type: 'C', command: 'OPEN' });
        client.ws.once('pong', () => client.ws.terminate());
        client.ws.ping();
        await client.closed;
      }
      const next = await connect(server, 'ws1');
      assert.equal(await next.ask('C;NOOP'), '+;NOOP');
      next.ws.terminate();
    },
  },
  {
    title: 'beyond max-clients the upgrade gets 503, until somebody has left',
    profile: 'crowded',
    run: async (server) => {
      const clients = await Promise.all([1, 2, 3].map(() => connect(server, 'ws1')));
      assert.equal(await statusOf(server, '/ws1'), 503);
      assert.equal(await statusOf(server, '/ws2'), 503);
      assert.equal(await statusOf(server, '/nowhere'), 404);
      await clients[0]?.close();
      for (;;) {
        // The server has seen the end a moment after the client.
        const status = await statusOf(server, '/ws2');
        if (status === 101) break;
        assert.equal(status, 503);
      }
      for (const client of clients) client.ws.terminate();
    },
  },
  {
    title: 'who does not log in is closed with 4401, who does not answer pings is cut off, others stay',
    profile: 'limits',
    run: async (server) => {
      const idle = [await connect(server, 'ws1'), await connect(server, 'ws2')];
      const kept = await connectOpen(server, 'ws2');
      const silent = await connect(server, 'ws1', { autoPong: false });
      await silent.login();
      const failed = await connect(server, 'ws2');
      await failed.login('nobody', 'x');
      let pings = 0;
      kept.ws.on('ping', () => pings++);
      for (const client of [...idle, failed]) assert.equal((await client.closed).code, 4401);
      assert.equal((await silent.closed).code, 1006);
      assert.ok(pings >= 1);
      assert.deepEqual(await kept.settle(), []);
      kept.ws.terminate();
    },
  },
  {
    title: 'when the driver closes, clients get 1001',
    profile: 'limits',
    run: async (server) => {
      const clients = [
        await connect(server, 'ws1'),
        await connectAs(server, 'ws2', 'admin'),
        await connectOpen(server, 'ws1'),
      ];
      await server.close();
      for (const client of clients) assert.equal((await client.closed).code, 1001);
    },
  },
];
