import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { TestAuthority } from '../http/support/certificates.ts';
import { LiveDriver } from '../support/live-driver.ts';
import { connectSocket, RawWs, socketClosed, upgradeRequest } from '../support/raw-ws.ts';
import { SeededRandom } from '../support/seeded-random.ts';
import { Bystander } from './bystander.ts';

let driver: LiveDriver;
let bystander: Bystander;
let securePort = 0;
let authorityFile = '';
const cleanUps: (() => unknown)[] = [];

before(async () => {
  const authority = await TestAuthority.create({
    after: (task: () => unknown) => void cleanUps.push(task),
  } as never);
  authorityFile = authority.ca;
  const { cert, key } = await authority.issue('driver');
  const interfaces = ['ws://127.0.0.1:0', 'wss://127.0.0.1:0'];
  driver = await LiveDriver.start({ keys: { interface: interfaces, tls: { cert, key } } });
  const [, port] = await driver.waitForLog(/listens on wss:\/\/127\.0\.0\.1:(\d+)/);
  securePort = Number(port);
  await driver.host.request('mode 0 count');
  bystander = await Bystander.join(driver);
});

after(async () => {
  for (const cleanUp of cleanUps) await cleanUp();
  assert.doesNotMatch(driver.log, /\[(error|critical)\]/);
  await driver.stop();
});

async function assertServes(): Promise<void> {
  await bystander.check();
  const peer = await RawWs.connect(securePort, '/ws1', { tls: { ca: await readFile(authorityFile) } });
  peer.send({ payload: 'C;NOOP' });
  assert.equal(await peer.nextText(), '+;NOOP');
  peer.destroy();
}

/** Sends bytes to a port and awaits the end of the connection. */
async function sendTo(port: number, bytes: Buffer | string): Promise<string> {
  const socket = await connectSocket(port);
  let text = '';
  socket.setEncoding('latin1').on('data', (chunk: string) => {
    text += chunk;
  });
  const closed = socketClosed(socket);
  socket.end(bytes);
  await closed;
  return text;
}

test('plain text on wss, TLS on ws and broken handshakes are ended and harm nobody', async () => {
  const random = new SeededRandom(3);
  const hello = Buffer.concat([Buffer.from('1603010200010001fc0303', 'hex'), random.bytes(508)]);
  for (let round = 0; round < 100; round++) {
    assert.doesNotMatch(await sendTo(securePort, upgradeRequest('/ws1')), /101 Switching/);
    assert.match(await sendTo(driver.port, hello), /^HTTP\/1\.1 400|^$/);
    await sendTo(securePort, hello.subarray(0, 1 + random.int(hello.length)));
    await sendTo(securePort, random.bytes(200));
  }
  await assertServes();
});

test('versions of TLS that are out of use are refused', async () => {
  for (const version of ['TLSv1', 'TLSv1.1'] as const) {
    const tls = {
      rejectUnauthorized: false,
      minVersion: version,
      maxVersion: version,
      ciphers: 'ALL:@SECLEVEL=0',
    };
    await assert.rejects(connectSocket(securePort, tls), /alert|version|protocol/i);
  }
  await assertServes();
});

test('a client that asks for renegotiation again and again is refused', async () => {
  const target = `127.0.0.1:${securePort}`;
  const openssl = spawn('openssl', ['s_client', '-tls1_2', '-connect', target, '-CAfile', authorityFile]);
  let output = '';
  const closed = once(openssl, 'close');
  openssl.stdin.on('error', () => {});
  for (const stream of [openssl.stdout, openssl.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      const hadVerified = output.includes('Verify return code');
      output += text;
      if (!hadVerified && output.includes('Verify return code')) openssl.stdin.write('R\nR\nR\n');
    });
  }
  await closed;
  assert.match(output, /RENEGOTIATING[\s\S]*no renegotiation/);
  await assertServes();
});

test('500 secure connections that reset in the middle leave nothing behind', async () => {
  const before = await driver.usage();
  const random = new SeededRandom(8);
  const tls = { ca: await readFile(authorityFile) };
  for (let round = 0; round < 50; round++) {
    const sockets = await Promise.all(Array.from({ length: 10 }, () => connectSocket(securePort, tls)));
    for (const socket of sockets) {
      socket.write(upgradeRequest('/ws2').slice(0, 1 + random.int(200)));
      socket.destroy();
    }
  }
  await assertServes();
  let now = await driver.usage();
  for (let round = 0; round < 100 && now.fds > before.fds; round++) now = await driver.usage();
  assert.ok(now.fds <= before.fds, `descriptors ${before.fds} → ${now.fds}`);
});
