import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseUsers } from '../../src/auth/users-file.ts';
import { readToEnd, statusOf } from '../http/support/http-fixture.ts';
import { makeEvent } from '../support/events.ts';
import { memoryServerFor } from '../support/memory-server.ts';
import { askRest, openRest } from '../support/rest-client.ts';
import { quickUser } from '../support/users.ts';
import { TestClient } from '../support/ws-client.ts';

const USERS = [
  quickUser('admin', 'admin'),
  quickUser('plain', 'user'),
  quickUser('reader', 'rest,receive-events'),
  quickUser('limited', 'rest,send-events,receive-events', { events: 'BOTH;20:3' }),
  quickUser('onlyws', 'ws,send-events,receive-events'),
  quickUser('abroad', 'admin', { remotes: '+10.1.2.3' }),
  quickUser('filtered', 'user', { filter: '0,20,0,-', mask: '0,65535,0,-' }),
];

async function start(context: TestContext, keys: Record<string, unknown> = {}) {
  const server = await memoryServerFor(context, keys, USERS);
  return { server, port: server.port, url: `http://127.0.0.1:${server.port}/rest` };
}

async function untilWaiting(url: string, vscpsession: string, count: number): Promise<void> {
  for (let round = 0; round < 1000; round++) {
    if ((await askRest(url, { op: 'status', vscpsession })).waiting === count) return;
    await sleep(5);
  }
  assert.fail(`never were ${count} events waiting`);
}

test('paths: /rest and /vscp/rest while the default is in force, one trailing slash, and no others', async (context) => {
  const { url, port } = await start(context);
  const base = `http://127.0.0.1:${port}`;
  for (const path of ['/rest', '/rest/', '/vscp/rest', '/vscp/rest/']) {
    assert.equal((await askRest(base + path, { op: 'status' })).code, -2, path);
  }
  for (const path of ['/rest//', '/rest/x', '/REST', '/vscp', '/vscp/rest/api']) {
    assert.equal((await fetch(`${base}${path}?op=status`)).status, 404, path);
  }
  const other = await start(context, { 'url-rest': '/house' });
  assert.equal((await fetch(`${other.url}?op=status`)).status, 404);
  assert.equal((await fetch(`http://127.0.0.1:${other.port}/vscp/rest?op=status`)).status, 404);
  assert.equal((await askRest(`http://127.0.0.1:${other.port}/house`, { op: 'status' })).code, -2);
  const off = await start(context, { 'enable-rest': false });
  for (const path of ['/rest', '/vscp/rest']) {
    assert.equal((await fetch(`http://127.0.0.1:${off.port}${path}`)).status, 404, path);
  }
  assert.equal((await askRest(url, { op: 'status' })).code, -2);
});

test('methods: HEAD as GET without a body, others with 405, OPTIONS with 204, multipart with 415', async (context) => {
  const { url } = await start(context);
  const head = await fetch(`${url}?op=status`, { method: 'HEAD' });
  assert.deepEqual([head.status, await head.text()], [200, '']);
  assert.ok(Number(head.headers.get('content-length')) > 10);
  for (const method of ['DELETE', 'PATCH']) {
    const answer = await fetch(url, { method });
    assert.equal(answer.status, 405);
    assert.equal(answer.headers.get('allow'), 'GET, HEAD, POST, PUT, OPTIONS');
  }
  assert.equal((await fetch(url, { method: 'OPTIONS' })).status, 204);
  const form = new FormData();
  form.set('op', 'status');
  assert.equal((await fetch(url, { method: 'POST', body: form })).status, 415);
  const text = await fetch(url, {
    method: 'POST',
    body: 'op=status',
    headers: { 'content-type': 'text/plain' },
  });
  assert.match(await text.text(), /^0 -2 /);
});

test('parameters: body wins over query, headers over both, formats by name and number, an unknown one is 400', async (context) => {
  const { url } = await start(context);
  const vscpsession = await openRest(url);
  const both = await fetch(`${url}?op=mdf&format=json`, {
    method: 'POST',
    body: new URLSearchParams({ op: 'status', vscpsession: 'f'.repeat(32) }),
    headers: { vscpsession },
  });
  assert.equal(((await both.json()) as { vscpsession?: string }).vscpsession, vscpsession);
  const forms: [string, RegExp][] = [
    ['0', /^1 1 Success/],
    ['PLAIN', /^1 1 Success/],
    ['1', /^success-code/],
    ['2', /^<\?xml/],
    ['Json', /^\{"success":true/],
    ['3', /^\{"success":true/],
  ];
  for (const [format, expected] of forms) {
    assert.match(
      await (await fetch(`${url}?op=0&format=${format}`, { headers: { vscpsession } })).text(),
      expected,
    );
  }
  for (const format of ['yaml', '5', '-1', '%00']) {
    const refused = await fetch(`${url}?op=status&format=${format}`);
    assert.equal(refused.status, 400);
    assert.match(await refused.text(), /^0 -3 Unsupported format \r\n/);
  }
  const opened = await fetch(url, { headers: { vscpuser: 'admin', vscpsecret: 'secret' } });
  assert.match(await opened.text(), /^1 1 Success vscpsession=[0-9a-f]{32} nEvents=0$/);
  const basic = `Basic ${Buffer.from('admin:secret').toString('base64')}`;
  assert.match(await (await fetch(url, { headers: { authorization: basic } })).text(), /^1 1 Success vscp/);
  const fromPage = { authorization: basic, 'sec-fetch-site': 'cross-site' };
  assert.match(await (await fetch(url, { headers: fromPage })).text(), /^0 -16 /);
});

test('wrong credentials: one answer for a wrong name and a wrong password, -15 only behind a right one', async (context) => {
  const { server, url } = await start(context);
  const wrong = async (vscpuser: string, vscpsecret: string) =>
    (await askRest(url, { op: 'open', vscpuser, vscpsecret }, { format: 'plain' })).text;
  const answers = [await wrong('admin', 'no'), await wrong('nobody', 'secret'), await wrong('abroad', 'no')];
  assert.equal(new Set(answers).size, 1);
  assert.match(answers[0] ?? '', /^0 -16 Invalid password/);
  assert.match(await wrong('onlyws', 'secret'), /^0 -16 /);
  assert.match(await wrong('abroad', 'secret'), /^0 -15 /);
  assert.match(await (await fetch(`${url}?op=open`)).text(), /^0 -16 /);
  assert.ok(server.lines.includes('warn auth failed user=admin ip=127.0.0.1 reason=wrong-password'));
  assert.ok(server.lines.includes('warn auth failed user=- ip=127.0.0.1 reason=unknown-user'));
  assert.ok(
    server.lines.every((line) => !line.includes('secret')),
    'no password in the log',
  );
});

test('rights, event list and filter hold for REST as for websockets', async (context) => {
  const { server, url } = await start(context);
  const [reader, limited, filtered] = [
    await openRest(url, 'reader'),
    await openRest(url, 'limited'),
    await openRest(url, 'filtered'),
  ];
  const send = async (vscpsession: string, event: string) =>
    askRest(url, { op: 'sendevent', vscpsession, vscpevent: event });
  assert.equal((await send(reader, '0,20,3,0,,,-')).code, -1);
  assert.equal((await send(limited, '0,20,4,0,,,-')).code, -1);
  assert.equal((await send(limited, '0,20,3,0,,,-')).code, 1);
  const setFilter = { op: 'setfilter', vscpfilter: '0,0,0,-', vscpmask: '0,0,0,-' };
  assert.equal((await askRest(url, { ...setFilter, vscpsession: filtered })).code, -1);
  for (const vscpType of [3, 4]) server.link.hostWrite(makeEvent({ vscpClass: 20, vscpType }));
  server.link.hostWrite(makeEvent({ vscpClass: 30, vscpType: 3 }));
  // The one that another sent, and those of the host.
  await untilWaiting(url, reader, 4);
  await untilWaiting(url, limited, 1);
  await untilWaiting(url, filtered, 3);
});

test('an event of a REST session reaches host and websockets, not the session itself; the number is its obid', async (context) => {
  const { server, url } = await start(context);
  const client = await TestClient.connect(`${server.url}/ws1`);
  await client.start('admin');
  const vscpsession = await openRest(url);
  await askRest(url, { op: 'sendevent', vscpsession, vscpevent: '0,20,3,7,,,-,1' });
  const { obid } = await server.link.nextFromDriver();
  assert.match(await client.next(), new RegExp(`^E;0,20,3,${obid},`));
  assert.ok(server.lines.some((line) => line.includes(`session=${obid} protocol=rest`)));
  assert.equal((await askRest(url, { op: 'status', vscpsession })).waiting, 0);
  client.ws.terminate();
});

test('sessions end with their user, with another password, and with the driver; a full host says -10', async (context) => {
  const { server, url } = await start(context, { 'max-outgoing-queue-size': 1 });
  const [admin, plain] = [await openRest(url), await openRest(url, 'plain')];
  const send = { op: 'sendevent', vscpevent: '0,20,3,0,,,-' };
  assert.equal((await askRest(url, { ...send, vscpsession: admin })).code, 1);
  assert.equal((await askRest(url, { ...send, vscpsession: admin })).code, -10);
  const { users } = parseUsers({ users: [quickUser('admin', 'admin')] });
  server.server.applyUsers(['plain'], [...users.values()]);
  assert.equal((await askRest(url, { op: 'status', vscpsession: plain })).code, -2);
  assert.equal((await askRest(url, { op: 'status', vscpsession: admin })).code, 1);
  const changed = parseUsers({ users: [{ name: 'admin', password: 'f'.repeat(32), rights: 'admin' }] }).users;
  server.server.applyUsers([], [...changed.values()]);
  assert.equal((await askRest(url, { op: 'status', vscpsession: admin })).code, -2);
});

test('max-clients counts REST sessions, a full house says -4, and a closed session gives its place back', async (context) => {
  const { url } = await start(context, { 'max-clients': 2 });
  const first = await openRest(url);
  await openRest(url);
  const refused = await askRest(url, { op: 'open', vscpuser: 'admin', vscpsecret: 'secret' });
  assert.equal(refused.code, -4);
  await askRest(url, { op: 'close', vscpsession: first });
  await openRest(url);
});

test('the newest events are dropped beyond max-client-queue-size, and at most 1000 come at once', async (context) => {
  const { server, url } = await start(context, { 'max-client-queue-size': 1200 });
  const vscpsession = await openRest(url);
  for (let number = 0; number < 1500; number++) {
    server.link.hostWrite(makeEvent({ vscpClass: 20, vscpType: number }));
  }
  await untilWaiting(url, vscpsession, 1200);
  const read = async (count: number) => askRest(url, { op: 'readevent', vscpsession, count: String(count) });
  const first = await read(5000);
  assert.equal(first.events?.length, 1000);
  const rest = await read(5000);
  const types = [...(first.events ?? []), ...(rest.events ?? [])].map(
    (event) => (event as { vscptype: number }).vscptype,
  );
  assert.deepEqual(
    types,
    Array.from({ length: 1200 }, (_, number) => number),
  );
});

test('bodies: 32 000 bytes are read, one more is 413, a slow one is 408 and keeps nobody waiting', async (context) => {
  const { url, port } = await start(context);
  const body = (size: number) => `op=status&note=${'x'.repeat(size)}`.slice(0, size);
  assert.equal((await fetch(url, { method: 'POST', body: body(32_000) })).status, 200);
  assert.equal((await fetch(url, { method: 'POST', body: body(32_001) })).status, 413);
  const chunked = connect(port, '127.0.0.1');
  const answer = readToEnd(chunked);
  chunked.write('POST /rest HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n7d01\r\n');
  chunked.write('x'.repeat(0x7d01));
  assert.equal(statusOf(await answer), 413);
  const slow = connect(port, '127.0.0.1');
  const late = readToEnd(slow);
  slow.write('POST /rest HTTP/1.1\r\nHost: localhost\r\nContent-Length: 20\r\n\r\nop=');
  assert.equal((await askRest(url, { op: 'status' })).code, -2);
  assert.equal(statusOf(await late), 408);
});

test('HTTP/1.0, pipelined requests and repeated parameters get an answer each', async (context) => {
  const { port } = await start(context);
  const ask = async (text: string) => {
    const socket = connect(port, '127.0.0.1');
    const answer = readToEnd(socket);
    socket.write(text);
    return answer;
  };
  assert.match(await ask('GET /rest?op=status HTTP/1.0\r\n\r\n'), /\r\n\r\n0 -2 Invalid session/);
  const get = (query: string, more = '') => `GET /rest?${query} HTTP/1.1\r\nHost: localhost\r\n${more}\r\n`;
  const text = await ask(get('op=status') + get('op=fly') + get('op=mdf&op=fly', 'Connection: close\r\n'));
  assert.deepEqual(text.match(/^0 -\d+/gm), ['0 -2', '0 -5', '0 -2']);
});

test('CORS: listed origins may read, foreign ones are refused for every method, and jsonp needs *', async (context) => {
  const { url, port } = await start(context, { 'allowed-origins': ['https://hmi.example'] });
  const listed = { origin: 'https://hmi.example' };
  const answer = await fetch(`${url}?op=status`, { headers: listed });
  assert.equal(answer.headers.get('access-control-allow-origin'), 'https://hmi.example');
  assert.equal(answer.headers.get('vary'), 'Origin');
  assert.equal(answer.headers.get('access-control-allow-credentials'), null);
  const preflight = await fetch(url, { method: 'OPTIONS', headers: listed });
  assert.equal(preflight.status, 204);
  assert.equal(preflight.headers.get('access-control-allow-methods'), 'GET, POST, PUT');
  assert.equal(
    preflight.headers.get('access-control-allow-headers'),
    'vscpuser, vscpsecret, vscpsession, content-type, authorization',
  );
  assert.equal(preflight.headers.get('access-control-max-age'), '600');
  for (const method of ['GET', 'POST', 'PUT', 'OPTIONS', 'HEAD']) {
    const foreign = await fetch(url, { method, headers: { origin: 'https://evil.example' } });
    assert.equal(foreign.status, 403, method);
    assert.equal(foreign.headers.get('access-control-allow-origin'), null);
  }
  assert.equal((await askRest(url, { op: 'status' }, { format: 'jsonp' })).code, -15);
  const own = await fetch(`${url}?op=status`, { headers: { origin: `http://127.0.0.1:${port}` } });
  assert.equal(own.status, 200);
  const open = await start(context, { 'allowed-origins': '*' });
  const named = await fetch(`${open.url}?op=status&format=jsonp&callback=a.b`);
  assert.match(await named.text(), /^typeof a\.b === 'function' && a\.b\(\{/);
  const bad = await fetch(`${open.url}?op=status&format=jsonp&callback=alert(1)//`);
  assert.match(await bad.text(), /^typeof handler === 'function' && handler\(\{/);
});

test('a request by a name that was led here (DNS rebinding) is not answered', async (context) => {
  const { port } = await start(context);
  const socket = connect(port, '127.0.0.1');
  const answer = readToEnd(socket);
  socket.write('GET /rest?op=status HTTP/1.1\r\nHost: rebound.test\r\nConnection: close\r\n\r\n');
  assert.equal(statusOf(await answer), 421);
});
