/** Events that go to many sockets in one native call, past Node: right connections, right order, right counters. */
import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { LiveDriver } from '../support/live-driver.ts';
import { connectSocket } from '../support/raw-ws.ts';
import { NEEDS_REAL_TIME, stretched } from '../support/time-factor.ts';
import { TestClient } from '../support/ws-client.ts';

const CLIENTS = 16;
const ROUNDS = 8;

async function start(context: TestContext, keys: Record<string, unknown> = {}): Promise<LiveDriver> {
  const driver = await LiveDriver.startFor(context, { keys: { 'max-clients': 0, ...keys } });
  return driver;
}

function socketOf(client: TestClient): Socket {
  return (client.ws as unknown as { _socket: Socket })._socket;
}

/** Clients that are logged in and get events; nobody looks at those. */
function readers(driver: LiveDriver, count: number): Promise<TestClient[]> {
  return Promise.all(
    Array.from({ length: count }, async (_, i) => {
      const client = await TestClient.connect(`${driver.url}/ws${1 + (i % 2)}`);
      await client.start();
      client.ws.removeAllListeners('message');
      return client;
    }),
  );
}

test('no event reaches a connection that got the descriptor of a reader which was cut off', async (context) => {
  const driver = await start(context);
  // One that stays, so that events flow all the time.
  const [witness] = await readers(driver, 1);
  const flood = driver.host
    .request('&flood 0 100000000 rate=20000 size=16 timeout=200')
    .catch(() => undefined);
  const strangers: Socket[] = [];
  context.after(() => {
    for (const socket of strangers) socket.destroy();
  });
  let misdelivered = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const clients = await readers(driver, CLIENTS);
    // While the host stands still, connections end and others come, which the driver then finds at the same moment.
    process.kill(driver.host.pid, 'SIGSTOP');
    try {
      for (const client of clients) socketOf(client).resetAndDestroy();
      for (let i = 0; i < CLIENTS; i++) {
        const socket = await connectSocket(driver.port);
        // It asks for nothing, so that nothing is for it.
        socket.on('data', (bytes) => {
          misdelivered += bytes.length;
        });
        strangers.push(socket);
      }
    } finally {
      process.kill(driver.host.pid, 'SIGCONT');
    }
    await sleep(150);
    assert.equal(misdelivered, 0, `bytes of events went to connections that never asked (round ${round})`);
    for (const socket of strangers.splice(0)) socket.destroy();
  }
  witness?.ws.terminate();
  await driver.host.close();
  await flood;
  await driver.stop();
});

const PER_CLASS = 6000;
/** Events per second and class, which a client here reads with ease. */
const RATE = 3000 / stretched(1);
const CLASSES = [10, 20] as const;

/** Class, first data byte and running number of an event that the host flooded, or `send` numbered. */
function numberOf(frame: string): { from: string; number: number } {
  const fields = frame.startsWith('E;') ? frame.slice(2).split(',') : undefined;
  const event = fields === undefined ? JSON.parse(frame).event : undefined;
  const data = fields?.slice(7).map(Number) ?? event.vscpData ?? event.data;
  const vscpClass = Number(fields?.[1] ?? event.vscpClass ?? event.class);
  let number = 0;
  for (let i = 15; i >= 8; i--) number = number * 256 + data[i];
  return { from: String(vscpClass), number };
}

/** Reads all events and complains about the first that is missing, double or out of order. */
class OrderedReader {
  events = 0;
  readonly #next = new Map<string, number>();
  problem = '';

  constructor(client: TestClient) {
    void client.closed.then(({ code, reason }) => {
      this.problem ||= `closed with ${code} ${reason} after ${this.events} events`;
    });
    client.ws.removeAllListeners('message');
    client.ws.on('message', (data) => {
      const frame = String(data);
      if (!frame.startsWith('E;') && !frame.includes('"type":"EVENT"')) return;
      this.events++;
      const { from, number } = numberOf(frame);
      const expected = this.#next.get(from) ?? 0;
      if (number !== expected) this.problem ||= `class ${from}: ${number} in the place of ${expected}`;
      this.#next.set(from, number + 1);
    });
  }
}

test('every event comes once and in order, whichever ways lead to a client, and is counted once', async (context) => {
  const driver = await start(context);
  const clients: TestClient[] = [];
  for (const [path, filter] of [
    ['/ws1', undefined],
    ['/ws2', undefined],
    ['/ws1', 'C;SF;0,20,0,-;0,65535,0,-'],
    // The priority makes it one that each event has to be looked at for.
    ['/ws1', 'C;SF;3,0,0,-;7,0,0,-'],
    ['/ws2', undefined],
  ] as const) {
    const client = await TestClient.connect(driver.url + path);
    await client.login();
    if (filter !== undefined) assert.match(await client.ask(filter), /^\+/);
    client.send(client.protocol === 'ws1' ? 'C;OPEN' : { type: 'CMD', command: 'OPEN' });
    await client.next();
    clients.push(client);
  }
  const sender = await TestClient.connect(`${driver.url}/ws1`);
  await sender.login();
  const all = clients.map((client) => new OrderedReader(client));
  // This one does not read for a while, so that the kernel takes a part of a run, and then nothing.
  socketOf(clients[4] as TestClient).pause();
  const floods = CLASSES.map((vscpClass) =>
    driver.host.request(
      `&flood 0 ${PER_CLASS} rate=${RATE} size=300 timeout=5000 retry=1 head=96 class=${vscpClass} stamp=1`,
    ),
  );
  for (let n = 0; n < 500; n++) {
    const digits = [0, 0, 0, 0, 0, 0, 0, 0, n & 255, n >> 8, 0, 0, 0, 0, 0, 0];
    sender.send(`E;96,30,5,0,,0,-,${digits.join(',')}`);
    // What the others send, too, so that replies and the pongs of ws go out between the events.
    const other = clients[n % 4];
    if (n % 10 === 0) other?.send(other.protocol === 'ws1' ? 'C;NOOP' : { type: 'CMD', command: 'NOOP' });
    if (n % 10 === 5) other?.ws.ping();
    await sleep(2);
  }
  socketOf(clients[4] as TestClient).resume();
  await Promise.all(floods);
  const total = CLASSES.length * PER_CLASS + 500;
  const expected = [total, total, PER_CLASS, total, total];
  const deadline = Date.now() + stretched(30_000);
  while (Date.now() < deadline && all.some(({ events }, i) => events < (expected[i] ?? 0))) await sleep(50);
  assert.deepEqual(
    all.map(({ problem }) => problem),
    ['', '', '', '', ''],
  );
  assert.deepEqual(
    all.map(({ events }) => events),
    expected,
  );
  const delivered = (await driver.metrics()).get('events_total{direction="to_clients"}');
  assert.equal(
    delivered,
    expected.reduce((sum, events) => sum + events, 0),
  );
  for (const client of [...clients, sender]) client.ws.terminate();
  await driver.stop();
});

test(
  'every connection ends in order while events go past Node: close frames are the last of a stream',
  NEEDS_REAL_TIME,
  async (context) => {
    const driver = await start(context);
    const flood = driver.host
      .request('&flood 0 100000000 rate=5000 size=16 timeout=200')
      .catch(() => undefined);
    const clients = await readers(driver, CLIENTS);
    const codes = clients.map((client) => client.closed);
    for (const client of clients.slice(0, CLIENTS / 2)) client.ws.close(1000);
    await Promise.all(codes.slice(0, CLIENTS / 2));
    await driver.host.close();
    await flood;
    const ends = (await Promise.all(codes)).map(({ code }) => code);
    assert.deepEqual(ends, [
      ...Array.from({ length: CLIENTS / 2 }, () => 1000),
      ...Array.from({ length: CLIENTS / 2 }, () => 1001),
    ]);
    await driver.stop();
  },
);
