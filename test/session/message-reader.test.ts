import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import fc from 'fast-check';
import { WebSocket, WebSocketServer } from 'ws';
import { MessageReader } from '../../src/session/message-reader.ts';
import { closePayload, encodeFrame, OPCODE, type RawFrame } from '../support/raw-ws.ts';

const MAX_MESSAGE = 6000;

interface Connection {
  ws: WebSocket;
  socket: Socket;
}

/** Real upgraded connections; what the tests give to their sockets does not depend on the network. */
async function connections(context: TestContext): Promise<() => Promise<Connection>> {
  const upgrader = new WebSocketServer({ noServer: true, maxPayload: MAX_MESSAGE });
  const waiting: ((connection: Connection) => void)[] = [];
  const server = createServer().on('upgrade', (request, stream, head) => {
    const socket = stream as Socket;
    socket.on('error', () => {});
    upgrader.handleUpgrade(request, socket, head, (ws) => waiting.shift()?.({ ws, socket }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const clients: WebSocket[] = [];
  context.after(() => {
    for (const client of clients) client.terminate();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return async () => {
    const connected = new Promise<Connection>((resolve) => waiting.push(resolve));
    const client = new WebSocket(`ws://127.0.0.1:${port}/`, { perMessageDeflate: false });
    client.on('error', () => {});
    clients.push(client);
    return connected;
  };
}

/** What a connection tells: messages, pings and how it failed, in order. */
class Story {
  readonly told: string[] = [];
  /** Messages that came through ws. */
  throughWs = 0;
  readonly #socket: Socket;

  constructor({ ws, socket }: Connection, hasReader: boolean) {
    this.#socket = socket;
    const tell = (text: string | undefined): void => {
      this.told.push(`message ${text}`);
    };
    if (hasReader) new MessageReader({ ws, socket }, MAX_MESSAGE, tell);
    ws.on('message', (data, isBinary) => {
      this.throughWs++;
      if (!hasReader)
        tell(
          isBinary
            ? undefined
            : (data as Buffer)
                .toString()
                .replace(/(?<=.)\0$/s, '')
                .trim(),
        );
    });
    ws.on('ping', (data) => this.told.push(`ping ${data.toString('hex')}`));
    ws.on('pong', (data) => this.told.push(`pong ${data.toString('hex')}`));
    ws.on('error', (error: Error & { code?: string }) => this.told.push(`error ${error.code}`));
  }

  async give(pieces: readonly Buffer[]): Promise<void> {
    for (const piece of pieces) this.#socket.emit('data', Buffer.from(piece));
    // ws tells of an error in the next turn.
    await turn();
    await turn();
  }
}

const payloadOf = (most: number) => fc.uint8Array({ maxLength: most }).map((bytes) => Buffer.from(bytes));
const text = fc.oneof(
  fc.string({ maxLength: 200 }),
  fc.string({ maxLength: 60, unit: 'grapheme' }),
  fc.string({ minLength: 120, maxLength: 5000 }),
);
const mask = fc.uint8Array({ minLength: 4, maxLength: 4 }).map((bytes) => Buffer.from(bytes));
const usual = fc.oneof(
  { weight: 8, arbitrary: text.map((payload): RawFrame => ({ payload })) },
  { weight: 1, arbitrary: payloadOf(125).map((payload): RawFrame => ({ opcode: OPCODE.ping, payload })) },
  { weight: 1, arbitrary: payloadOf(125).map((payload): RawFrame => ({ opcode: OPCODE.pong, payload })) },
);
const unusual = fc.constantFrom<RawFrame>(
  { opcode: OPCODE.binary, payload: Buffer.from([0xff, 0xfe]) },
  { payload: Buffer.from([0x61, 0xc3]) },
  { payload: 'x'.repeat(MAX_MESSAGE) },
  { payload: 'x'.repeat(MAX_MESSAGE + 1) },
  { payload: 'x'.repeat(65_536) },
  { fin: false, payload: 'first' },
  { opcode: OPCODE.continuation, payload: 'last' },
  { opcode: OPCODE.ping, payload: Buffer.alloc(126) },
  { opcode: OPCODE.ping, fin: false },
  { opcode: OPCODE.close, payload: closePayload(1000) },
  { masked: false, payload: 'plain' },
  { reserved: 0x40, payload: 'compressed' },
  { opcode: 3, payload: 'unknown' },
  { lengthBytes: 2, payload: 'short' },
  { lengthBytes: 8, payload: 'short' },
);
const frames = fc.array(
  fc
    .tuple(fc.oneof({ weight: 12, arbitrary: usual }, { weight: 1, arbitrary: unusual }), mask)
    .map(([frame, mask]) => encodeFrame({ ...frame, mask })),
  { minLength: 1, maxLength: 12 },
);

/** The bytes in pieces whose lengths are taken in turns from a list. */
function cut(bytes: Buffer, lengths: readonly number[]): Buffer[] {
  const pieces: Buffer[] = [];
  for (let at = 0, index = 0; at < bytes.length; index++) {
    const length = lengths[index % lengths.length] ?? 1;
    pieces.push(bytes.subarray(at, at + length));
    at += length;
  }
  return pieces;
}

test('whatever comes, in whatever pieces, a client is understood as ws alone understands it', async (context) => {
  const connect = await connections(context);
  const lengths = fc.array(fc.oneof(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 7000 })), {
    minLength: 1,
    maxLength: 8,
  });
  await fc.assert(
    fc.asyncProperty(frames, lengths, async (list, lengths) => {
      const pieces = cut(Buffer.concat(list), lengths);
      const [ours, plain] = [new Story(await connect(), true), new Story(await connect(), false)];
      await ours.give(pieces);
      await plain.give(pieces);
      assert.deepEqual(ours.told, plain.told);
    }),
    { numRuns: 300 },
  );
});

test('whole text frames do not go through ws, and a frame in two chunks does', async (context) => {
  const connect = await connections(context);
  const story = new Story(await connect(), true);
  const [first, second] = [encodeFrame({ payload: 'one' }), encodeFrame({ payload: 'x'.repeat(300) })];
  await story.give([Buffer.concat([first, second]), first]);
  assert.deepEqual([story.told.length, story.throughWs], [3, 0]);
  await story.give([Buffer.concat([first, second.subarray(0, 9)]), second.subarray(9), first]);
  assert.deepEqual([story.told.length, story.throughWs], [6, 1]);
});
