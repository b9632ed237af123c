import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { WebSocket } from 'ws';
import { HttpServer } from '../../src/http/http-server.ts';
import {
  LogKeeper,
  rawGet,
  rawUpgrade,
  readToEnd,
  sendRaw,
  startServer,
  statusOf,
  testSettings,
  testSnapshot,
  until,
} from './support/http-fixture.ts';

function serverFor(...hosts: [host: string, port: number][]): HttpServer {
  return new HttpServer({
    settings: testSettings({ interfaces: hosts.map(([host, port]) => ({ secure: false, host, port })) }),
    hooks: { hasRoom: () => true, accept: () => undefined },
    log: new LogKeeper(),
    stats: testSnapshot,
  });
}

/** A port that somebody listens on until the test ends. */
async function takenPort(
  context: { after(cleanup: () => unknown): void },
  host = '127.0.0.1',
): Promise<number> {
  const taken = createServer().listen(0, host);
  context.after(() => taken.close());
  await once(taken, 'listening');
  return (taken.address() as AddressInfo).port;
}

async function refused(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  return new Promise((resolve) => {
    socket.once('connect', () => resolve(socket.destroy().destroyed && false));
    socket.once('error', () => resolve(true));
  });
}

test('localhost is listened on at both loopback addresses, with one port', async (context) => {
  const server = serverFor(['localhost', 0]);
  context.after(() => server.close());
  const bound = await server.listen();
  assert.equal(bound[0]?.address, '127.0.0.1');
  for (const { address, port } of bound) {
    assert.equal(port, bound[0]?.port);
    const host = address.includes(':') ? `[${address}]` : address;
    assert.equal((await fetch(`http://${host}:${port}/healthz`)).status, 200);
  }
});

test('several interfaces are listened on at once, also all addresses of both families', async (context) => {
  const free = serverFor(['127.0.0.1', 0]);
  const port = (await free.listen())[0]?.port ?? 0;
  await free.close();
  const server = serverFor(['0.0.0.0', port], ['::', port], ['127.0.0.1', 0]);
  context.after(() => server.close());
  const bound = await server.listen();
  assert.deepEqual(
    bound.map(({ address }) => address),
    ['0.0.0.0', '::', '127.0.0.1'],
  );
});

test('an address that cannot be had is named with its key, and the others are closed again', async (context) => {
  const taken = await takenPort(context);
  const table: [host: string, port: number, message: string][] = [
    ['127.0.0.1', taken, `interface: address already in use: ws://127.0.0.1:${taken}`],
    ['localhost', taken, `interface: address already in use: ws://localhost:${taken}`],
    ['192.0.2.1', 4711, 'interface: this machine has no such address: ws://192.0.2.1:4711'],
    ['2001:db8::1', 4711, 'interface: this machine has no such address: ws://[2001:db8::1]:4711'],
  ];
  for (const [host, port, message] of table) {
    const free = serverFor(['127.0.0.1', 0]);
    const other = (await free.listen())[0]?.port ?? 0;
    await free.close();
    await assert.rejects(serverFor(['127.0.0.1', other], [host, port]).listen(), { message });
    assert.ok(await refused(other));
  }
});

test('closing stops accepting at once, ends all but websockets, and may be repeated', async (context) => {
  const { server, port, accepted } = await startServer(context);
  const idle = connect(port, '127.0.0.1');
  const idleEnd = readToEnd(idle);
  const kept = connect(port, '127.0.0.1');
  const keptEnd = readToEnd(kept);
  kept.write('GET /healthz HTTP/1.1\r\nHost: t\r\n\r\n');
  await once(kept, 'data');
  const ws = new WebSocket(`ws://127.0.0.1:${port}/ws1`);
  await once(ws, 'open');
  await server.close();
  assert.ok(await refused(port));
  assert.equal(await idleEnd, '');
  assert.equal(statusOf(await keptEnd), 200);
  const text = once(ws, 'message');
  accepted[0]?.ws.send('still here');
  assert.equal(String((await text)[0]), 'still here');
  await server.close();
});

test('requests that cannot be read get a status and an end', async (context) => {
  const { port } = await startServer(context, { limits: { maxHeaderSize: 4_096 } });
  const table: [text: string, status: number][] = [
    ['rubbish\r\n\r\n', 400],
    ['GET / HTTP/9.9\r\n\r\n', 400],
    ['GET /a b HTTP/1.1\r\nHost: t\r\n\r\n', 400],
    ['GET / HTTP/1.1\r\nHost: t\r\nno colon\r\n\r\n', 400],
    ['GET / HTTP/1.1\r\nHost: t\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n', 400],
    [`GET /${'a'.repeat(5_000)} HTTP/1.1\r\nHost: t\r\n\r\n`, 431],
    [`GET / HTTP/1.1\r\nHost: t\r\nX: ${'a'.repeat(5_000)}\r\n\r\n`, 431],
    [rawUpgrade('/ws1', [`X: ${'a'.repeat(5_000)}`]), 431],
    ['CONNECT host:443 HTTP/1.1\r\nHost: t\r\n\r\n', 0],
    ['OPTIONS * HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\r\n', 400],
    ['GET ws1 HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\r\n', 400],
  ];
  for (const [text, status] of table) {
    assert.equal(statusOf(await sendRaw(port, text)), status, text.slice(0, 60));
  }
  assert.equal(statusOf(await sendRaw(port, rawGet('/healthz'))), 200);
});

test('peers that dawdle are cut off', async (context) => {
  const limits = {
    headersTimeoutMs: 150,
    requestTimeoutMs: 300,
    keepAliveTimeoutMs: 100,
    checkIntervalMs: 50,
    idleTimeoutMs: 1_000,
  };
  const { port } = await startServer(context, { limits });
  const table: [what: string, first: string, drip: string, statuses: number[]][] = [
    ['silence', '', '', [0, 408]],
    ['half a head', 'GET / HTTP/1.1\r\nHost: t\r\n', 'X-A: b\r\n', [408]],
    ['half an upgrade', rawUpgrade('/ws1').slice(0, -2), 'X-A: b\r\n', [408]],
    ['half a body', 'POST /healthz HTTP/1.1\r\nHost: t\r\nContent-Length: 999\r\n\r\n', 'x', [405, 408]],
    ['nothing more', 'GET /healthz HTTP/1.1\r\nHost: t\r\n\r\n', '', [200]],
  ];
  await Promise.all(
    table.map(async ([what, first, drip, statuses]) => {
      const socket = connect(port, '127.0.0.1');
      const answer = readToEnd(socket);
      socket.write(first);
      const timer = setInterval(() => socket.writable && drip !== '' && socket.write(drip), 30);
      const text = await answer;
      clearInterval(timer);
      assert.ok(statuses.includes(statusOf(text)), `${what}: ${text}`);
    }),
  );
});

test('of too many connections without a websocket the oldest give way, websockets never', async (context) => {
  const { port, accepted } = await startServer(context, {
    settings: { maxClients: 2 },
    limits: { spareConnections: 3 },
  });
  const ws = new WebSocket(`ws://127.0.0.1:${port}/ws1`);
  await once(ws, 'open');
  const ended: number[] = [];
  for (let n = 0; n < 8; n += 1) {
    const socket = connect(port, '127.0.0.1');
    context.after(() => socket.destroy());
    readToEnd(socket).then(() => ended.push(n));
    await once(socket, 'connect');
  }
  await until(() => ended.length === 3);
  assert.deepEqual(ended.sort(), [0, 1, 2]);
  const late = new WebSocket(`ws://127.0.0.1:${port}/ws2`);
  await once(late, 'open');
  assert.equal(accepted.length, 2);
  assert.equal(ws.readyState, WebSocket.OPEN);
});

test('each request is logged at debug without its query, fit for one line', async (context) => {
  const { port, log } = await startServer(context);
  await sendRaw(port, rawGet('/healthz?token=secret'));
  await until(() => log.has(/^debug GET \/healthz 200 \d+ ms ip=127\.0\.0\.1$/));
  assert.ok(!log.has('secret'));
});

test('a process without file descriptors says so once, lives, and accepts again when some are free', async (context) => {
  const script = fileURLToPath(new URL('support/accept-child.ts', import.meta.url));
  const command = 'ulimit -n 64 && exec "$0" --import tsx "$1"';
  const child = spawn('bash', ['-c', command, process.execPath, script], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  context.after(() => child.kill('SIGKILL'));
  const lines: string[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => lines.push(line));
  const said = (start: string) => lines.filter((line) => line.startsWith(start));
  await until(() => said('port').length > 0 || child.exitCode !== null);
  const port = Number(said('port')[0]?.slice(5));
  for (const episode of [1, 2]) {
    child.stdin.write('take\n');
    await until(() => said('err').length === episode);
    for (let n = 0; n < 10; n += 1) assert.equal(await sendRaw(port, rawGet('/healthz')), '');
    child.stdin.write('free\n');
    await until(() => said('info').length === episode);
    assert.equal(statusOf(await sendRaw(port, rawGet('/healthz'))), 200);
  }
  assert.deepEqual(
    lines.filter((line) => /^(err|info)/.test(line)),
    [
      'err new connections cannot be accepted: no file descriptor left (EMFILE)',
      'info new connections are accepted again',
      'err new connections cannot be accepted: no file descriptor left (EMFILE)',
      'info new connections are accepted again',
    ],
  );
});
