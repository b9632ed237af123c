import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { RIGHT_RECEIVE_EVENTS } from '../../src/auth/rights.ts';
import { makeEvent } from '../support/events.ts';
import { ADMIN, type MemoryServer, memoryServerFor } from '../support/memory-server.ts';
import { OPCODE, RawWs } from '../support/raw-ws.ts';
import { encryptLogin, TestClient } from '../support/ws-client.ts';

async function serve(
  context: TestContext,
  keys: Record<string, unknown> = {},
  users?: readonly object[],
): Promise<MemoryServer> {
  const server = await memoryServerFor(context, keys, users);
  return server;
}

function portOf({ url }: MemoryServer): number {
  return Number(new URL(url).port);
}

async function login(client: RawWs, sid: string): Promise<void> {
  const iv = Buffer.from(sid, 'hex');
  client.send({ payload: `C;AUTH;${sid};${encryptLogin('admin', 'secret', iv)}` });
  assert.match(await client.nextText(), /^\+;AUTH1/);
}

async function connect(server: MemoryServer): Promise<{ client: RawWs; sid: string }> {
  const client = await RawWs.connect(portOf(server), '/ws1', { greeting: false });
  const [, , sid = ''] = (await client.nextText()).split(';');
  return { client, sid };
}

test('behind the last failed login nothing is answered, not even a right one, and no frame follows the close', async (context) => {
  const server = await serve(context, { 'max-auth-failures': 1 });
  const { client, sid } = await connect(server);
  const wrong = `C;AUTH;${sid};00`;
  for (const payload of [wrong, 'C;NOOP', wrong, 'X']) client.send({ payload });
  assert.equal(await client.nextText(), '-;AUTH;5;Not authorised.');
  assert.equal((await client.next()).opcode, OPCODE.close);
  client.send({ opcode: OPCODE.close, payload: Buffer.from([0x11, 0x31]) });
  assert.equal((await client.ended).code, 4401);
  assert.deepEqual(client.frames, []);
});

test('a session that is told to go gets no events behind the close frame, though it takes its time', async (context) => {
  const server = await serve(context);
  const { client, sid } = await connect(server);
  const witness = await TestClient.connect(`${server.url}/ws1`);
  await witness.start('user');
  await login(client, sid);
  client.send({ payload: 'C;OPEN' });
  assert.equal(await client.nextText(), '+;OPEN');
  server.link.hostWrite(makeEvent({ vscpType: 1 }));
  assert.match(await client.nextText(), /^E;96,10,1,/);
  server.server.applyUsers([], [{ ...userOf(server), rights: RIGHT_RECEIVE_EVENTS }]);
  assert.equal((await client.next()).opcode, OPCODE.close);
  server.link.hostWrite(makeEvent({ vscpType: 2 }));
  for (const type of [1, 2]) assert.match(await witness.next(), new RegExp(`^E;96,10,${type},`));
  client.send({ payload: 'C;NOOP' });
  client.send({ opcode: OPCODE.close, payload: Buffer.from([0x11, 0x33]) });
  assert.equal((await client.ended).code, 4403);
  assert.deepEqual(client.frames, []);
  witness.ws.terminate();
});

function userOf(server: MemoryServer) {
  const user = server.userMap.get(ADMIN.name);
  assert.ok(user);
  return user;
}

test('a client that resets in the middle of a flood leaves nothing behind that runs', async (context) => {
  const server = await serve(context);
  for (let round = 0; round < 5; round++) {
    const { client, sid } = await connect(server);
    await login(client, sid);
    client.send({ payload: 'C;OPEN' });
    await client.nextText();
    for (let i = 0; i < 500; i++) client.send({ payload: 'E;0,10,6,0,,0,-' });
    for (let i = 0; i < 500; i++) server.link.hostWrite(makeEvent());
    client.reset();
    await client.ended;
  }
  const next = await TestClient.connect(`${server.url}/ws2`);
  assert.deepEqual(await next.settle(), []);
  const before = process.cpuUsage();
  await new Promise((resolve) => setTimeout(resolve, 300));
  const { user, system } = process.cpuUsage(before);
  assert.ok(user + system < 200_000, `${user + system} µs of work while there is nothing to do`);
  next.ws.terminate();
});

test('what a full queue drops is counted, and said once when it begins and once when there is room', async (context) => {
  const server = await serve(context, { 'max-client-queue-size': 10, 'enable-metrics': true });
  const client = await TestClient.connect(`${server.url}/ws1`);
  await client.login();
  const witness = await TestClient.connect(`${server.url}/ws1`);
  await witness.start();
  for (let type = 1; type <= 25; type++) server.link.hostWrite(makeEvent({ vscpType: type }));
  for (let type = 1; type <= 25; type++) assert.match(await witness.next(), new RegExp(`^E;96,10,${type},`));
  assert.equal(await dropsOf(server), 15);
  assert.equal(await client.ask('C;OPEN'), '+;OPEN');
  for (let type = 1; type <= 10; type++) assert.match(await client.next(), new RegExp(`^E;96,10,${type},`));
  await client.settle();
  const said = server.lines.filter((line) => /queue/.test(line));
  assert.equal(said.length, 2);
  assert.match(said[0] ?? '', /^warn queue full, newest events are dropped: user=admin ip=127\.0\.0\.1/);
  assert.match(said[1] ?? '', /dropped=15 events$/);
  for (const each of [client, witness]) each.ws.terminate();
});

async function dropsOf({ url }: MemoryServer): Promise<number> {
  const metrics = await (await fetch(`${url.replace('ws:', 'http:')}/metrics`)).text();
  return Number(/event_drops_total\{reason="client-queue-full"\} (\d+)/.exec(metrics)?.[1]);
}
