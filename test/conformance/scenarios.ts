import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { TestContext } from 'node:test';
import { WebSocket } from 'ws';
import type { VscpEvent } from '../../src/vscp/event.ts';
import { parseEventText } from '../../src/vscp/event-text.ts';
import type { Backend, BackendServer } from '../support/backend.ts';
import { readUsers } from '../support/conformance-runner.ts';
import { readConformanceJson } from '../support/conformance-table.ts';
import { makeEvent } from '../support/events.ts';
import { TestClient } from '../support/ws-client.ts';

type Protocol = 'ws1' | 'ws2';

/** What takes more than a line of bytes to tell; for every kind of server. */
interface Scenario {
  title: string;
  profile: string;
  run(server: BackendServer, backend: Backend): Promise<void>;
}

function connect(server: BackendServer, protocol: Protocol, options: WebSocket.ClientOptions = {}) {
  return TestClient.connect(`${server.url}/${protocol}`, { ...server.clientOptions, ...options });
}

async function connectAs(server: BackendServer, protocol: Protocol, user: string): Promise<TestClient> {
  const client = await connect(server, protocol);
  await client.login(user);
  return client;
}

async function connectOpen(server: BackendServer, protocol: Protocol, user = 'admin'): Promise<TestClient> {
  const client = await connect(server, protocol);
  await client.start(user);
  return client;
}

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

/** A client's request for an event told apart by its type. */
function eventRequest(type: number): string {
  return `E;0,10,${type},0,2026-01-02T03:04:05Z,9,-`;
}

function typeOf(frame: string): number {
  const text = frame.startsWith('E;') ? parseEventText(frame, 2) : undefined;
  return text?.ok ? text.value.vscpType : Number(/"vscpType":(\d+)/.exec(frame)?.[1] ?? -1);
}

/** The next event of a client, told by its type. */
async function nextType(client: TestClient): Promise<number> {
  return typeOf(await client.next());
}

const SCENARIOS: readonly Scenario[] = [
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
      // A client that is offered nothing in return closes by itself, as its library asks: no further test.
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
    title: 'an event of the host that equals one a client sent is its echo and reaches nobody a second time',
    profile: 'usual',
    run: async (server) => {
      const sender = await connectOpen(server, 'ws1');
      const others = [await connectOpen(server, 'ws1'), await connectOpen(server, 'ws2')];
      assert.equal(await sender.ask('E;96,10,1,0,2026-01-02T03:04:05Z,9,-,1,2,3'), '+;EVENT');
      const read = await server.nextRead();
      const changed: Partial<VscpEvent> = { head: 0, year: 2025, hour: 23, second: 59, timestamp: 1 };
      await server.write({ ...read, ...changed });
      await server.write({ ...read });
      // What differs in data, GUID, class, type or obid is no echo.
      await server.write({ ...read, vscpType: 2 });
      await server.write({ ...read, vscpType: 3, data: Uint8Array.from([1, 2, 4]) });
      await server.write({ ...read, vscpType: 1, obid: (read.obid ^ 0x40000000) >>> 0 });
      for (const other of others)
        assert.deepEqual([await nextType(other), await nextType(other)], [1, 2], 'once, then the next');
      assert.equal(await nextType(sender), 2);
      for (const client of [sender, ...others]) {
        assert.deepEqual([await nextType(client), await nextType(client)], [3, 1]);
        assert.deepEqual(await client.settle(), []);
        client.ws.terminate();
      }
    },
  },
  {
    title: 'a thousand events sent without waiting arrive at the host and at the others, in order',
    profile: 'usual',
    run: async (server) => {
      const count = 1000;
      const sender = await connectAs(server, 'ws1', 'admin');
      const others = [await connectOpen(server, 'ws1'), await connectOpen(server, 'ws2')];
      for (let type = 1; type <= count; type++) sender.send(eventRequest(type));
      for (let type = 1; type <= count; type++) {
        assert.equal((await server.nextRead()).vscpType, type);
        for (const other of others) assert.equal(await nextType(other), type);
      }
      for (let type = 1; type <= count; type++) assert.equal(await sender.next(), '+;EVENT');
      for (const client of [sender, ...others]) client.ws.terminate();
    },
  },
  {
    title: 'sessions number the events they send; the number is in 31 bits and differs',
    profile: 'usual',
    run: async (server) => {
      const numbers: number[] = [];
      for (const protocol of ['ws1', 'ws2'] as const) {
        const client = await connectAs(server, protocol, 'admin');
        client.send(protocol === 'ws1' ? eventRequest(1) : { type: 'EVENT', event: { class: 10, type: 1 } });
        const { obid, guid } = await server.nextRead();
        assert.ok(obid > 0 && obid <= 0x7fffffff);
        assert.deepEqual([...guid.slice(14)], [(obid >> 8) & 0xff, obid & 0xff]);
        assert.deepEqual(guid.slice(0, 14), Uint8Array.from(server.driverGuid).slice(0, 14));
        numbers.push(obid);
        client.ws.terminate();
      }
      assert.notEqual(numbers[0], numbers[1]);
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
      const log = server.log();
      assert.match(log, /"command":"AUTH"/);
      assert.match(log, /auth failed user=evil_name_2026 ip=127\.0\.0\.1 reason=unknown-user$/m);
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
    title: 'a nanosecond event of a client reaches a classic host with date and microseconds',
    profile: 'usual',
    run: async (server, backend) => {
      if (backend.layouts.has('2026')) return;
      const client = await connectAs(server, 'ws1', 'admin');
      assert.equal(await client.ask('E;0x1E0,10,6,0,,1767323045123456789,-'), '+;EVENT');
      const { head, year, month, day, hour, minute, second, timestamp } = await server.nextRead();
      assert.deepEqual([head, year, month, day, hour, minute, second], [0xe0, 2026, 1, 2, 3, 4, 5]);
      assert.equal(timestamp, Number(1767323045123456n % 0x1_0000_0000n));
      client.ws.terminate();
    },
  },
  {
    title: 'users are removed and changed while they are logged in',
    profile: 'usual',
    run: async (server) => {
      const clients = {
        removed: await connectOpen(server, 'ws1', 'wrong1'),
        removedToo: await connectOpen(server, 'ws2', 'wrong2'),
        changed: await connectOpen(server, 'ws1', 'level1'),
        kept: await connectOpen(server, 'ws2', 'admin'),
      };
      const left = readUsers().filter((user) => !/"wrong[12]"/.test(JSON.stringify(user)));
      const users = left.map((user) => {
        const { name } = user as { name: string };
        return name === 'level1' ? { ...user, rights: 'ws,receive-events' } : user;
      });
      await server.setUsers(users);
      assert.equal((await clients.removed.closed).code, 4403);
      assert.equal((await clients.removedToo.closed).code, 4403);
      await server.write(makeEvent({ vscpType: 77 }));
      assert.equal(await nextType(clients.kept), 77);
      assert.equal(await nextType(clients.changed), 77);
      assert.equal(await clients.changed.ask(eventRequest(1)), '-;EVENT;6;Not allowed to send event.');
      await server.setUsers(readUsers());
      for (const client of Object.values(clients)) client.ws.terminate();
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
    title: 'a host that does not read: error 3, nobody gets the event, nothing is lost, and a retry succeeds',
    profile: 'limits',
    run: async (server) => {
      const sender = await connectAs(server, 'ws1', 'admin');
      const other = await connectOpen(server, 'ws2');
      await server.setReading(false);
      let taken = 0;
      let reply = await sender.ask(eventRequest(taken + 1));
      while (reply === '+;EVENT') {
        taken++;
        assert.ok(taken < 100_000, 'the queue has no bound');
        reply = await sender.ask(eventRequest(taken + 1));
      }
      assert.equal(reply, '-;EVENT;3;Transmit buffer full.');
      assert.ok(taken >= 4);
      await server.setReading(true);
      for (let type = 1; type <= taken; type++) assert.equal((await server.nextRead()).vscpType, type);
      for (;;) {
        reply = await sender.ask(eventRequest(taken + 1));
        if (reply === '+;EVENT') break;
        assert.equal(reply, '-;EVENT;3;Transmit buffer full.');
      }
      assert.equal((await server.nextRead()).vscpType, taken + 1);
      for (let type = 1; type <= taken + 1; type++) assert.equal(await nextType(other), type);
      assert.deepEqual(await other.settle(), []);
      for (const client of [sender, other]) client.ws.terminate();
    },
  },
  {
    title: 'who does not log in is closed with 4401, who does not answer pings is cut off, others stay',
    profile: 'limits',
    run: async (server) => {
      const idle = [await connect(server, 'ws1'), await connect(server, 'ws2')];
      const failed = await connect(server, 'ws2');
      await failed.login('nobody', 'x');
      const silent = await connect(server, 'ws1', { autoPong: false });
      const kept = await connectOpen(server, 'ws2');
      await silent.login();
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

/** Runs the scenarios; those of a profile share a server. */
export async function runScenarios(context: TestContext, backend: Backend): Promise<void> {
  const profiles = readConformanceJson<Record<string, Record<string, unknown>>>('profiles');
  const used = [...new Set(SCENARIOS.map((scenario) => scenario.profile))];
  await Promise.all(
    used.map(async (profile) => {
      const server = await backend.open(profiles[profile] ?? {}, readUsers());
      for (const { title, run } of SCENARIOS.filter((scenario) => scenario.profile === profile)) {
        await context.test(title, () => run(server, backend));
      }
      await server.close();
    }),
  );
}
