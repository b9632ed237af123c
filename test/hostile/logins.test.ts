import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { LiveDriver } from '../support/live-driver.ts';
import { RawWs } from '../support/raw-ws.ts';
import { SeededRandom } from '../support/seeded-random.ts';
import { encryptLogin, TestClient } from '../support/ws-client.ts';
import { Bystander } from './bystander.ts';

const REFUSED_WS1 = '-;AUTH;5;Not authorised.';
const FLOODERS = 40;
const FLOOD_MS = 4000;

let driver: LiveDriver;
let bystander: Bystander;

before(async () => {
  driver = await LiveDriver.start();
  await driver.host.request('mode 0 count');
  bystander = await Bystander.join(driver);
});

after(async () => {
  await driver.stop();
});

/** A field of an AUTH command gone wrong. */
function badField(random: SeededRandom): string {
  const hex = random.bytes(random.int(40)).toString('hex');
  return random.pick([
    hex,
    '',
    '0',
    'zz'.repeat(16),
    hex.repeat(30),
    '-1',
    '\0'.repeat(32),
    'ＦＦ'.repeat(16),
  ]);
}

function badLogin(random: SeededRandom, sid: string): string {
  const iv = random.chance(0.5) ? sid : badField(random);
  const good = encryptLogin(
    random.pick(['admin', 'nobody', '', 'a;b', '\r\nx']),
    'wrong',
    Buffer.from(sid, 'hex'),
  );
  const crypto = random.chance(0.4) ? good : badField(random);
  return `C;AUTH;${random.pick([`${iv};${crypto}`, iv, `${crypto};${iv};x`, `${iv};${crypto};;;`])}`;
}

test('200 seeded AUTH messages that are wrong in every way are all refused alike, the fifth ends the connection', async () => {
  const random = new SeededRandom(23);
  // From addresses of their own, for failures of one have to wait for each other.
  const peers = Array.from({ length: 40 }, async (_, index) => {
    const localAddress = `127.2.0.${index + 1}`;
    const peer = await RawWs.connect(driver.port, '/ws1', { greeting: false, localAddress });
    const sid = /[0-9A-F]{32}/.exec(await peer.nextText())?.[0] ?? '';
    peer.answerPings = true;
    for (let i = 0; i < 5; i++) peer.send({ payload: badLogin(random, sid) });
    for (let i = 0; i < 5; i++) assert.equal(await peer.nextText(60_000), REFUSED_WS1);
    assert.equal((await peer.ended).code, 4401);
  });
  await Promise.all(peers);
  await bystander.check();
  const client = await TestClient.connect(`${driver.url}/ws1`);
  assert.match(await client.login(), /^\+;AUTH1;/);
  client.ws.terminate();
  assert.doesNotMatch(driver.log, /\[error\]|[^\x20-\x7e\n]/, 'one clean line per failure');
});

test('a flood of logins holds up neither the host nor other clients', async (context) => {
  const quiet = await bystander.latencyMs(200);
  const deadline = performance.now() + FLOOD_MS;
  let tried = 0;
  const flooders = Array.from({ length: FLOODERS }, async (_, index) => {
    while (performance.now() < deadline) {
      const peer = await RawWs.connect(driver.port, '/ws2', { localAddress: `127.3.0.${index + 1}` });
      for (let i = 0; i < 5; i++) {
        const iv = Buffer.alloc(16, i);
        const crypto = encryptLogin(`user${index}-${i}`, 'guess', iv);
        peer.send({
          payload: JSON.stringify({ type: 'C', command: 'AUTH', args: { iv: iv.toString('hex'), crypto } }),
        });
        tried++;
      }
      await Promise.race([peer.ended, new Promise((resolve) => setTimeout(resolve, 500))]);
      peer.destroy();
    }
  });
  const times: number[] = [];
  while (performance.now() < deadline) times.push(await bystander.check());
  await Promise.all(flooders);
  times.sort((a, b) => a - b);
  const median = times[times.length >> 1] ?? 0;
  context.diagnostic(
    `${tried} logins in ${FLOOD_MS} ms; round trip of another client: ${quiet.toFixed(2)} ms before, ` +
      `${median.toFixed(2)} ms meanwhile (x ${(median / quiet).toFixed(1)}), ${times.length} rounds`,
  );
  // Against standing still; what it costs is told above, and busy machines add to it.
  assert.ok(median < 5000, `a command took ${median} ms during the flood`);
  const client = await TestClient.connect(`${driver.url}/ws1`);
  client.send(client.authRequest('admin', 'secret'));
  assert.match(await client.next(60_000), /^\+;AUTH1;/);
  client.ws.terminate();
});
