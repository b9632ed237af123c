import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Outbox } from '../../src/delivery/outbox.ts';
import { HttpChannel } from '../../src/session/http-client.ts';
import { LongReplies } from '../../src/session/long-replies.ts';
import { PIECE_BYTES, type Pieces } from '../../src/session/own-turn.ts';
import { takeBlock } from '../../src/session/piece-memory.ts';
import { Session } from '../../src/session/session.ts';
import { createServerStats } from '../../src/session/stats.ts';
import type { DriverEvent } from '../../src/vscp/event.ts';
import { makeEvent } from '../support/events.ts';
import { type MemoryServer, memoryServerFor } from '../support/memory-server.ts';
import { stretched } from '../support/time-factor.ts';
import { TestClient } from '../support/ws-client.ts';

const EVENTS = 12_000;
/** As many as one answer holds. */
const MOST = 10_000;
const ANSWER_TIMEOUT_MS = stretched(60_000);

interface Stored {
  events: { vscpType: number; vscpData: number[] }[];
  more?: true;
}

function numbered(n: number, size = 4): DriverEvent {
  const data = Buffer.alloc(size);
  data.writeUInt32BE(n);
  return makeEvent({ vscpClass: 20, vscpType: n % 60_000, data });
}

const numbersOf = ({ events }: Stored): number[] =>
  events.map(({ vscpData }) => Buffer.from(vscpData).readUInt32BE());

async function start(context: TestContext, keys: object = {}, size = 4): Promise<MemoryServer> {
  const server = await memoryServerFor(context, {
    ...{ 'history-size': EVENTS, 'last-values': EVENTS, 'slow-client-timeout': 600 },
    ...keys,
  });
  for (let n = 0; n < EVENTS; n++) {
    while (!server.link.hostWrite(numbered(n, size))) await new Promise(setImmediate);
  }
  return server;
}

async function connect(context: TestContext, server: MemoryServer, open = true): Promise<TestClient> {
  const client = await TestClient.connect(`${server.url}/ws2`);
  context.after(() => client.ws.terminate());
  if (open) await client.start();
  else await client.login();
  return client;
}

const command = (word: string, args: object = {}): object => ({ type: 'CMD', command: word, args });

async function argsOf(client: TestClient): Promise<Stored> {
  const { args } = JSON.parse(await client.next(ANSWER_TIMEOUT_MS));
  return args;
}

function errorsOf(server: MemoryServer): string[] {
  return server.lines.filter((line) => /^(err|critical) /.test(line));
}

test('others get their events while long replies are written; its own come between them, never inside', async (context) => {
  const server = await start(context);
  const asking = await connect(context, server);
  const other = await connect(context, server);
  let frames = 0;
  asking.ws.on('message', () => {
    frames++;
  });
  for (let i = 0; i < 20; i++) asking.send(command('HISTORY', { limit: MOST }));
  // The first is under way once a command behind it, from somebody else, is answered.
  await other.settle();
  server.link.hostWrite(makeEvent({ vscpClass: 30 }));
  assert.match(await other.next(), /"vscpClass":30/);
  assert.ok(frames < 20, 'the event did not wait for the replies');
  const kinds: string[] = [];
  for (let i = 0; i < 21; i++) {
    const frame = JSON.parse(await asking.next(ANSWER_TIMEOUT_MS));
    kinds.push(frame.type);
    if (frame.type === '+') assert.equal(frame.args.events.length, MOST);
    if (i === 0) {
      assert.deepEqual(
        numbersOf(frame.args),
        Array.from({ length: MOST }, (_, k) => EVENTS - MOST + k),
      );
    }
  }
  assert.equal(kinds.filter((kind) => kind === 'EVENT').length, 1);
});

test('what is asked for behind a long reply is answered behind it', async (context) => {
  const server = await start(context);
  const client = await connect(context, server, false);
  for (let i = 0; i < 5; i++) {
    client.send(command('HISTORY', { limit: 3000 }));
    client.send(command('NOOP'));
  }
  for (let i = 0; i < 5; i++) {
    assert.equal((await argsOf(client)).events.length, 3000);
    assert.match(await client.next(), /"NOOP"/);
  }
});

test('an answer holds 10 000 events at the most and says when it is not all', async (context) => {
  const server = await start(context);
  const client = await connect(context, server, false);
  client.send(command('LAST'));
  const last = await argsOf(client);
  assert.equal(last.more, true);
  assert.equal(numbersOf(last).at(-1), EVENTS - 1);
  assert.equal(last.events.length, MOST);
  client.send(command('HISTORY', { limit: EVENTS }));
  assert.equal((await argsOf(client)).more, true);
  for (const [word, limit] of [
    ['LAST', MOST],
    ['HISTORY', 7],
  ] as const) {
    client.send(command(word, { limit }));
    const reply = await argsOf(client);
    assert.equal(reply.more, undefined);
    assert.equal(reply.events.length, limit);
  }
});

test('an answer of large events is bounded in bytes, and none of them is cut', async (context) => {
  const server = await start(context, {}, 512);
  const client = await connect(context, server, false);
  client.send(command('HISTORY', { limit: MOST }));
  const text = await client.next(ANSWER_TIMEOUT_MS);
  assert.ok(text.length < 5_000_000, `${text.length} bytes`);
  const { args } = JSON.parse(text);
  assert.equal(args.more, true);
  assert.equal(numbersOf(args).at(-1), EVENTS - 1);
});

test('a client that leaves in the middle of a long reply takes nobody along', async (context) => {
  const server = await start(context);
  const leaving = await connect(context, server);
  const staying = await connect(context, server);
  for (let i = 0; i < 20; i++) leaving.send(command('HISTORY', { limit: MOST }));
  leaving.ws.pause();
  await staying.settle();
  leaving.ws.terminate();
  staying.send(command('HISTORY', { limit: 5 }));
  assert.equal((await argsOf(staying)).events.length, 5);
  assert.deepEqual(errorsOf(server), []);
});

test('a client that stops reading in the middle of a long reply is closed like every other', async (context) => {
  const server = await start(context, { 'slow-client-timeout': 1 });
  const stopped = await connect(context, server);
  for (let i = 0; i < 20; i++) stopped.send(command('LAST'));
  stopped.ws.pause();
  const deadline = Date.now() + ANSWER_TIMEOUT_MS;
  const isClosed = (): boolean => server.lines.some((line) => line.includes('client reads nothing, closed'));
  while (!isClosed() && Date.now() < deadline) await sleep(50);
  assert.ok(isClosed());
  assert.deepEqual(errorsOf(server), []);
});

test('a driver that closes in the middle of long replies closes in time', async (context) => {
  const server = await start(context);
  const clients: TestClient[] = [];
  for (let i = 0; i < 5; i++) clients.push(await connect(context, server));
  for (const client of clients) {
    for (let i = 0; i < 20; i++) client.send(command('HISTORY', { limit: MOST }));
  }
  clients[0]?.ws.pause();
  await (clients[1] as TestClient).next(ANSWER_TIMEOUT_MS);
  await server.close();
  // 1006: on a slow machine the rest of a reply takes longer than a client may take to say goodbye.
  for (const client of clients.slice(1)) assert.ok([1001, 1006].includes((await client.closed).code));
  assert.deepEqual(errorsOf(server), []);
});

test('a client that reads its long replies slowly holds no more than a piece', async (context) => {
  const server = await start(context);
  const slow = await connect(context, server, false);
  const other = await connect(context, server, false);
  slow.ws.pause();
  const before = process.memoryUsage().arrayBuffers;
  for (let i = 0; i < 20; i++) slow.send(command('HISTORY', { limit: MOST }));
  // More turns of the loop than all replies have pieces.
  for (let i = 0; i < 1000; i++) await other.settle();
  const grown = process.memoryUsage().arrayBuffers - before;
  assert.ok(grown < 20_000_000, `grew by ${grown} bytes; all replies have 50 MB`);
  slow.ws.resume();
  for (let i = 0; i < 20; i++) assert.equal((await argsOf(slow)).events.length, MOST);
});

interface Written {
  replies: LongReplies;
  session: Session;
  /** Frames that the socket got, as they were when it took them. */
  frames: Buffer[];
  /** Memory that the frames lay in. */
  memory: Set<ArrayBufferLike>;
  /** The socket takes everything, and says so. */
  drain(): void;
}

/** A session whose socket takes nothing until `drain`; one that gathers its writes does not say that it waits. */
function stoppedSession(gathers = false): Written {
  const channel = new HttpChannel();
  const frames: Buffer[] = [];
  const memory = new Set<ArrayBufferLike>();
  const callbacks: ((error?: Error | null) => void)[] = [];
  const socket = {
    writable: true,
    writableLength: 0,
    writableCorked: 0,
    cork: () => undefined,
    uncork: () => undefined,
    write: (bytes: Buffer, done?: (error?: Error | null) => void) => {
      frames.push(bytes);
      memory.add(bytes.buffer);
      if (!gathers) socket.writableLength += bytes.length;
      if (done !== undefined) callbacks.push(done);
      return false;
    },
  };
  const replies = new LongReplies((session) => session.outbox.flush());
  const outbox = new Outbox({
    socket,
    isOpen: () => channel.readyState === channel.OPEN,
    ...{ maxEvents: 10, maxBytes: 1000, nowMs: () => 1, counters: createServerStats() },
    onDrained: () => replies.drained(session),
  });
  const connection = { protocol: 'ws2', remoteAddress: '127.0.0.1', ws: channel } as const;
  // Frames are not built here: nothing is handed out to it.
  const session = new Session({ number: 1, connection, frames: undefined as never, outbox, nowMs: 1 });
  let taken = 0;
  const drain = (): void => {
    socket.writableLength = 0;
    for (; taken < frames.length; taken++) frames[taken] = Buffer.from(frames[taken] as Buffer);
    for (const callback of callbacks.splice(0)) callback();
  };
  return { replies, session, frames, memory, drain };
}

const turns = async (count: number): Promise<void> => {
  for (let i = 0; i < count; i++) await new Promise(setImmediate);
};

/** Counts what is made, and whether it was ended. */
function countedPieces(most = Number.POSITIVE_INFINITY): { made: number; ended: boolean; pieces: Pieces } {
  const counted = { made: 0, ended: false, pieces: make() };
  function* make(): Pieces {
    try {
      while (counted.made < most) yield Buffer.from(`${counted.made++};`);
    } finally {
      counted.ended = true;
    }
  }
  return counted;
}

test('pieces are made only as fast as the client takes them, and are the fragments of one message', async () => {
  const { replies, session, frames, drain } = stoppedSession();
  const counted = countedPieces(5);
  let resolved = false;
  const written = replies.write(session, counted.pieces).then(() => {
    resolved = true;
  });
  await turns(20);
  assert.equal(counted.made, 2);
  assert.equal(frames.length, 1);
  for (let i = 0; i < 20 && !resolved; i++) {
    drain();
    await turns(5);
  }
  await written;
  assert.deepEqual(
    frames.map((frame) => [frame[0], frame.subarray(2).toString()]),
    [
      [0x01, '0;'],
      [0x00, '1;'],
      [0x00, '2;'],
      [0x00, '3;'],
      [0x80, '4;'],
    ],
  );
  assert.ok(counted.ended);
});

test('memory of a long reply is used again, and not before the socket has taken it', async () => {
  const PIECES = 8;
  function* numberedPieces(): Pieces {
    for (let n = 0; n < PIECES; n++) yield takeBlock().fill(n).subarray(0, PIECE_BYTES);
  }
  for (const gathers of [false, true]) {
    const { replies, session, frames, memory, drain } = stoppedSession(gathers);
    let resolved = false;
    const written = replies.write(session, numberedPieces()).then(() => {
      resolved = true;
    });
    for (; !resolved; await turns(5)) if (!gathers) drain();
    drain();
    await written;
    const payloads = frames.map((frame) => frame.subarray(-PIECE_BYTES));
    for (const [n, payload] of payloads.entries()) {
      assert.ok(payload.length === PIECE_BYTES && payload.every((byte) => byte === n), `piece ${n}`);
    }
    assert.equal(frames.length, PIECES);
    assert.ok(gathers ? memory.size === PIECES : memory.size < PIECES, `${memory.size} blocks`);
  }
});

test('a client that goes in the middle of a long reply ends its making', async () => {
  for (const goes of ['leaves', 'is ended'] as const) {
    const { replies, session, drain } = stoppedSession();
    const counted = countedPieces();
    const written = replies.write(session, counted.pieces);
    await turns(5);
    assert.equal(counted.ended, false);
    if (goes === 'leaves') {
      replies.forget(session);
    } else {
      session.end(4401, 'removed');
      drain();
    }
    await written;
    assert.ok(counted.ended, goes);
  }
});

test('a client that takes nothing keeps no search open', async () => {
  const { replies, session } = stoppedSession();
  session.outbox.reply(Buffer.from('something before'));
  session.outbox.flush();
  let searched = false;
  function* search(): Pieces {
    for (let i = 0; i < 10; i++) yield undefined;
    searched = true;
    yield Buffer.from('found');
    yield Buffer.from('more');
  }
  const written = replies.write(session, search());
  await turns(30);
  assert.ok(searched);
  replies.forget(session);
  await written;
});

test('a reply that fails half-way cuts the connection off and says why', async () => {
  const { replies, session, drain } = stoppedSession();
  function* failing(): Pieces {
    yield Buffer.from('1');
    yield Buffer.from('2');
    throw new Error('no more');
  }
  const written = replies.write(session, failing());
  written.catch(() => undefined);
  for (let i = 0; i < 5; i++) {
    await turns(5);
    drain();
  }
  await assert.rejects(written, /no more/);
  assert.ok(session.ending);
});
