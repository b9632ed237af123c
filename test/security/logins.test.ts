import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { eventually } from '../support/eventually.ts';
import { LIVE_USERS, LiveDriver, type LiveDriverOptions } from '../support/live-driver.ts';
import { RawWs } from '../support/raw-ws.ts';
import { quickUser } from '../support/users.ts';
import { encryptLogin, TestClient } from '../support/ws-client.ts';

async function start(context: TestContext, options: LiveDriverOptions = {}): Promise<LiveDriver> {
  const driver = await LiveDriver.startFor(context, options);
  return driver;
}

interface Attempt {
  user: string;
  password: string;
}

let attempts = 0;

/**
 * Reply to one failed login on a fresh connection and how long it took. Each comes from an address of its own:
 * the delay grows with the failures of an address.
 */
async function fail(driver: LiveDriver, { user, password }: Attempt): Promise<{ reply: string; ms: number }> {
  attempts++;
  const localAddress = `127.1.${attempts >> 8}.${attempts & 255}`;
  const client = await TestClient.connect(`${driver.url}/ws1`, { localAddress });
  const frame = client.authRequest(user, password);
  const began = performance.now();
  const reply = await client.ask(frame);
  const ms = performance.now() - began;
  client.ws.terminate();
  return { reply, ms };
}

const median = (values: number[]): number => values.sort((a, b) => a - b)[values.length >> 1] ?? 0;

test('an unknown user, a wrong password, a refused address and a missing right cannot be told apart, not by time either', async (context) => {
  const rounds = 12;
  const users = [
    quickUser('known', 'user'),
    quickUser('remote', 'user', { remotes: '+10.0.0.1' }),
    quickUser('rightless', 'receive-events'),
  ];
  const driver = await start(context, { users: [...LIVE_USERS, ...users] });
  const kinds: Record<string, Attempt> = {
    'unknown user': { user: 'nobody', password: 'secret' },
    'wrong password': { user: 'known', password: 'wrong' },
    'refused address': { user: 'remote', password: 'secret' },
    'missing right': { user: 'rightless', password: 'secret' },
  };
  const times = new Map<string, number[]>();
  const replies = new Set<string>();
  for (let round = 0; round < rounds; round++) {
    for (const [kind, attempt] of Object.entries(kinds)) {
      const { reply, ms } = await fail(driver, attempt);
      replies.add(reply);
      times.set(kind, [...(times.get(kind) ?? []), ms]);
    }
  }
  assert.deepEqual([...replies], ['-;AUTH;5;Not authorised.']);
  const medians = [...times].map(([kind, values]) => ({ kind, ms: median(values) }));
  context.diagnostic(medians.map(({ kind, ms }) => `${kind}: median ${ms.toFixed(1)} ms`).join(', '));
  const all = medians.map(({ ms }) => ms);
  assert.ok(Math.min(...all) >= 249, 'the moment of the reply is kept');
  assert.ok(Math.max(...all) < 1.5 * Math.min(...all), 'no kind of failure takes markedly longer');
  const failures = () => driver.log.match(/auth failed user=\S+ ip=127\.1\./g)?.length ?? 0;
  await eventually('every failure is in the log', () => failures() >= rounds * 4);
  const logged = [...driver.log.matchAll(/auth failed user=(\S+) ip=127\.1\.\S+ reason=(\S+)/g)];
  assert.equal(logged.length, rounds * 4, 'the log, and only the log, has the reason');
  assert.equal(new Set(logged.map(([, , reason]) => reason)).size, 4);
});

test('a recorded login cannot be used again where the iv is the session id', async (context) => {
  const driver = await start(context, { keys: { 'auth-iv': 'sid' } });
  for (const path of ['/ws1', '/ws2']) {
    const first = await TestClient.connect(driver.url + path);
    const frame = String(first.authRequest('admin', 'secret', { iv: Buffer.from(first.sid, 'hex') }));
    assert.match(await first.ask(frame), /^\+;AUTH1|"\+"/);
    const second = await TestClient.connect(driver.url + path);
    assert.doesNotMatch(await second.ask(frame), /^\+;AUTH1|"\+"/);
    first.ws.terminate();
    second.ws.terminate();
  }
});

test('session ids do not repeat', async (context) => {
  const driver = await start(context);
  const ids = new Set<string>();
  for (let i = 0; i < 300; i++) {
    const peer = await RawWs.connect(driver.port, '/ws1', { greeting: false });
    ids.add(await peer.nextText());
    peer.destroy();
  }
  assert.equal(ids.size, 300);
});

test('neither passwords, hashes, keys nor login texts reach the log at its most talkative, also of malformed frames', async (context) => {
  const driver = await start(context, { keys: { debug: true }, logLevel: 'trace' });
  const client = await TestClient.connect(`${driver.url}/ws1`);
  const iv = Buffer.from(client.sid, 'hex');
  const crypto = encryptLogin('admin', 'secret', iv);
  const json = { command: 'AUTH', args: { iv: client.sid, crypto } };
  const frames = [
    `C;AUTH;${client.sid};${crypto}`,
    `c ; auth ;${client.sid};${crypto};x`,
    `C;AUTH ${client.sid} ${crypto}`,
    `X;AUTH;${client.sid};${crypto}`,
    JSON.stringify({ type: 'C', ...json }),
    JSON.stringify({ type: 'X', ...json }),
    JSON.stringify({ type: 'C', ...json }).slice(0, -3),
  ];
  for (const frame of frames) await client.ask(frame);
  client.ws.terminate();
  const other = await TestClient.connect(`${driver.url}/ws2`);
  for (const frame of frames.slice(4)) await other.ask(frame);
  other.ws.terminate();
  await driver.waitForLog(/disconnected .*session=\d+ code=1006[\s\S]*disconnected/);
  const hash = JSON.stringify(LIVE_USERS).match(/[0-9a-f]{32}/g) ?? [];
  for (const secret of [
    crypto,
    crypto.toLowerCase(),
    'secret',
    '2DBB079A38985AF00EBEEFE22F9FFA0E',
    ...hash,
  ]) {
    assert.ok(!driver.log.toUpperCase().includes(secret.toUpperCase()), `${secret} is in the log`);
  }
  await driver.waitForLog(/hidden/);
});

test('a user name cannot forge a line or a field of the log, and only those of users appear there', async (context) => {
  const driver = await start(context);
  const evil =
    '\r\n2026-01-01 00:00:00.000 [info] [auth] auth failed user=x ip=6.6.6.6 reason=y \u2028\x1b[31m';
  await fail(driver, { user: evil, password: 'x' });
  await fail(driver, { user: 'admin', password: 'x' });
  await driver.waitForLog(/auth failed[\s\S]*auth failed/);
  for (const text of ['6.6.6.6', '\x1b', '\u2028', 'user=x']) assert.ok(!driver.log.includes(text), text);
  assert.equal(driver.log.match(/ ip=/g)?.length, 2);
  assert.deepEqual(
    [...driver.log.matchAll(/auth failed user=(\S+)/g)].map(([, name]) => name),
    ['-', 'admin'],
  );
});

test('no piece of a recorded login that was turned reaches the log at its most talkative', async (context) => {
  const driver = await start(context, { keys: { debug: true, 'auth-iv': 'any' }, logLevel: 'trace' });
  const iv = Buffer.alloc(16, 7);
  const crypto = encryptLogin('admin', 'secret', iv);
  const client = await TestClient.connect(`${driver.url}/ws1`);
  // The colon becomes a letter, each later letter in turn the colon: the password would be part of the name.
  for (let at = 9; at < 12; at++) {
    const turned = Buffer.from(iv);
    turned[5] = (turned[5] ?? 0) ^ 0x3a ^ 0x2d;
    turned[at] = (turned[at] ?? 0) ^ 'admin:secret'.charCodeAt(at) ^ 0x3a;
    assert.match(await client.ask(`C;AUTH;${turned.toString('hex')};${crypto}`), /^-;AUTH;5/);
  }
  client.ws.terminate();
  // The fifth failure ends a connection: these have one of their own.
  const other = await TestClient.connect(`${driver.url}/ws1`);
  for (const frame of ['C;AUTH;admin;hunter2', 'C;AUTH;admin:hunter2', 'c;auth;hunter2'])
    await other.ask(frame);
  other.ws.terminate();
  await driver.waitForLog(/disconnected[\s\S]*disconnected/);
  await driver.waitForLog(/auth failed user=- .*reason=unknown-user/);
  for (const piece of ['sec', 'hunter2']) assert.ok(!driver.log.includes(piece), `${piece} is in the log`);
});

test('keys that would reach into the prototypes of objects are data like any other', async (context) => {
  const driver = await start(context);
  const client = await TestClient.connect(`${driver.url}/ws2`);
  await client.login();
  const texts = [
    '{"type":"C","command":"NOOP","__proto__":{"user":"x"}}',
    '{"type":"C","command":"SF","args":{"__proto__":{"mask_class":1},"filter_class":0}}',
    '{"type":"C","command":"SF","args":{"constructor":{"prototype":{"mask_class":65535}}}}',
    '{"type":"E","event":{"class":10,"type":6,"__proto__":{"data":[1]}}}',
    '{"type":"C","command":"__proto__"}',
    '{"type":"C","command":"constructor"}',
    '{"type":"__proto__"}',
    '{"__proto__":{"type":"C","command":"NOOP"}}',
  ];
  for (const text of texts) assert.match(await client.ask(text), /^\{"type":"[+-]"/);
  const fresh = await TestClient.connect(`${driver.url}/ws2`);
  assert.match(await fresh.ask({ type: 'C', command: 'OPEN' }), /"errcode":5/, 'nobody is logged in by it');
  const users = JSON.parse(JSON.stringify({ users: LIVE_USERS }).replace('"admin"', '"__proto__"'));
  await driver.writeUsers(users.users);
  await driver.waitForLog(/users\.json/);
  assert.equal(await client.ask({ type: 'C', command: 'NOOP' }), '{"type":"+","command":"NOOP","args":null}');
  fresh.ws.terminate();
  client.ws.terminate();
});
