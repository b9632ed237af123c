import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { type TestContext, test } from 'node:test';
import { parseUsers } from '../../src/auth/users-file.ts';
import { readToEnd, statusOf } from '../http/support/http-fixture.ts';
import { EventSourceReader } from '../support/event-source.ts';
import { makeEvent } from '../support/events.ts';
import { memoryServerFor } from '../support/memory-server.ts';
import { basic } from '../support/users.ts';
import { USERS } from './api-suite.ts';

async function start(context: TestContext, keys: Record<string, unknown> = {}) {
  const server = await memoryServerFor(context, keys, USERS);
  return { server, port: server.port, url: `http://127.0.0.1:${server.port}/api/v1` };
}

interface Problem {
  type: string;
  status: number;
  field?: string;
}

async function problemOf(response: Response): Promise<string> {
  const { type, status } = (await response.json()) as Problem;
  assert.equal(response.headers.get('content-type'), 'application/problem+json');
  assert.equal(response.status, status);
  assert.equal(response.headers.get('cache-control'), 'no-store');
  return `${status} ${type.replace('urn:vscpl2drv-websocksrv:problem:', '')}`;
}

const JSON_TYPE = { 'content-type': 'application/json' };

test('each mistake has its problem with a stable type', async (context) => {
  const { url } = await start(context);
  const post = (body: string, headers: Record<string, string> = JSON_TYPE) =>
    fetch(`${url}/events`, { method: 'POST', body, headers: { ...basic(), ...headers } });
  const get = (path: string) => fetch(url + path, { headers: basic() });
  const cases: [Promise<Response>, string][] = [
    [fetch(`${url}/me`), '401 unauthorized'],
    [get('/nothing'), '404 not-found'],
    [fetch(`${url}/me`, { method: 'DELETE', headers: basic() }), '405 method'],
    [fetch(`${url}/last`, { method: 'POST', headers: basic() }), '405 method'],
    [post('{'), '400 bad-request'],
    [post('[]'), '400 bad-request'],
    [post(JSON.stringify(Array.from({ length: 1001 }, () => ({ class: 1, type: 1 })))), '400 bad-request'],
    [post('null'), '400 bad-event'],
    [post('"text"'), '400 bad-event'],
    [post('{"class":1,"type":1,"guid":"nonsense"}'), '400 bad-event'],
    [post('{"class":"1","type":1}'), '400 bad-event'],
    [post('class=1', { 'content-type': 'application/x-www-form-urlencoded' }), '415 media-type'],
    [post(' '.repeat(1024 * 1024 + 1)), '413 too-large'],
    [get('/last?class=1&class=2'), '400 bad-request'],
    [get('/last?klass=1'), '400 bad-request'],
    [get('/last?class=70000'), '400 bad-request'],
    [get('/last?class=ten'), '400 bad-request'],
    [get('/last?filter=a&mask=0'), '400 bad-request'],
    [get('/events?guid=nonsense'), '400 bad-request'],
    [get('/last?limit=0'), '400 bad-request'],
    [get('/last?__proto__=1'), '400 bad-request'],
  ];
  for (const [answer, expected] of cases) assert.equal(await problemOf(await answer), expected);
});

test('credentials: one answer for all wrong ones, a challenge for programs alone, counted and logged like others', async (context) => {
  const { server, url } = await start(context);
  const get = (headers: Record<string, string>) => fetch(`${url}/me`, { headers });
  const wrong = [basic('admin', 'no'), basic('nobody', 'secret'), basic('onlyws', 'secret')];
  const answers = [];
  for (const headers of wrong) answers.push(await (await get(headers)).text());
  assert.equal(new Set(answers).size, 1);
  for (const headers of [
    { authorization: 'Digest x' },
    { authorization: 'Basic ?' },
    { authorization: 'Basic Og==' },
  ]) {
    assert.equal((await get(headers)).status, 401);
  }
  assert.equal(
    (await get({})).headers.get('www-authenticate'),
    'Bearer realm="VSCP", Basic realm="VSCP", charset="UTF-8"',
  );
  const page = { 'sec-fetch-site': 'cross-site' };
  assert.equal((await get(page)).headers.get('www-authenticate'), 'Bearer realm="VSCP"');
  assert.equal(
    (await get({ ...page, ...basic() })).status,
    401,
    'what a browser adds by itself for a foreign page',
  );
  assert.equal((await get({ 'sec-fetch-site': 'same-origin', ...basic() })).status, 200);
  const failures = server.lines.filter((line) => line.startsWith('warn auth failed'));
  assert.deepEqual(
    failures.map((line) => /reason=(\S+)/.exec(line)?.[1]),
    ['wrong-password', 'unknown-user', 'no-right'],
  );
});

test('credentials are taken over TLS or on the machine itself alone; behind a trusted proxy its TLS counts', async (context) => {
  const { url } = await start(context, { 'trusted-proxies': '127.0.0.1' });
  const get = (headers: Record<string, string>) =>
    fetch(`${url}/me`, { headers: { ...basic('far', 'unusual-2026'), ...headers } });
  const outside = { 'x-forwarded-for': '10.1.2.3' };
  assert.equal(await problemOf(await get(outside)), '403 not-private');
  assert.equal((await get({ ...outside, 'x-forwarded-proto': 'https' })).status, 200);
  assert.equal((await get({})).status, 200);
});

test('pages: foreign origins are refused, listed ones get CORS headers', async (context) => {
  const { url } = await start(context, { 'allowed-origins': ['https://hmi.example'] });
  const ask = (origin: string, method = 'GET') =>
    fetch(`${url}/me`, { method, headers: { ...basic(), origin } });
  assert.equal(await problemOf(await ask('https://evil.example')), '403 foreign-origin');
  assert.equal((await ask('https://evil.example', 'OPTIONS')).status, 403);
  const preflight = await ask('https://hmi.example', 'OPTIONS');
  assert.equal(preflight.status, 204);
  assert.equal(
    preflight.headers.get('access-control-allow-headers'),
    'authorization, content-type, last-event-id',
  );
  const answer = await ask('https://hmi.example');
  assert.deepEqual(
    [answer.status, answer.headers.get('access-control-allow-origin')],
    [200, 'https://hmi.example'],
  );
});

test('HEAD, HTTP/1.0, pipelined requests and a trailing slash are answered; switched off, nothing is there', async (context) => {
  const { port, url } = await start(context);
  const head = await fetch(`${url}/me/`, { method: 'HEAD', headers: basic() });
  assert.deepEqual([head.status, await head.text()], [200, '']);
  assert.equal((await fetch(`${url}/events`, { method: 'HEAD', headers: basic() })).status, 200);
  const ask = async (text: string) => {
    const socket = connect(port, '127.0.0.1');
    const answer = readToEnd(socket);
    socket.write(text);
    return answer;
  };
  const { authorization = '' } = basic();
  const old = await ask(`GET /api/v1/me HTTP/1.0\r\nAuthorization: ${authorization}\r\n\r\n`);
  assert.match(old, /\r\n\r\n\{"user":"admin"/);
  const get = (more: string) =>
    `GET /api/v1/me HTTP/1.1\r\nHost: localhost\r\nAuthorization: ${authorization}\r\n${more}\r\n`;
  assert.equal((await ask(get('') + get('Connection: close\r\n'))).match(/"user":"admin"/g)?.length, 2);
  const off = await start(context, { 'enable-api': false });
  assert.equal((await fetch(`${off.url}/openapi.json`)).status, 404);
  const slow = connect(port, '127.0.0.1');
  const late = readToEnd(slow);
  slow.write(
    `POST /api/v1/events HTTP/1.1\r\nHost: localhost\r\nAuthorization: ${authorization}\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{`,
  );
  assert.equal(statusOf(await late), 408);
});

test('a full host says 503 with Retry-After, and in a list for each', async (context) => {
  const { url } = await start(context, { 'max-outgoing-queue-size': 1 });
  const post = (body: unknown) =>
    fetch(`${url}/events`, {
      method: 'POST',
      headers: { ...basic(), ...JSON_TYPE },
      body: JSON.stringify(body),
    });
  const event = { class: 20, type: 3 };
  const list = (await (await post([event, event])).json()) as {
    accepted: number;
    results: { problem?: Problem }[];
  };
  assert.equal(list.accepted, 1);
  assert.equal(list.results[1]?.problem?.type, 'urn:vscpl2drv-websocksrv:problem:host-queue-full');
  const full = await post(event);
  assert.equal(full.headers.get('retry-after'), '1');
  assert.equal(await problemOf(full), '503 host-queue-full');
});

test('readers: heartbeats, places, an end with their user, and the counts of sessions', async (context) => {
  const { server, url } = await start(context, { 'ping-interval': 0.1, 'max-clients': 2 });
  const plain = await EventSourceReader.connect(`${url}/events`, basic('plain'));
  const admin = await EventSourceReader.connect(`${url}/events`, basic());
  context.after(() => admin.close());
  assert.equal(await problemOf(await fetch(`${url}/events`, { headers: basic() })), '503 full');
  const status = (await (await fetch(`${url}/status`, { headers: basic() })).json()) as {
    sessions: { sse: number };
  };
  assert.equal(status.sessions.sse, 2);
  const next = plain.next();
  while (!plain.comments.includes(': still there')) await new Promise((resolve) => setTimeout(resolve, 50));
  const { users } = parseUsers({ users: [USERS[0]] });
  server.server.applyUsers(['plain'], [...users.values()]);
  assert.deepEqual(await next, { event: 'end', data: '{"code":4403,"reason":"user removed"}' });
  assert.equal(await plain.next(), undefined);
});

test('a reader that takes nothing is told how many events it missed, and holds no more than its queue', async (context) => {
  const { server, port, url } = await start(context, { 'max-client-queue-size': 50 });
  const slow = connect(port, '127.0.0.1').setEncoding('latin1');
  const { authorization = '' } = basic();
  slow.write(`GET /api/v1/events HTTP/1.1\r\nHost: localhost\r\nAuthorization: ${authorization}\r\n\r\n`);
  await once(slow, 'data');
  slow.pause();
  const data = new Uint8Array(512).fill(255);
  const witness = await EventSourceReader.connect(`${url}/events`, basic());
  context.after(() => witness.close());
  // Beyond what the kernel buffers between the two.
  const count = 15_000;
  for (let number = 0; number < count; number++) {
    while (!server.link.hostWrite(makeEvent({ vscpClass: 20, vscpType: number, data }))) {
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    if (number % 25 === 24) await new Promise((resolve) => setImmediate(resolve));
  }
  let text = '';
  slow.on('data', (chunk: string) => {
    text += chunk;
  });
  slow.resume();
  const missedIn = () =>
    [...text.matchAll(/event: missed\ndata: \{"events":(\d+)\}/g)].map(([, events]) => Number(events));
  const sum = () => missedIn().reduce((total, events) => total + events, 0);
  const seen = () => text.match(/^id: /gm)?.length ?? 0;
  const end = Date.now() + 30_000;
  while (seen() + sum() < count && Date.now() < end) await new Promise((resolve) => setTimeout(resolve, 20));
  assert.ok(sum() > 0, 'something was missed');
  assert.equal(seen() + sum(), count, 'every event was read or counted');
  slow.destroy();
});
