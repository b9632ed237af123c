import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { rawUpgrade, startServer, upgradeAnswer } from '../http/support/http-fixture.ts';
import { memoryServerFor } from '../support/memory-server.ts';
import { encryptLogin, TestClient } from '../support/ws-client.ts';

const CROWD = 200;
/** Fewer than this may have their turn at once, though all of them are ready. */
const MANY = 50;

/** Remembers the largest number of notes in one turn of the event loop. */
class TurnCounter {
  most = 0;
  all = 0;
  #now = 0;

  note(): void {
    if (this.#now++ === 0) {
      setImmediate(() => {
        this.#now = 0;
      });
    }
    this.all++;
    this.most = Math.max(this.most, this.#now);
  }
}

async function openSockets(context: TestContext, port: number): Promise<Socket[]> {
  const sockets = Array.from({ length: CROWD }, () => connect(port, '127.0.0.1'));
  context.after(() => {
    for (const socket of sockets) socket.destroy();
  });
  for (const socket of sockets) socket.on('error', () => undefined);
  await Promise.all(sockets.map((socket) => once(socket, 'connect')));
  return sockets;
}

test('when many upgrade at once, they get their websockets over several turns', async (context) => {
  const counter = new TurnCounter();
  const { port } = await startServer(context, { hooks: { accept: () => counter.note() } });
  const sockets = await openSockets(context, port);
  // With an answer to each it is certain that the server has taken all of them in.
  await Promise.all(
    sockets.map((socket) => {
      socket.write('GET /nowhere HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n');
      return once(socket, 'data');
    }),
  );
  for (const socket of sockets) socket.write(rawUpgrade('/ws2'));
  while (counter.all < CROWD) await turn();
  assert.ok(counter.most < MANY, `${counter.most} in one turn`);
});

test('when many log in at once, they are let in over several turns', async (context) => {
  const server = await memoryServerFor(context, { 'max-clients': 2 * CROWD });
  const clients: TestClient[] = [];
  context.after(() => {
    for (const { ws } of clients) ws.terminate();
  });
  while (clients.length < CROWD) clients.push(await TestClient.connect(`${server.url}/ws1`));
  // From now on the password is remembered: nobody waits for the work of checking it.
  await clients.pop()?.start('user');
  const counter = new TurnCounter();
  const { lines } = server;
  lines.push = (...added: string[]) => {
    if (added.some((line) => line.includes('login user=user'))) counter.note();
    return added.length;
  };
  for (const client of clients) {
    const crypto = encryptLogin('user', 'secret', Buffer.from(client.sid, 'hex'));
    client.send(`C;AUTH;${client.sid};${crypto}`);
  }
  for (const client of clients) assert.match(await client.next(), /^\+;AUTH1/);
  assert.equal(counter.all, CROWD - 1);
  assert.ok(counter.most < MANY, `${counter.most} in one turn`);
});

test('a connection that ends before its turn harms nobody', async (context) => {
  const { port, accepted } = await startServer(context);
  const sockets = await openSockets(context, port);
  for (const socket of sockets) {
    socket.write(rawUpgrade('/ws1'));
    socket.resetAndDestroy();
  }
  const last = connect(port, '127.0.0.1');
  context.after(() => last.destroy());
  last.write(rawUpgrade('/ws1'));
  const [answer] = await once(last, 'data');
  assert.match(String(answer), /^HTTP\/1\.1 101 /);
  assert.ok(accepted.length >= 1);
});

test('the answer to an upgrade and the greeting behind it leave in one write', async (context) => {
  let held: number | undefined;
  const { port } = await startServer(context, {
    hooks: {
      accept: ({ socket }) => {
        held = socket.writableLength;
      },
    },
  });
  assert.match(await upgradeAnswer(port, rawUpgrade('/ws1')), /^HTTP\/1\.1 101 /);
  assert.ok(held !== undefined && held > 0, 'the answer waits for what the session writes');
  const { url } = await memoryServerFor(context);
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  context.after(() => socket.destroy());
  socket.write(rawUpgrade('/ws1'));
  const [piece] = await once(socket, 'data');
  assert.match(String(piece), /^HTTP\/1\.1 101 [\s\S]*\r\n\r\n[\s\S]{2}\+;AUTH0;[0-9A-F]{32}$/);
});
