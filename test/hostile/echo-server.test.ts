import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import { WebSocketServer } from 'ws';
import { closePayload, encodeFrame, OPCODE, RawWs } from '../support/raw-ws.ts';
import { type EchoServer, startEchoServer } from './echo-server.ts';
import { CLOSES, CONTROL, FRAGMENTS, type FrameCase, TEXT, UTF8 } from './frame-cases.ts';

let ours: EchoServer;
let plain: WebSocketServer;

before(async () => {
  ours = await startEchoServer();
  plain = new WebSocketServer({ host: '127.0.0.1', port: 0, perMessageDeflate: false });
  plain.on('connection', (ws) => {
    ws.on('error', () => undefined);
    ws.on('message', (data, isBinary) => ws.send(data, { binary: isBinary }));
  });
  await once(plain, 'listening');
});

after(async () => {
  await ours.close();
  plain.close();
});

const ourPort = () => Number(new URL(ours.url).port);
const plainPort = () => (plain.address() as AddressInfo).port;

/** All that a server answers to these bytes and a close frame behind them. */
async function transcript(port: number, bytes: readonly Buffer[]): Promise<unknown> {
  const ws = await RawWs.connect(port, '/ws1', { greeting: false });
  const answers: string[] = [];
  ws.onFrame = ({ opcode, payload }) => {
    answers.push(`${opcode} ${payload.length} ${payload.subarray(0, 40).toString('hex')}`);
  };
  for (const part of bytes) {
    ws.sendBytes(part);
    await new Promise(setImmediate);
  }
  ws.sendBytes(encodeFrame({ opcode: OPCODE.close, payload: closePayload(1000) }));
  const { code, reason } = await ws.ended;
  return { answers, code, reason };
}

function inPieces({ send, piece }: FrameCase): Buffer[] {
  const bytes = Buffer.concat(send.map(encodeFrame));
  const size = piece ?? Math.max(1, bytes.length);
  const pieces: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += size) pieces.push(bytes.subarray(at, at + size));
  return pieces;
}

const CASES = [...TEXT, ...FRAGMENTS, ...CONTROL, ...CLOSES, ...UTF8];

test(`each of ${CASES.length} sequences of frames gets the answers of a plain ws server that echoes`, async () => {
  for (const frameCase of CASES) {
    const bytes = inPieces(frameCase);
    const expected = await transcript(plainPort(), bytes);
    assert.deepEqual(await transcript(ourPort(), bytes), expected, frameCase.name);
  }
});

test('a message of 16 MiB, and one of 4 MiB in frames of 64 bytes, come back whole', async () => {
  const ws = await RawWs.connect(ourPort(), '/ws1', { greeting: false });
  ws.send({ opcode: OPCODE.binary, payload: Buffer.alloc(16_777_216, 7) });
  assert.equal((await ws.next()).payload.length, 16_777_216);
  const frames = 65_536;
  for (let i = 0; i < frames; i++) {
    const opcode = i === 0 ? OPCODE.text : OPCODE.continuation;
    ws.send({ opcode, fin: i === frames - 1, payload: 'x'.repeat(64) });
  }
  assert.equal((await ws.next()).payload.length, frames * 64);
  ws.destroy();
});
