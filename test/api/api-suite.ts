import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import Ajv2020 from 'ajv/dist/2020.js';
import { COMPONENTS } from '../../src/http/api/schemas.ts';
import type { Backend, BackendServer } from '../support/backend.ts';
import { EventSourceReader } from '../support/event-source.ts';
import { makeEvent } from '../support/events.ts';
import { basic, quickUser } from '../support/users.ts';

export const USERS = [
  quickUser('admin', 'admin'),
  quickUser('plain', 'user', { fullname: 'Plain' }),
  quickUser('reader', 'rest,receive-events', { events: 'RX;10:*' }),
  quickUser('filtered', 'user', { filter: '0,20,0,-', mask: '0,65535,0,-' }),
  quickUser('far', 'user', {}, 'unusual-2026'),
  quickUser('onlyws', 'ws,send-events'),
];

/** Holds what is answered against the shapes of the description. */
function shapeOf(name: string): (value: unknown) => void {
  const ajv = new Ajv2020({ strict: false });
  const $defs = JSON.parse(JSON.stringify(COMPONENTS).replaceAll('#/components/schemas/', '#/$defs/'));
  const validate = ajv.compile({ $ref: `#/$defs/${name}`, $defs });
  return (value) => assert.ok(validate(value), JSON.stringify([validate.errors, value]));
}

interface Stage {
  server: BackendServer;
  url: string;
  get(
    path: string,
    name?: string,
  ): Promise<{ status: number; json: Record<string, unknown>; headers: Headers }>;
  post(
    path: string,
    body: unknown,
    name?: string,
  ): Promise<{ status: number; json: Record<string, unknown>; headers: Headers }>;
}

export async function openApi(
  context: TestContext,
  backend: Backend,
  keys: Record<string, unknown> = {},
): Promise<Stage> {
  const server = await backend.open({ 'history-size': 100, ...keys }, USERS);
  context.after(() => server.close());
  const url = `${server.url.replace('ws', 'http')}/api/v1`;
  const ask = async (path: string, init: RequestInit) => {
    const response = await fetch(url + path, init);
    const json = (await response.json()) as Record<string, unknown>;
    return { status: response.status, json, headers: response.headers };
  };
  return {
    server,
    url,
    get: (path, name) => ask(path, { headers: basic(name) }),
    post: (path, body, name) =>
      ask(path, {
        method: 'POST',
        headers: { ...basic(name), 'content-type': 'application/json' },
        body: typeof body === 'string' ? body : JSON.stringify(body),
      }),
  };
}

async function sendEvents(context: TestContext, backend: Backend): Promise<void> {
  const { server, post } = await openApi(context, backend);
  const check = shapeOf('Results');
  const one = await post('/events', { class: 30, type: 5, data: [1, 2] });
  assert.equal(one.status, 200);
  check(one.json);
  const { vscpClass, vscpType, data, obid } = await server.nextRead();
  assert.deepEqual([vscpClass, vscpType, ...data], [30, 5, 1, 2]);
  const many = await post('/events', [
    { class: 30, type: 6 },
    { class: 30 },
    { class: 30, type: 7, data: [256] },
  ]);
  assert.equal(many.status, 200);
  check(many.json);
  assert.equal(many.json.accepted, 1);
  const [, noType, badByte] = many.json.results as { problem?: { field?: string } }[];
  assert.deepEqual([noType?.problem?.field, badByte?.problem?.field], ['type', 'data[0]']);
  const next = await server.nextRead();
  assert.deepEqual([next.vscpType, next.obid], [6, obid], 'one client, one number');
  const measured = await post('/measurements', { type: 6, value: 21.5, unit: 1, sensorIndex: 2, zone: 3 });
  assert.equal(measured.status, 200, JSON.stringify(measured.json));
  const event = await server.nextRead();
  assert.deepEqual([event.vscpClass, event.vscpType], [1060, 6]);
  assert.deepEqual([...event.data], [2, 3, 0, 1, 0x40, 0x35, 0x80, 0, 0, 0, 0, 0]);
  const denied = await post('/events', { class: 30, type: 5 }, 'reader');
  assert.equal(denied.status, 403);
  const wrong = await post('/events', { class: -1, type: 5 });
  assert.deepEqual([wrong.status, wrong.json.field], [400, 'class']);
  shapeOf('Problem')(wrong.json);
}

async function readValues(context: TestContext, backend: Backend): Promise<void> {
  const { server, get } = await openApi(context, backend);
  const stream = await EventSourceReader.connect(
    `${server.url.replace('ws', 'http')}/api/v1/events`,
    basic(),
  );
  context.after(() => stream.close());
  await server.write(
    makeEvent({ vscpClass: 10, vscpType: 6, data: Uint8Array.from([0x89, 0x82, 0x08, 0xc5]) }),
  );
  await server.write(makeEvent({ vscpClass: 20, vscpType: 3, data: Uint8Array.from([1]) }));
  await stream.next();
  await stream.next();
  const last = await get('/last');
  shapeOf('Events')(last.json);
  assert.equal(last.headers.get('cache-control'), 'no-store');
  assert.deepEqual(
    (last.json.events as { class: number }[]).map((event) => event.class),
    [10, 20],
  );
  const narrowed = await get('/last?class=20');
  assert.deepEqual(
    (narrowed.json.events as { class: number }[]).map((event) => event.class),
    [20],
  );
  // Only what the user may see: by event list, and by the user's own filter.
  assert.equal(((await get('/last', 'reader')).json.events as unknown[]).length, 1);
  assert.equal(
    ((await get('/last?filter=0,0,0,-&mask=0,0,0,-', 'filtered')).json.events as unknown[]).length,
    1,
  );
  const measurements = await get('/measurements');
  shapeOf('Measurements')(measurements.json);
  const [first] = measurements.json.measurements as Record<string, unknown>[];
  const { type, name, value, unit, symbol, sensorIndex } = first ?? {};
  assert.deepEqual([type, name, value, unit, symbol, sensorIndex], [6, 'Temperature', 22.45, 1, '°C', 1]);
  assert.ok(Number(first?.age) > 0);
  const nodes = await get('/nodes');
  shapeOf('Nodes')(nodes.json);
  assert.equal((nodes.json.nodes as { values: number }[])[0]?.values, 2);
}

async function readStream(context: TestContext, backend: Backend): Promise<void> {
  const { server, url, post } = await openApi(context, backend);
  const all = await EventSourceReader.connect(`${url}/events`, basic());
  const some = await EventSourceReader.connect(`${url}/events?class=20&type=0x2`, basic());
  context.after(() => Promise.all([all.close(), some.close()]));
  assert.equal(all.response.headers.get('content-type'), 'text/event-stream; charset=utf-8');
  for (const vscpType of [1, 2, 3]) await server.write(makeEvent({ vscpClass: 20, vscpType }));
  const seen = [await all.next(), await all.next(), await all.next()];
  assert.deepEqual(
    seen.map((event) => JSON.parse(event?.data ?? '{}').type),
    [1, 2, 3],
  );
  shapeOf('Event')(JSON.parse(seen[0]?.data ?? '{}'));
  const only = await some.next();
  assert.deepEqual([JSON.parse(only?.data ?? '{}').type, only?.id], [2, seen[1]?.id]);
  await post('/events', { class: 20, type: 9 });
  assert.equal(JSON.parse((await all.next())?.data ?? '{}').type, 9, 'an event that a client sent');
  const again = await EventSourceReader.connect(`${url}/events`, {
    ...basic(),
    'last-event-id': seen[0]?.id ?? '',
  });
  context.after(() => again.close());
  const replayed = [await again.next(), await again.next(), await again.next()];
  assert.deepEqual(
    replayed.map((event) => JSON.parse(event?.data ?? '{}').type),
    [2, 3, 9],
  );
  assert.deepEqual(
    replayed.slice(0, 2).map((event) => event?.id),
    seen.slice(1).map((event) => event?.id),
  );
  await server.close();
  assert.deepEqual(await all.next(), { event: 'end', data: '{"code":1001,"reason":"driver closes"}' });
  assert.equal(await all.next(), undefined);
}

async function tellState(context: TestContext, backend: Backend): Promise<void> {
  const { get } = await openApi(context, backend);
  const admin = await get('/me');
  shapeOf('Me')(admin.json);
  assert.deepEqual([admin.json.user, admin.json.admin], ['admin', true]);
  const plain = await get('/me', 'plain');
  assert.deepEqual(plain.json.may, {
    ...{ send: true, receive: true, setFilter: false, last: true, history: true, status: false },
  });
  const status = await get('/status');
  shapeOf('Status')(status.json);
  const refused = await get('/status', 'plain');
  assert.equal(refused.status, 403);
  assert.match(refused.headers.get('content-type') ?? '', /^application\/problem\+json/);
}

/** Runs the JSON API against one kind of server. */
export function testApi(name: string, start: () => Promise<Backend>): void {
  const suites = {
    'events and measurements are sent, one or many, with a result for each': sendEvents,
    'last values, measurements and nodes, as the user may see them': readValues,
    'events come as server-sent events, by filter, and after a break from the history': readStream,
    'who is logged in, and how the driver is': tellState,
  };
  test(`JSON API, ${name}`, async (context) => {
    const backend = await start();
    context.after(() => backend.close());
    for (const [title, run] of Object.entries(suites))
      await context.test(title, (inner) => run(inner, backend));
  });
}
