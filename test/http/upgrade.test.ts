import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { WebSocket } from 'ws';
import type { Settings } from '../../src/config/settings.ts';
import { socketClosed } from '../support/raw-ws.ts';
import {
  rawGet,
  rawUpgrade,
  readToEnd,
  sendRaw,
  startServer,
  statusOf,
  until,
  upgradeAnswer,
} from './support/http-fixture.ts';

interface UpgradeCase {
  request: string;
  status: number;
  protocol?: 'ws1' | 'ws2';
  settings?: Partial<Settings>;
}

const WITHOUT_KEY = rawUpgrade('/ws1').replace(/Sec-WebSocket-Key: .*\r\n/, '');

const UPGRADES: UpgradeCase[] = [
  { request: rawUpgrade('/ws1'), status: 101, protocol: 'ws1' },
  { request: rawUpgrade('/ws2'), status: 101, protocol: 'ws2' },
  { request: rawUpgrade('/ws1/'), status: 101, protocol: 'ws1' },
  { request: rawUpgrade('/ws1?token=x/ws2'), status: 101, protocol: 'ws1' },
  { request: rawUpgrade('/ws2/?x'), status: 101, protocol: 'ws2' },
  { request: rawUpgrade('http://test/ws2'), status: 101, protocol: 'ws2' },
  { request: rawUpgrade('/live'), status: 101, protocol: 'ws1', settings: { urlWs1: '/live' } },
  { request: rawUpgrade('/'), status: 101, protocol: 'ws2', settings: { urlWs2: '/' } },
  { request: rawUpgrade('/'), status: 404 },
  { request: rawUpgrade('/WS1'), status: 404 },
  { request: rawUpgrade('/ws1/x'), status: 404 },
  { request: rawUpgrade('/ws3'), status: 404 },
  { request: rawUpgrade('/x/../ws1'), status: 404 },
  { request: rawUpgrade('*'), status: 400 },
  { request: rawUpgrade('/ws1'), status: 404, settings: { enableWs1: false } },
  { request: rawUpgrade('/ws2'), status: 404, settings: { enableWs2: false } },
  { request: rawUpgrade('/ws1', ['Origin: https://evil.example']), status: 403, settings: { allowedOrigins: ['https://a.example'] } },
  { request: rawUpgrade('/ws1', ['Origin: https://a.example']), status: 101, protocol: 'ws1', settings: { allowedOrigins: ['https://a.example'] } },
  { request: rawUpgrade('/ws1', ['Sec-WebSocket-Origin: https://evil.example']), status: 403, settings: { allowedOrigins: ['https://a.example'] } },
  { request: rawUpgrade('/ws1'), status: 101, protocol: 'ws1', settings: { allowedOrigins: ['https://a.example'] } },
  { request: rawUpgrade('/ws1', ['Origin: file://']), status: 403 },
  { request: rawUpgrade('/ws1', ['Origin: file://']), status: 101, protocol: 'ws1', settings: { allowedOrigins: ['file://'] } },
  { request: rawUpgrade('/ws1', ['Origin: http://hmi.example:8443']), status: 101, protocol: 'ws1', settings: { allowedOrigins: ['hmi.example:8443'] } },
  { request: WITHOUT_KEY, status: 400 },
  { request: rawUpgrade('/ws1').replace('Version: 13', 'Version: 7'), status: 400 },
  { request: rawUpgrade('/ws1').replace('AAAAAAAAAAAAAAAAAAAAAA==', 'short'), status: 400 },
  { request: rawUpgrade('/ws1').replace('Upgrade: websocket', 'Upgrade: h2c'), status: 400 },
  { request: rawUpgrade('/ws1').replace('GET', 'POST'), status: 405 },
  { request: rawUpgrade('/ws1', ['Sec-WebSocket-Protocol: a,,b']), status: 400 },
  { request: rawGet('/ws1'), status: 426 },
  { request: rawGet('/ws2/?x'), status: 426 },
  { request: rawGet('/ws1'), status: 404, settings: { enableWs1: false } },
]; // biome-ignore format: a table

test('an upgrade is routed by its path, or refused with the status that says why', async (t) => {
  for (const { request, status, protocol, settings } of UPGRADES) {
    const label = `${request.split('\r\n', 1)[0]} ${JSON.stringify(settings ?? {})}`;
    await t.test(`${label} gives ${status}`, async (context) => {
      const { port, accepted } = await startServer(context, settings ? { settings } : {});
      const answer = await upgradeAnswer(port, request);
      assert.equal(statusOf(answer), status, answer);
      assert.equal(accepted[0]?.protocol, protocol);
      if (status === 101) assert.match(answer, /\r\nSec-WebSocket-Accept: /);
    });
  }
});

test('a full server answers an upgrade with 503 and hands nothing over', async (context) => {
  const { port, accepted } = await startServer(context, { hooks: { hasRoom: () => false } });
  assert.equal(statusOf(await sendRaw(port, rawUpgrade('/ws1'))), 503);
  assert.equal(accepted.length, 0);
});

test('the sub-protocol of the path is echoed, others are ignored and the upgrade still succeeds', async (context) => {
  const { port } = await startServer(context);
  const table: [path: string, offered: string[], echoed: string][] = [
    ['/ws1', ['vscp-std'], 'vscp-std'],
    ['/ws2', ['chat', 'vscp-json'], 'vscp-json'],
    ['/ws1', ['vscp-json'], ''],
    ['/ws2', ['vscp-std'], ''],
    ['/ws1', ['chat'], ''],
    ['/ws2', [], ''],
  ];
  for (const [path, offered, echoed] of table) {
    const header = offered.length > 0 ? [`Sec-WebSocket-Protocol: ${offered.join(', ')}`] : [];
    const answer = await upgradeAnswer(port, rawUpgrade(path, header));
    assert.equal(statusOf(answer), 101);
    assert.equal(/\r\nSec-WebSocket-Protocol: (.*)\r\n/.exec(answer)?.[1] ?? '', echoed);
  }
});

test('no compression is agreed on', async (context) => {
  const { port } = await startServer(context);
  const answer = await upgradeAnswer(
    port,
    rawUpgrade('/ws1', ['Sec-WebSocket-Extensions: permessage-deflate']),
  );
  assert.equal(statusOf(answer), 101);
  assert.doesNotMatch(answer, /Sec-WebSocket-Extensions/i);
});

test('the session gets the stream, the protocol and the address of the client', async (context) => {
  const { port, accepted } = await startServer(context, { settings: { trustedProxies: ['127.0.0.1'] } });
  const direct = new WebSocket(`ws://127.0.0.1:${port}/ws1`);
  await once(direct, 'open');
  const forwarded = new WebSocket(`ws://127.0.0.1:${port}/ws2`, {
    headers: { 'X-Forwarded-For': '198.51.100.1, 203.0.113.9' },
  });
  await once(forwarded, 'open');
  assert.deepEqual(
    accepted.map(({ protocol, remoteAddress }) => ({ protocol, remoteAddress })),
    [
      { protocol: 'ws1', remoteAddress: '127.0.0.1' },
      { protocol: 'ws2', remoteAddress: '203.0.113.9' },
    ],
  );
  const text = once(direct, 'message');
  accepted[0]?.socket.write(Buffer.from([0x81, 2, 0x68, 0x69]));
  assert.equal(String((await text)[0]), 'hi');
});

test('the first frame may come together with the upgrade request', async (context) => {
  const messages: string[] = [];
  const { port } = await startServer(context, {
    hooks: { accept: ({ ws }) => ws.on('message', (data) => messages.push(String(data))) },
  });
  const socket = connect(port, '127.0.0.1');
  context.after(() => socket.destroy());
  const frame = Buffer.from([0x81, 0x82, 0, 0, 0, 0, 0x68, 0x69]);
  socket.write(Buffer.concat([Buffer.from(rawUpgrade('/ws1')), frame]));
  await until(() => messages.length === 1);
  assert.deepEqual(messages, ['hi']);
});

test('an upgrade pipelined behind an unfinished answer is cut off, so that nothing mixes with frames', async (context) => {
  const { port, accepted, log } = await startServer(context, {
    settings: { enableStatic: true, webRoot: fileURLToPath(new URL('.', import.meta.url)) },
  });
  await upgradeAnswer(port, `GET /upgrade.test.ts HTTP/1.1\r\nHost: test\r\n\r\n${rawUpgrade('/ws1')}`);
  assert.equal(accepted.length, 0);
  assert.ok(!log.has('err '));
});

test('a message over the size limit closes with 1009', async (context) => {
  const { port } = await startServer(context, { settings: { maxMessageSize: 1_000 } });
  const ws = new WebSocket(`ws://127.0.0.1:${port}/ws1`);
  await once(ws, 'open');
  ws.send('x'.repeat(1_001));
  assert.equal((await once(ws, 'close'))[0], 1009);
});

test('a flood of fragments and a frame in crumbs are ended with 1008, not stored', async (context) => {
  const { port } = await startServer(context, { limits: { maxFragments: 8, maxBufferedChunks: 8 } });
  const fragments = Array.from({ length: 10 }, () => Buffer.from([0x00, 0x81, 0, 0, 0, 0, 0x61]));
  const crumbs = Array.from({ length: 40 }, () => Buffer.from('a'));
  const table: [name: string, first: number[], pieces: Buffer[]][] = [
    ['fragments', [0x01, 0x80, 0, 0, 0, 0], fragments],
    ['crumbs', [0x81, 0xfe, 0x10, 0x00, 0, 0, 0, 0], crumbs],
  ];
  for (const [name, first, pieces] of table) {
    const socket = connect(port, '127.0.0.1');
    const answer = readToEnd(socket);
    socket.setNoDelay(true);
    socket.write(rawUpgrade('/ws1'));
    await once(socket, 'data');
    for (const piece of [Buffer.from(first), ...pieces]) {
      if (socket.destroyed || !socket.writable) break;
      socket.write(piece);
      await new Promise((resolve) => setImmediate(resolve));
    }
    const received = Buffer.from(await answer, 'latin1');
    assert.deepEqual([...received.subarray(-4)], [0x88, 0x02, 0x03, 0xf0], name);
  }
});

test('a hook that throws costs one connection only', async (context) => {
  let calls = 0;
  const { port, log } = await startServer(context, {
    hooks: {
      accept: () => {
        calls += 1;
        if (calls === 1) throw new Error('broken');
      },
    },
  });
  const first = new WebSocket(`ws://127.0.0.1:${port}/ws1`);
  first.on('error', () => undefined);
  await once(first, 'close');
  const second = new WebSocket(`ws://127.0.0.1:${port}/ws1`);
  await once(second, 'open');
  assert.ok(log.has('err upgrade failed: broken'));
});

test('a client that resets while its upgrade is refused or done harms nobody', async (context) => {
  const { port } = await startServer(context);
  for (const path of ['/ws1', '/nowhere', '/ws2']) {
    for (let n = 0; n < 20; n += 1) {
      const socket = connect(port, '127.0.0.1');
      socket.on('error', () => undefined);
      await once(socket, 'connect');
      socket.write(rawUpgrade(path), () => socket.resetAndDestroy());
      await socketClosed(socket);
    }
  }
  assert.equal(statusOf(await sendRaw(port, rawGet('/healthz'))), 200);
});

test('a refused request cannot inject into the log', async (context) => {
  const { port, log } = await startServer(context);
  const answers = [
    await sendRaw(port, rawUpgrade('/\x1b[2J')),
    await sendRaw(port, rawUpgrade('/\x9b2J')),
    await sendRaw(port, rawUpgrade('/x', ['Origin: \x9b2J\tevil'])),
  ];
  // Newer runtimes refuse bytes above 127 in a path themselves.
  assert.ok([400, 404].includes(statusOf(answers[1] ?? '')));
  assert.deepEqual(
    [answers[0], answers[2]].map((answer) => statusOf(answer ?? '')),
    [400, 404],
  );
  assert.ok(log.has('upgrade of /x refused: 404 ip=127.0.0.1 origin=?2J?evil'), log.lines.join('\n'));
  for (const line of log.lines) assert.match(line, /^[\x20-\x7e]*$/);
});
