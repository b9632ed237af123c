import assert from 'node:assert/strict';
import { once } from 'node:events';
import { describe, it } from 'node:test';
import { ConnectError, LoginError, VscpClient } from '../../src/client/node.ts';
import { fakeEvent } from '../support/fake-events.ts';
import { FakeStage, nextEvent, stateOf } from './fake-stage.ts';

const fake = new FakeStage();
let client: VscpClient;

describe('the connection', () => {
  it('that never comes about is reported', async () => {
    await fake.start();
    const url = fake.server.url('ws2');
    await fake.server.close();
    client = new VscpClient({ url, user: 'admin', password: 'secret' });
    await assert.rejects(client.connect(), ConnectError);
    assert.equal(client.state, 'offline');
  });

  it('to a server that greets nobody ends after the time-out', async (context) => {
    await fake.start();
    const { createServer } = await import('node:net');
    const silent = createServer((socket) => socket.on('error', () => {})).listen(0, '127.0.0.1');
    context.after(() => silent.close());
    await once(silent, 'listening');
    const address = silent.address();
    assert.ok(typeof address === 'object' && address);
    client = new VscpClient({
      url: `ws://127.0.0.1:${address.port}/ws2`,
      user: 'a',
      password: 'b',
      connectTimeoutMs: 30,
    });
    await assert.rejects(client.connect(), ConnectError);
  });

  it('comes back when a stopped server is started again on its port', async () => {
    await fake.start();
    client = fake.client('ws2');
    await client.connect();
    await client.open();
    const { port } = fake.server;
    const waiting = stateOf(client, ({ state }) => state === 'waiting');
    await fake.server.close();
    await waiting;
    const online = stateOf(client, ({ state }) => state === 'online');
    await fake.start({ port });
    await online;
    const coming = nextEvent(client);
    fake.server.publish(fakeEvent({ vscpClass: 20, vscpType: 9 }));
    assert.equal((await coming).vscpType, 9);
  });

  it('comes back to a server that has moved, as soon as somebody tells where it is', async () => {
    await fake.start();
    let found: () => string | undefined = () => undefined;
    client = fake.client('ws2', { findUrl: async () => found() });
    await client.connect();
    const old = client.url;
    const failed = stateOf(
      client,
      ({ state, error }) => state === 'waiting' && error instanceof ConnectError,
    );
    await fake.start();
    await failed;
    assert.equal(client.url, old);
    const trouble = new Promise((resolve) => client?.on('error', resolve));
    found = () => {
      throw new Error('nobody knows');
    };
    await trouble;
    const online = stateOf(client, ({ state }) => state === 'online');
    found = () => fake.server.url('ws2');
    await online;
    assert.equal(client.url, fake.server.url('ws2'));
  });

  it('is not sought again after the server has sent the user away', async () => {
    await fake.start();
    client = fake.client('ws2');
    await client.connect();
    const events = client.events();
    const offline = stateOf(client, ({ state }) => state === 'offline');
    fake.server.dropClients(4403);
    assert.ok((await offline).error instanceof LoginError);
    await assert.rejects(events.next(), LoginError);
  });

  it('is not sought again when the login is refused on the way back', async () => {
    const users: Record<string, string> = { admin: 'secret' };
    await fake.start({ users });
    client = fake.client('ws2');
    await client.connect();
    users.admin = 'changed';
    const offline = stateOf(client, ({ state }) => state === 'offline');
    fake.server.dropClients();
    assert.ok((await offline).error instanceof LoginError);
  });

  it('is given up when the server stops answering, and sought anew', async () => {
    let deaf = false;
    await fake.start({ swallow: () => deaf });
    client = fake.client('ws2', { keepAliveMs: 20, timeoutMs: 1000 });
    await client.connect();
    const waiting = stateOf(client, ({ state }) => state === 'waiting');
    deaf = true;
    await waiting;
    deaf = false;
    await stateOf(client, ({ state }) => state === 'online');
  });

  it('is asked for after a sleep: a living one stays, a dead one is given up and sought anew', async () => {
    let deaf = false;
    await fake.start({ swallow: () => deaf });
    client = fake.client('ws2', { keepAliveMs: 0 });
    await client.connect();
    assert.equal(await client.probe(5_000), true);
    deaf = true;
    const back = stateOf(client, ({ state, reconnects }) => state === 'online' && reconnects === 1);
    assert.equal(await client.probe(50), false);
    deaf = false;
    await back;
    client.disconnect();
    assert.equal(await client.probe(50), false);
    assert.equal(client.state, 'offline');
  });

  it('survives unreadable frames and tells of them', async () => {
    await fake.start();
    client = fake.client('ws2');
    await client.connect();
    const reasons: string[] = [];
    client.on('error', ({ message }) => reasons.push(message));
    for (const raw of [
      '',
      '{',
      'null',
      '[]',
      '{"type":"EVENT"}',
      '{"type":"EVENT","event":{"vscpClass":"x"}}',
      '{"type":1}',
    ]) {
      fake.server.sendRaw(raw);
    }
    await client.noop();
    assert.equal(reasons.length, 7);
  });

  it('is not resumed after disconnect during a connect', async () => {
    await fake.start();
    client = fake.client('ws2');
    const connecting = client.connect();
    client.disconnect();
    await assert.rejects(connecting);
    assert.equal(client.state, 'offline');
    await client.connect();
    assert.equal(client.state, 'online');
  });
});
