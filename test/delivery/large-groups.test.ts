/** Groups that are larger than what one turn of the event loop sends to: others are served, and order is kept. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { AudienceEntry } from '../../src/delivery/audience.ts';
import { DirectChannel } from '../../src/delivery/direct-channel.ts';
import { FanOut } from '../../src/delivery/fan-out.ts';
import { Outbox } from '../../src/delivery/outbox.ts';
import { ws1Dialect } from '../../src/dialects/ws1-dialect.ts';
import { compileFilter, PASS_ALL } from '../../src/vscp/filter.ts';
import { makeEvent } from '../support/events.ts';
import { type MemoryServer, startMemoryServer } from '../support/memory-server.ts';
import { SeededRandom } from '../support/seeded-random.ts';
import { SendLoop } from '../support/send-loop.ts';
import { TestClient } from '../support/ws-client.ts';

const PART = 3;
const MAX_WAIT_TURNS = 600;

async function start(context: TestContext, part = PART) {
  const sender = new SendLoop(part);
  const server = await startMemoryServer({ 'max-clients': 0 }, undefined, undefined, {
    groupSender: sender,
  });
  context.after(() => server.close());
  return { sender, server };
}

function numbered(n: number) {
  return makeEvent({ data: Uint8Array.of(n >> 16, (n >> 8) & 255, n & 255) });
}

/** A client that notes the numbers of the events it gets. */
class Numbered {
  readonly client: TestClient;
  readonly numbers: number[] = [];

  constructor(client: TestClient) {
    this.client = client;
    client.ws.on('message', (data) => {
      const frame = String(data);
      const isWs1 = frame.startsWith('E;');
      if (!isWs1 && !frame.includes('"type":"EVENT"')) return;
      const data3 = isWs1 ? frame.slice(2).split(',').slice(7) : JSON.parse(frame).event.vscpData;
      this.numbers.push(Number(data3[0]) * 65536 + Number(data3[1]) * 256 + Number(data3[2]));
    });
  }

  static async open(server: MemoryServer, protocol: number): Promise<Numbered> {
    const client = await TestClient.connect(`${server.url}/ws${protocol}`);
    await client.start();
    return new Numbered(client);
  }
}

function openAll(server: MemoryServer, count: number): Promise<Numbered[]> {
  return Promise.all(Array.from({ length: count }, (_, i) => Numbered.open(server, 1 + (i % 2))));
}

async function until(isTrue: () => boolean, what: string): Promise<void> {
  for (let turn = 0; !isTrue(); turn++) {
    assert.ok(turn < MAX_WAIT_TURNS, what);
    await sleep(50);
  }
}

function upTo(count: number): number[] {
  return Array.from({ length: count }, (_, n) => n);
}

test('a large group is sent to in parts, others have their turn in between, and the host is held back', async (context) => {
  const { sender, server } = await start(context);
  const clients = await openAll(server, 20);
  // The first event finds the slots open from here on.
  let turns = 0;
  const sendsPerTurn = new Map<number, number>();
  sender.onSend = () => sendsPerTurn.set(turns, (sendsPerTurn.get(turns) ?? 0) + 1);
  const count = () => {
    turns++;
    counting = setImmediate(count);
  };
  let counting = setImmediate(count);
  context.after(() => clearImmediate(counting));
  const before = turns;
  for (let n = 0; n < 50; n++) {
    server.link.hostWrite(numbered(n));
    if (n % 7 === 0) await sleep(1);
  }
  await until(() => clients.every(({ numbers }) => numbers.length === 50), 'all events come');
  for (const { numbers } of clients) assert.deepEqual(numbers, upTo(50));
  assert.ok(sendsPerTurn.size > 3, `${sendsPerTurn.size} turns of ${turns - before} had sends`);
  // One part each of ws1's and ws2's clients, where a group begins; one where it is continued.
  assert.ok(Math.max(...sendsPerTurn.values()) <= 3, JSON.stringify([...sendsPerTurn]));
});

test('events of clients, replies and changed filters keep their place while a group is unfinished', async (context) => {
  const { sender, server } = await start(context, 1);
  const clients = await openAll(server, 12);
  const talker = await TestClient.connect(`${server.url}/ws1`);
  await talker.login();
  let next = 0;
  // In the middle of a group: a client sends, another asks for something, one changes what it gets.
  let sends = 0;
  let said = 0;
  sender.onSend = () => {
    sends++;
    if (sends % 5 !== 0) return;
    said++;
    talker.send(`E;96,10,6,0,,0,-,255,${sends >> 8},${sends & 255}`);
    clients[3]?.client.send({ type: 'CMD', command: 'NOOP' });
    talker.send('C;SF;0,30,0,-;0,65535,0,-');
  };
  for (; next < 300; next++) {
    server.link.hostWrite(numbered(next));
    if (next % 3 === 0) await sleep(1);
  }
  const fromHost = ({ numbers }: Numbered) => numbers.filter((n) => n < 255 * 65536);
  await until(() => clients.every(({ numbers }) => numbers.length === next + said), 'all events come');
  for (const client of clients) assert.deepEqual(fromHost(client), upTo(next));
  assert.ok(said > 0, 'events of clients came, too');
  // What came to the server first comes first, to everybody.
  for (const { numbers } of clients) assert.deepEqual(numbers, clients[0]?.numbers);
});

test('readers come and go in the middle of a group, and nobody gets what is meant for others', async (context) => {
  const { sender, server } = await start(context);
  const seeded = new SeededRandom(20261126);
  const random = () => seeded.next();
  const staying = await openAll(server, 7);
  let misdelivered = 0;
  const passing: Promise<void>[] = [];
  const comeAndGo = async (): Promise<void> => {
    const client = await Numbered.open(server, 1 + Math.floor(random() * 2));
    await sleep(random() * 20);
    const socket = (client.client.ws as unknown as { _socket: Socket })._socket;
    if (random() < 0.5) socket.resetAndDestroy();
    else client.client.ws.close();
    // Takes the descriptor, and asks for nothing.
    const stranger = connect(Number(new URL(server.url).port), '127.0.0.1');
    stranger.on('error', () => undefined);
    stranger.on('data', (bytes) => {
      misdelivered += bytes.length;
    });
    await once(stranger, 'connect');
    await sleep(random() * 20);
    stranger.destroy();
    const { numbers } = client;
    const first = numbers[0] ?? 0;
    assert.deepEqual(
      numbers,
      upTo(numbers.length).map((n) => first + n),
    );
  };
  let sends = 0;
  sender.onSend = () => {
    sends++;
  };
  for (let n = 0; n < 800; n++) {
    server.link.hostWrite(numbered(n));
    if (n % 10 === 0 && passing.length < 60) passing.push(comeAndGo());
    if (n % 2 === 0) await sleep(1);
  }
  await Promise.all(passing);
  await until(() => staying.every(({ numbers }) => numbers.length === 800), 'all events come');
  for (const { numbers } of staying) assert.deepEqual(numbers, upTo(800));
  assert.equal(misdelivered, 0);
  assert.ok(sends > 3, 'groups were sent to in parts');
});

test('the end comes in order in the middle of a group', async (context) => {
  const { sender, server } = await start(context);
  const clients = await openAll(server, 10);
  const closed = clients.map(({ client }) => client.closed);
  let ending: Promise<void> | undefined;
  sender.onSend = () => {
    ending ??= server.server.close();
  };
  for (let n = 0; n < 20; n++) server.link.hostWrite(numbered(n));
  assert.deepEqual(
    (await Promise.all(closed)).map(({ code }) => code),
    clients.map(() => 1001),
  );
  await ending;
  for (const { numbers } of clients) assert.deepEqual(numbers, upTo(numbers.length));
});

/** A server's side of connections, and the bytes that came to the other side. */
async function connections(context: TestContext, count: number) {
  const listener = createServer().listen(0, '127.0.0.1');
  await once(listener, 'listening');
  context.after(() => listener.close());
  const { port } = listener.address() as AddressInfo;
  const pairs = [];
  for (let i = 0; i < count; i++) {
    const accepted = once(listener, 'connection');
    const far = connect(port, '127.0.0.1');
    const [near] = (await accepted) as [Socket];
    context.after(() => {
      near.destroy();
      far.destroy();
    });
    const pair = { near, received: 0 };
    far.on('data', (bytes) => {
      pair.received += bytes.length;
    });
    pairs.push(pair);
  }
  return pairs;
}

test('a slot that goes to another connection in the middle of a group gets nothing of it', async (context) => {
  const sender = new SendLoop(PART);
  const pairs = await connections(context, 2 * PART + 1);
  const holds: boolean[] = [];
  const fanOut = new FanOut<AudienceEntry>({
    format: 'classic',
    trace: undefined,
    groupSender: sender,
    counters: { eventsToClients: 0 },
    onUnfinished: (unfinished) => holds.push(unfinished),
    onEnqueued: () => undefined,
    onDropped: () => assert.fail('nothing is dropped'),
  });
  const frames = fanOut.addForm(ws1Dialect);
  const channelOf = (socket: Socket): DirectChannel =>
    DirectChannel.of(socket, sender) ?? assert.fail('a plain socket has a channel');
  const entryOf = (socket: Socket): AudienceEntry => {
    const outbox = new Outbox({
      socket,
      channel: channelOf(socket),
      isOpen: () => true,
      maxEvents: 100,
      maxBytes: 100_000,
      nowMs: () => 0,
      counters: { eventsToClients: 0 },
      onDrained: () => undefined,
    });
    outbox.flowing = true;
    outbox.flush();
    const filter = compileFilter(PASS_ALL);
    const fixed = { frames, outbox, filter, receivesAnything: true, acceptsAnyOrigin: true };
    return { ...fixed, receives: () => true, describe: () => '' };
  };
  const members = pairs.slice(0, -1).map(({ near }) => entryOf(near));
  for (const member of members) fanOut.audience.add(member);
  fanOut.add(numbered(1));
  fanOut.endRun();
  assert.deepEqual(holds, [true]);
  const last = members[members.length - 1] as AudienceEntry;
  fanOut.audience.remove(last);
  last.outbox.channel?.release();
  const stranger = pairs[pairs.length - 1]?.near as Socket;
  const channel = channelOf(stranger);
  assert.equal(channel.slot, last.outbox.channel?.slot);
  channel.open();
  for (let turn = 0; turn < 10; turn++) await sleep(1);
  for (const { outbox } of members) outbox.flush();
  await until(() => pairs.slice(0, -2).every(({ received }) => received > 0), 'the members get the event');
  assert.equal(pairs[pairs.length - 1]?.received, 0);
  assert.equal(last.outbox.backlog.events, 0);
  assert.deepEqual(holds, [true, false]);
});
