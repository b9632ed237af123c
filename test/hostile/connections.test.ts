import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import { after, afterEach, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { LiveDriver, type Usage } from '../support/live-driver.ts';
import {
  connectSocket,
  encodeFrame,
  OPCODE,
  RawWs,
  socketClosed,
  upgradeRequest,
} from '../support/raw-ws.ts';
import { SeededRandom } from '../support/seeded-random.ts';
import { Bystander } from './bystander.ts';

const MAX_CLIENTS = 100;

let driver: LiveDriver;
let bystander: Bystander;

before(async () => {
  // Pings are far apart: on a busy machine this process may not get to answer them for seconds.
  const keys = { 'max-clients': MAX_CLIENTS, 'auth-timeout': 3, 'ping-interval': 60 };
  driver = await LiveDriver.start({ keys });
  await driver.host.request('mode 0 count');
  bystander = await Bystander.join(driver);
});

afterEach(async () => {
  await settled();
  await bystander.check();
});

after(async () => {
  assert.doesNotMatch(driver.log, /\[(error|critical)\]/);
  await driver.stop();
});

/** Waits until only the bystander is connected. */
async function settled(): Promise<void> {
  for (let round = 0; round < 1000; round++) {
    const { clients } = JSON.parse(await driver.fetchText('/healthz'));
    if (clients === 1) return;
    await sleep(20);
  }
  assert.fail('connections are left over');
}

/** Runs `task` for 0 … count - 1, `width` at a time. */
async function inParallel(
  count: number,
  width: number,
  task: (index: number) => Promise<void>,
): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < count) await task(next++);
  };
  await Promise.all(Array.from({ length: width }, worker));
}

/** All that a peer gets until the connection ends. */
async function readAll(socket: Socket): Promise<string> {
  let text = '';
  socket.setEncoding('latin1').on('data', (chunk: string) => {
    text += chunk;
  });
  await socketClosed(socket);
  return text;
}

function statusOf(answer: string): string {
  return /^HTTP\/1\.1 (\d{3}) /.exec(answer)?.[1] ?? 'closed';
}

function count<T>(values: readonly T[], wanted: T): number {
  return values.filter((value) => value === wanted).length;
}

/** File descriptors and threads are what they were. */
async function assertFlat(before: Usage): Promise<void> {
  let now = await driver.usage();
  for (let round = 0; round < 100 && now.fds > before.fds; round++) {
    await sleep(20);
    now = await driver.usage();
  }
  assert.ok(now.fds <= before.fds, `file descriptors: ${before.fds} before, ${now.fds} now`);
  assert.ok(now.threads <= before.threads, `threads: ${before.threads} before, ${now.threads} now`);
}

test('500 connections of random bytes are answered with 400 or ended', async () => {
  const usage = await driver.usage();
  const random = new SeededRandom(4);
  await inParallel(500, 20, async () => {
    const socket = await connectSocket(driver.port);
    const answer = readAll(socket);
    socket.end(random.bytes(1 + random.int(3000)));
    const status = statusOf(await answer);
    assert.ok(['400', '431', 'closed'].includes(status), status);
  });
  await assertFlat(usage);
});

/** Where a mutation of the request is put. */
function mutateRequest(request: string, random: SeededRandom): Buffer {
  const bytes = Buffer.from(request, 'latin1');
  const at = random.int(bytes.length);
  const rest = bytes.subarray(Math.min(bytes.length, at + random.int(10)));
  const inserted = random.pick([
    () => random.bytes(1 + random.int(20)),
    () =>
      Buffer.from(random.pick(['\r\n', '\n', '\r', '\0', ' ', ':', '\r\n\r\n', '\t', ';', '%00', '/../'])),
    () => Buffer.from('A'.repeat(random.int(20_000))),
    () =>
      Buffer.from(
        `\r\n${random.pick(['Content-Length: 5', 'Transfer-Encoding: chunked', 'Host: x', ': x', 'X'])}`,
      ),
    () => Buffer.alloc(0),
  ])();
  return Buffer.concat([bytes.subarray(0, at), inserted, rest]);
}

test('2 000 mutated upgrade requests get an HTTP status or an end, and nothing of them is repeated', async () => {
  const usage = await driver.usage();
  const seed = 11;
  const random = new SeededRandom(seed);
  const statuses = new Map<string, number>();
  await inParallel(2000, 20, async (index) => {
    const path = random.pick([
      '/ws1',
      '/ws2',
      '/',
      '/metrics',
      '/healthz',
      '/%2e%2e/etc/passwd',
      '*',
      'http://x/ws1',
    ]);
    const request = mutateRequest(upgradeRequest(path, { 'X-Probe': 'do-not-echo-me' }), random);
    const socket = await connectSocket(driver.port);
    const answer = readAll(socket);
    socket.end(request);
    const text = await answer;
    const status = statusOf(text);
    assert.match(
      status,
      /^(101|200|400|404|405|408|413|421|426|431|501|503|closed)$/,
      `seed ${seed}, request ${index}`,
    );
    assert.doesNotMatch(text, /do-not-echo-me/);
    statuses.set(status, (statuses.get(status) ?? 0) + 1);
  });
  assert.ok((statuses.get('101') ?? 0) > 0 && (statuses.get('400') ?? 0) > 0, 'both sides were reached');
  await assertFlat(usage);
});

test('heads without end and huge headers are refused with 431', async () => {
  for (const header of [
    `X-Big: ${'x'.repeat(20_000)}`,
    `${'X'.repeat(20_000)}: 1`,
    'X-Name: value\r\n'.repeat(4000),
  ]) {
    const socket = await connectSocket(driver.port);
    const answer = readAll(socket);
    socket.write(`GET /ws1 HTTP/1.1\r\n${header}`);
    assert.equal(statusOf(await answer), '431');
  }
});

test('600 peers that dribble an upgrade request keep nobody out, and are cut off', async () => {
  const usage = await driver.usage();
  const sockets: Socket[] = [];
  for (let i = 0; i < 600; i++) {
    const socket = await connectSocket(driver.port);
    socket.resume().write('GET /ws1 HTTP/1.1\r\nHost: x\r\n');
    sockets.push(socket);
  }
  const dribble = setInterval(() => {
    for (const socket of sockets) if (socket.writable) socket.write('X');
  }, 200);
  try {
    const newcomer = await RawWs.connect(driver.port);
    newcomer.send({ payload: 'C;NOOP' });
    assert.equal(await newcomer.nextText(), '+;NOOP');
    newcomer.destroy();
    await bystander.check();
    await Promise.all(sockets.map(socketClosed));
  } finally {
    clearInterval(dribble);
  }
  await assertFlat(usage);
});

test('peers that dribble a frame are closed with 4401 when their login time is over', async () => {
  const peers = await Promise.all(Array.from({ length: 40 }, () => RawWs.connect(driver.port)));
  for (const peer of peers) {
    peer.sendBytes(encodeFrame({ payload: 'C;NOOP', lengthBytes: 2, claimedLength: 60_000n }));
  }
  const dribble = setInterval(() => {
    for (const peer of peers) if (!peer.isEnded) peer.sendBytes(Buffer.from('x'));
  }, 50);
  try {
    for (const peer of peers) assert.equal((await peer.ended).code, 4401);
  } finally {
    clearInterval(dribble);
  }
});

test('peers that went away without a word are noticed by their missing pongs', async (context) => {
  const silent = await LiveDriver.start({ keys: { 'ping-interval': 0.2 } });
  context.after(() => silent.dispose());
  const peers = await Promise.all(Array.from({ length: 10 }, () => RawWs.connect(silent.port, '/ws2')));
  for (const peer of peers) peer.socket.pause();
  for (let round = 0; (await silent.metrics()).get('sessions{protocol="ws2"}') !== 0; round++) {
    assert.ok(round < 500, 'they are still counted as clients');
    await sleep(20);
  }
  await silent.waitForLog(/\[info\] \[session\] client is gone: user=- ip=127\.0\.0\.1 session=\d+/);
  for (const peer of peers) peer.destroy();
  await silent.stop();
});

test('1 000 peers that reset in the middle of a frame, an upgrade or a message leave nothing behind', async () => {
  const usage = await driver.usage();
  const random = new SeededRandom(5);
  await inParallel(1000, 20, async (index) => {
    if (index % 3 === 0) {
      const socket = await connectSocket(driver.port);
      socket.write(upgradeRequest('/ws1').slice(0, random.int(160)));
      socket.resetAndDestroy();
      return;
    }
    const peer = await RawWs.connect(driver.port, index % 2 === 0 ? '/ws1' : '/ws2', { greeting: false });
    const frame = encodeFrame({ payload: `C;${'NOOP'.repeat(50)}`, fin: random.chance(0.5) });
    peer.sendBytes(frame.subarray(0, 1 + random.int(frame.length)));
    peer.reset();
    await peer.ended;
  });
  await assertFlat(usage);
});

test('10 000 connections in sequence leave memory, descriptors and threads as they were', async (context) => {
  const open = async (index: number): Promise<void> => {
    const peer = await RawWs.connect(driver.port, index % 2 === 0 ? '/ws1' : '/ws2');
    if (index % 10 === 0) peer.send({ opcode: OPCODE.close });
    else peer.destroy();
    await peer.ended;
  };
  await inParallel(2000, 4, open);
  await settled();
  const warm = await driver.usage();
  await inParallel(8000, 4, open);
  await settled();
  const now = await driver.usage();
  await assertFlat(warm);
  context.diagnostic(`RSS ${warm.rssKb} kB after 2 000, ${now.rssKb} kB after 10 000 connections`);
  assert.ok(now.rssKb - warm.rssKb < 24_000, `RSS grew from ${warm.rssKb} to ${now.rssKb} kB`);
});

test('of 2 000 upgrades at once from one address half of max-clients get in, the others are refused, and places become free again', async (context) => {
  const usage = await driver.usage();
  const free = MAX_CLIENTS / 2;
  const sockets: Socket[] = [];
  const answers = await Promise.all(
    Array.from({ length: 2000 }, async () => {
      const socket = await connectSocket(driver.port);
      sockets.push(socket);
      let text = '';
      socket.setEncoding('latin1');
      const answered = new Promise<string>((resolve) => {
        socket.on('data', (chunk: string) => {
          text += chunk;
          if (text.includes('\r\n\r\n')) resolve(statusOf(text));
        });
        socket.once('close', () => resolve(statusOf(text)));
      });
      socket.write(upgradeRequest('/ws1'));
      return answered;
    }),
  );
  await bystander.check();
  const tally = { in: count(answers, '101'), full: count(answers, '503'), ended: count(answers, 'closed') };
  context.diagnostic(JSON.stringify(tally));
  assert.equal(tally.in, free);
  assert.equal(tally.in + tally.full + tally.ended, 2000);
  assert.ok(tally.full > 0);
  for (const socket of sockets) socket.destroy();
  await settled();
  const newcomer = await RawWs.connect(driver.port);
  newcomer.destroy();
  await assertFlat(usage);
});
