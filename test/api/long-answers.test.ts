import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { type TestContext, test } from 'node:test';
import { EventSourceReader } from '../support/event-source.ts';
import { makeEvent } from '../support/events.ts';
import { type MemoryServer, memoryServerFor } from '../support/memory-server.ts';
import { basic } from '../support/users.ts';
import { TestClient } from '../support/ws-client.ts';
import { USERS } from './api-suite.ts';

const EVENTS = 12_000;
/** As many as one answer holds. */
const MOST = 10_000;

type Listed = Record<'events' | 'measurements' | 'nodes', { type: number }[]> & { more?: true };

/** Every event is a value of its own. */
async function start(
  context: TestContext,
  keys: object = {},
): Promise<MemoryServer & { port: number; url: string; send(from: number, to: number): Promise<void> }> {
  const server = await memoryServerFor(
    context,
    { 'history-size': EVENTS, 'last-values': EVENTS, ...keys },
    USERS,
  );
  const send = async (from: number, to: number): Promise<void> => {
    for (let n = from; n < to; n++) {
      // A measurement in CLASS2.MEASUREMENT_FLOAT.
      const event = makeEvent({ vscpClass: 1060, vscpType: n, data: new Uint8Array(12) });
      while (!server.link.hostWrite(event)) await new Promise(setImmediate);
    }
  };
  await send(0, EVENTS);
  return { ...server, url: `http://127.0.0.1:${server.port}/api/v1`, send };
}

function errorsOf(server: MemoryServer): string[] {
  return server.lines.filter((line) => /^(err|critical) /.test(line));
}

test('an answer of the last values holds 10 000 events at the most and says when it is not all', async (context) => {
  const { url } = await start(context);
  const get = async (path: string): Promise<Listed> => {
    const response = await fetch(url + path, { headers: basic() });
    assert.equal(response.headers.get('content-type'), 'application/json');
    return (await response.json()) as Listed;
  };
  const last = await get('/last');
  assert.deepEqual([last.events.length, last.more], [MOST, true]);
  assert.deepEqual([last.events[0]?.type, last.events.at(-1)?.type], [EVENTS - MOST, EVENTS - 1]);
  const few = await get('/last?limit=3');
  assert.deepEqual([few.events.map(({ type }) => type), few.more], [[11_997, 11_998, 11_999], undefined]);
  const measured = await get('/measurements');
  assert.deepEqual([measured.measurements.length, measured.more], [MOST, true]);
  const { nodes, more } = await get('/nodes');
  assert.deepEqual([nodes.length, more], [1, true]);
});

test('readers that leave in the middle of a long answer, or do not read it, hold nobody up', async (context) => {
  const server = await start(context);
  const { authorization = '' } = basic();
  const request = `GET /api/v1/last HTTP/1.1\r\nHost: localhost\r\nAuthorization: ${authorization}\r\n\r\n`;
  const other = await TestClient.connect(`${server.url.replace('http', 'ws').replace('/api/v1', '')}/ws2`);
  context.after(() => other.ws.terminate());
  await other.login();
  for (let i = 0; i < 10; i++) {
    const socket = connect(server.port, '127.0.0.1');
    context.after(() => socket.destroy());
    socket.on('error', () => undefined);
    socket.write(request.repeat(3));
    await once(socket, 'readable');
    if (i % 2 === 0) socket.destroy();
  }
  await other.settle();
  const answer = await fetch(`${server.url}/last?limit=1`, { headers: basic() });
  assert.equal(((await answer.json()) as Listed).events.length, 1);
  await server.close();
  assert.deepEqual(errorsOf(server), []);
});

for (const queue of [1, 10, 32_000]) {
  test(`a reader with a queue of ${queue} gets all that it missed, once and in order, then what is new`, async (context) => {
    const { url, send, link } = await start(context, { 'max-client-queue-size': queue });
    const first = await EventSourceReader.connect(`${url}/events`, basic());
    context.after(() => first.close());
    link.hostWrite(makeEvent({ vscpType: 60_000 }));
    const { id = '' } = (await first.next()) ?? {};
    const [run = '', number] = id.split('.');
    assert.equal(Number(number), EVENTS + 1);
    const behind = await EventSourceReader.connect(`${url}/events`, {
      ...basic(),
      'last-event-id': `${run}.5000`,
    });
    context.after(() => behind.close());
    const more = send(EVENTS, EVENTS + 500);
    let expected = 5001;
    let lost = 0;
    const last = queue > 10 ? EVENTS + 501 : EVENTS;
    while (expected <= last) {
      const event = await behind.next();
      if (event === undefined) break;
      if (event.event === 'missed') {
        lost += JSON.parse(event.data).events;
        continue;
      }
      const at = Number(event.id?.split('.')[1]);
      // Only new events may be lost to so small a queue; the old ones wait for the reader.
      if (at <= EVENTS) assert.equal(at, expected);
      else assert.ok(at >= expected && (queue > 10 || at >= EVENTS));
      expected = at + 1;
    }
    await more;
    if (queue > 10) assert.equal(lost, 0);
  });
}
