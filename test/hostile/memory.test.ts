import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { LiveDriver } from '../support/live-driver.ts';
import { encodeFrame, OPCODE, RawWs } from '../support/raw-ws.ts';
import { encryptLogin } from '../support/ws-client.ts';
import { Bystander } from './bystander.ts';

/** What a hostile peer may make the process grow by, the garbage collector's slack included. */
const MAX_GROWTH_KB = 96 * 1024;
/** After so many bytes the peer gives up. */
const MAX_SENT = 64 * 1024 * 1024;
/** A socket that takes nothing for so long is blocked: the driver has stopped reading. */
const BLOCKED_MS = 1000;

let driver: LiveDriver;
let bystander: Bystander;

beforeEach(async () => {
  // Half of the places are for peers of one address that have not logged in.
  driver = await LiveDriver.start({ keys: { 'max-clients': 200 } });
  await driver.host.request('mode 0 count');
  bystander = await Bystander.join(driver);
  await bystander.check();
});

afterEach(async () => {
  await bystander.check();
  await driver.stop();
});

/** Connects, logs in where asked to, and reads nothing from then on. */
async function deafPeer(path: '/ws1' | '/ws2', login = false): Promise<RawWs> {
  const peer = await RawWs.connect(driver.port, path, { greeting: false });
  const sid = /[0-9A-F]{32}/.exec(await peer.nextText())?.[0] ?? '';
  if (login) {
    const crypto = encryptLogin('admin', 'secret', Buffer.from(sid, 'hex'));
    peer.send({ payload: JSON.stringify({ type: 'CMD', command: 'AUTH', args: { iv: sid, crypto } }) });
    assert.match(await peer.nextText(), /^\{"type":"\+"/);
  }
  peer.socket.pause();
  return peer;
}

/** Sends `chunk` again and again until the driver ends the connection, reads no more, or got enough. */
async function flood(peer: RawWs, chunk: Buffer): Promise<'ended' | 'blocked' | 'all taken'> {
  const { socket } = peer;
  for (let sent = 0; sent < MAX_SENT; sent += chunk.length) {
    if (socket.closed || !socket.writable) return 'ended';
    if (socket.write(chunk)) continue;
    const outcome = await new Promise<string>((resolve) => {
      const timer = setTimeout(() => resolve('blocked'), BLOCKED_MS);
      socket.once('drain', () => resolve('drained'));
      socket.once('close', () => resolve('ended'));
      void timer.hasRef();
    });
    if (outcome === 'blocked' || outcome === 'ended') return outcome;
  }
  return 'all taken';
}

async function assertBounded(before: number): Promise<number> {
  const { peakKb } = await driver.usage();
  const growth = peakKb - before;
  assert.ok(growth < MAX_GROWTH_KB, `the process grew by ${growth} kB`);
  return growth;
}

const ws1 = (payload: string) => encodeFrame({ payload });
const ws2 = (message: object) => encodeFrame({ payload: JSON.stringify(message) });
const many = (frame: Buffer): Buffer => Buffer.concat(Array.from({ length: 1000 }, () => frame));

const FLOODS: { name: string; path: '/ws1' | '/ws2'; login?: boolean; frames: Buffer }[] = [
  {
    name: 'pings of 125 bytes',
    path: '/ws1',
    frames: many(encodeFrame({ opcode: OPCODE.ping, payload: 'p'.repeat(125) })),
  },
  { name: 'empty pings', path: '/ws2', frames: many(encodeFrame({ opcode: OPCODE.ping })) },
  { name: 'commands that are answered', path: '/ws1', frames: many(ws1('C;COPYRIGHT')) },
  { name: 'JSON rubbish', path: '/ws2', frames: many(ws1('{')) },
  { name: 'refused events', path: '/ws1', frames: many(ws1('E;')) },
  {
    name: 'accepted events',
    path: '/ws2',
    login: true,
    frames: many(ws2({ type: 'E', event: { class: 10, type: 6 } })),
  },
  {
    name: 'requests for the last values',
    path: '/ws2',
    login: true,
    frames: many(ws2({ type: 'C', command: 'LAST' })),
  },
];

for (const { name, path, login = false, frames } of FLOODS) {
  test(`a peer that reads nothing and floods with ${name} costs bounded memory`, async (context) => {
    const guid = Uint8Array.from({ length: 16 }, (_, index) => index);
    for (let type = 0; type < 500; type++) {
      const event = { vscpClass: 512, vscpType: type, guid, data: new Uint8Array(300).fill(0xff) };
      assert.equal((await driver.host.write(event)).code, 0);
    }
    const { rssKb } = await driver.usage();
    const peer = await deafPeer(path, login);
    const outcome = await flood(peer, frames);
    await bystander.check();
    const growth = await assertBounded(rssKb);
    context.diagnostic(`${outcome}, the process grew by ${growth} kB at most`);
    assert.notEqual(outcome, 'all taken');
    peer.destroy();
  });
}

test('many peers that claim big messages and send them nearly whole cost what they sent', async (context) => {
  const { rssKb } = await driver.usage();
  const message = encodeFrame({ payload: 'x'.repeat(65_536) });
  const peers = await Promise.all(Array.from({ length: 90 }, () => RawWs.connect(driver.port)));
  for (const peer of peers) peer.sendBytes(message.subarray(0, message.length - 1));
  await bystander.check();
  context.diagnostic(`the process grew by ${await assertBounded(rssKb)} kB`);
  for (const peer of peers) peer.destroy();
});
