import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, afterEach, beforeEach, describe, it } from 'node:test';
import {
  type ClientOptions,
  ConnectError,
  ConnectionLostError,
  LoginError,
  NotConnectedError,
  RefusedError,
  type StateChange,
  TimeoutError,
  TooManySendsError,
  UnsupportedError,
  VscpClient,
  type VscpEvent,
} from '../../src/client/node.ts';
import { fakeEvent } from '../support/fake-events.ts';
import { type FakeServerOptions, FakeVscpServer } from '../support/fake-vscp-server.ts';

const SWITCH_ON = { vscpClass: 30, vscpType: 5, data: [0, 1, 2] };
const FAST_RECONNECT = { minDelayMs: 1, maxDelayMs: 20 };

let server: FakeVscpServer;
let client: VscpClient;
const clients: VscpClient[] = [];

async function start(options: FakeServerOptions = {}): Promise<void> {
  server = await FakeVscpServer.start(options);
}

function makeClient(protocol: 'ws1' | 'ws2', options: Partial<ClientOptions> = {}): VscpClient {
  const made = new VscpClient({
    url: server.url(protocol),
    user: 'admin',
    password: 'secret',
    reconnect: FAST_RECONNECT,
    ...options,
  });
  clients.push(made);
  return made;
}

/** Resolves with the next state change that fits. */
function stateOf(of: VscpClient, wanted: (change: StateChange) => boolean): Promise<StateChange> {
  return new Promise((resolve) => {
    const off = of.on('state', (change) => {
      if (!wanted(change)) return;
      off();
      resolve(change);
    });
  });
}

function nextEvent(of: VscpClient): Promise<VscpEvent> {
  return new Promise((resolve) => {
    const off = of.on('event', (event) => {
      off();
      resolve(event);
    });
  });
}

afterEach(async () => {
  for (const made of clients.splice(0)) made.disconnect();
  await server.close();
});

for (const protocol of ['ws1', 'ws2'] as const) {
  describe(`a client on ${protocol}`, () => {
    beforeEach(async () => {
      await start();
      client = makeClient(protocol);
    });

    it('logs in and tells who it is', async () => {
      await client.connect();
      assert.equal(client.state, 'online');
      assert.equal(client.user?.name, 'admin');
      assert.equal(client.user?.rights, protocol === 'ws1' ? 4294967295 : undefined);
    });

    it('is told that a wrong password was refused, and stays offline', async () => {
      const wrong = makeClient(protocol, { password: 'wrong' });
      await assert.rejects(wrong.connect(), LoginError);
      assert.equal(wrong.state, 'offline');
      assert.equal(server.frames.length, 1);
    });

    it('is told that a wrong key was refused', async () => {
      const wrong = makeClient(protocol, { key: 'A4A86F7D7E119BA3F0CD06881E371B98' });
      await assert.rejects(wrong.connect(), LoginError);
    });

    it('gets each field of an event as the server sent it', async () => {
      await client.connect();
      await client.open();
      const coming = nextEvent(client);
      const sent = fakeEvent({
        head: 0xe0,
        vscpClass: 10,
        vscpType: 6,
        obid: 77,
        timestamp: 4294967295,
        data: [0x88, 0, 255],
      });
      server.publish(sent);
      const { note, ...event } = await coming;
      assert.deepEqual({ ...event, data: [...event.data] }, sent);
    });

    it('sends an event of which the server gets each field', async () => {
      await client.connect();
      await client.open();
      const other = makeClient(protocol === 'ws1' ? 'ws2' : 'ws1');
      await other.connect();
      await other.open();
      const coming = nextEvent(other);
      const time = new Date('2026-01-02T03:04:05.678Z');
      const guid = 'ff:00:ab:0:0:0:0:0:0:0:0:0:0:0:0:1';
      await client.send({
        vscpClass: 65535,
        vscpType: 1,
        head: 0,
        data: Uint8Array.of(1, 255),
        guid,
        time,
        timestamp: 9,
      });
      const { note, data, ...event } = await coming;
      assert.deepEqual([...data], [1, 255]);
      assert.deepEqual(event, {
        head: 0,
        obid: 0,
        dateTime: '2026-01-02T03:04:05Z',
        timestamp: 9,
        vscpClass: 65535,
        vscpType: 1,
        guid: 'FF:00:AB:00:00:00:00:00:00:00:00:00:00:00:00:01',
      });
    });

    it('gets queued events after OPEN and none after CLOSE', async () => {
      await client.connect();
      server.publish(fakeEvent({ vscpClass: 20, vscpType: 1 }));
      const events = client.events();
      await client.open();
      assert.equal((await events.next()).value.vscpType, 1);
      await client.close();
      server.publish(fakeEvent({ vscpClass: 20, vscpType: 2 }));
      await client.clearQueue();
      await client.open();
      server.publish(fakeEvent({ vscpClass: 20, vscpType: 3 }));
      assert.equal((await events.next()).value.vscpType, 3);
    });

    it('gets only what its filter lets through', async () => {
      await client.connect();
      await client.setFilter({ vscpClass: 10, vscpType: 6 });
      await client.open();
      const coming = nextEvent(client);
      server.publish(fakeEvent({ vscpClass: 10, vscpType: 7 }));
      server.publish(fakeEvent({ vscpClass: 10, vscpType: 6 }));
      assert.equal((await coming).vscpType, 6);
    });

    it('matches pipelined replies to their requests in order', async () => {
      await server.close();
      await start({ onEvent: ({ vscpType }) => (vscpType % 2 === 0 ? 0 : 6) });
      const piping = makeClient(protocol, { maxInFlight: 7 });
      await piping.connect();
      const outcomes = await Promise.allSettled(
        Array.from({ length: 100 }, (_, vscpType) => piping.send({ vscpClass: 30, vscpType })),
      );
      outcomes.forEach((outcome, i) => {
        assert.equal(outcome.status, i % 2 === 0 ? 'fulfilled' : 'rejected', `event ${i}`);
      });
    });

    it('restores login, filter and OPEN after a lost connection', async () => {
      await client.connect();
      await client.setFilter({ vscpClass: 20 });
      await client.open();
      const back = stateOf(client, ({ state }) => state === 'online');
      const lost = stateOf(client, ({ state }) => state === 'waiting');
      server.dropClients();
      assert.ok((await lost).error instanceof ConnectionLostError);
      assert.equal((await back).reconnects, 1);
      const coming = nextEvent(client);
      server.publish(fakeEvent({ vscpClass: 10, vscpType: 6 }));
      server.publish(fakeEvent({ vscpClass: 20, vscpType: 9 }));
      assert.equal((await coming).vscpClass, 20);
    });

    it('tells the version of the driver', async () => {
      await client.connect();
      const { version } = await client.version();
      assert.equal(version, '1.2.3-0');
    });
  });
}

describe('requests', () => {
  it('fail at once while there is no connection', async () => {
    await start();
    client = makeClient('ws2');
    await assert.rejects(client.send(SWITCH_ON), NotConnectedError);
    await assert.rejects(client.open(), NotConnectedError);
  });

  it('carry the error number of a negative reply, and whether a retry makes sense', async () => {
    const codes = [3, 6];
    await start({ onEvent: () => codes.shift() ?? 0 });
    client = makeClient('ws2');
    await client.connect();
    await assert.rejects(client.send(SWITCH_ON), (error) => error instanceof RefusedError && error.retryable);
    await assert.rejects(
      client.send(SWITCH_ON),
      (error) => error instanceof RefusedError && error.errorCode === 6 && !error.retryable,
    );
  });

  it('time out; a reply that comes too late is not taken for that of the next request', async () => {
    let held: string | undefined;
    await start({
      swallow: (text) => {
        if (held !== undefined || !text.startsWith('E;')) return false;
        held = text;
        return true;
      },
    });
    client = makeClient('ws1', { timeoutMs: 30 });
    await client.connect();
    await assert.rejects(client.send(SWITCH_ON), TimeoutError);
    const noop = client.noop();
    server.sendRaw('-;EVENT;6;Not allowed to send event.');
    await noop;
    await client.send(SWITCH_ON);
  });

  it('go on when the server never answered an earlier one', async () => {
    await start({ swallow: (text) => text.includes('CLRQ') });
    client = makeClient('ws2', { timeoutMs: 30 });
    await client.connect();
    await assert.rejects(client.clearQueue(), TimeoutError);
    await client.noop();
    await client.send(SWITCH_ON);
  });

  it('under way fail when the connection breaks', async () => {
    await start({ swallow: (text) => text.includes('EVENT') });
    client = makeClient('ws2', { reconnect: false });
    await client.connect();
    const sends = Promise.allSettled([client.send(SWITCH_ON), client.send(SWITCH_ON)]);
    server.dropClients();
    for (const outcome of await sends) {
      assert.ok(outcome.status === 'rejected' && outcome.reason instanceof ConnectionLostError);
    }
  });

  it('beyond the bound of waiting sends are refused, and room is told', async () => {
    const held: string[] = [];
    await start({ swallow: (text) => text.includes('"EVENT"') && held.push(text) > 0 });
    client = makeClient('ws2', { maxInFlight: 2, maxQueuedSends: 3 });
    await client.connect();
    const sends = [1, 2, 3, 4, 5].map(() => client.send(SWITCH_ON));
    await assert.rejects(client.send(SWITCH_ON), TooManySendsError);
    let hasRoom = false;
    const room = client.whenWritable().then(() => {
      hasRoom = true;
    });
    for (const send of sends.slice(0, 3)) {
      server.sendRaw('{"type":"+","command":"EVENT","args":null}');
      await send;
      assert.equal(hasRoom, false);
    }
    server.sendRaw('{"type":"+","command":"EVENT","args":null}');
    await room;
    server.sendRaw('{"type":"+","command":"EVENT","args":null}');
    await sends[4];
  });

  it('with a value out of range never reach the server', async () => {
    await start();
    client = makeClient('ws2');
    await client.connect();
    const before = server.frames.length;
    for (const event of [
      { vscpClass: 65536, vscpType: 0 },
      { vscpClass: 1, vscpType: -1 },
      { vscpClass: 1, vscpType: 1, data: [256] },
      { vscpClass: 1, vscpType: 1, data: new Array(513).fill(0) },
      { vscpClass: 1, vscpType: 1, guid: 'ZZ' },
      { vscpClass: 1, vscpType: 1, time: new Date(Number.NaN) },
    ]) {
      await assert.rejects(client.send(event), { code: 'BAD_INPUT' });
    }
    await assert.rejects(client.setFilter({ priority: 8 }), { code: 'BAD_INPUT' });
    assert.equal(server.frames.length, before);
  });
});

describe('stored events', () => {
  beforeEach(async () => {
    await start();
    for (const vscpType of [1, 2, 3]) server.publish(fakeEvent({ vscpClass: 10, vscpType }));
    server.publish(fakeEvent({ vscpClass: 20, vscpType: 9 }));
  });

  it('come as the last of each kind, filtered', async () => {
    client = makeClient('ws2');
    await client.connect();
    assert.deepEqual((await client.version()).extensions, ['LAST', 'HISTORY']);
    assert.equal((await client.last()).length, 4);
    assert.deepEqual(
      (await client.last({ vscpClass: 10 })).map(({ vscpType }) => vscpType),
      [1, 2, 3],
    );
    assert.ok((await client.last())[0]?.data instanceof Uint8Array);
  });

  it('come as history with a limit', async () => {
    client = makeClient('ws2');
    await client.connect();
    assert.deepEqual(
      (await client.history({ limit: 2 })).map(({ vscpType }) => vscpType),
      [3, 9],
    );
  });

  it('are reported as unsupported by a server without them, and on ws1', async () => {
    await server.close();
    await start({ extensions: false });
    client = makeClient('ws2');
    await client.connect();
    await assert.rejects(client.last(), UnsupportedError);
    const ws1 = makeClient('ws1');
    await ws1.connect();
    await assert.rejects(ws1.history(), UnsupportedError);
  });
});

describe('the event stream', () => {
  it('drops the oldest events of a slow consumer and counts them', async () => {
    await start();
    client = makeClient('ws2');
    await client.connect();
    await client.open();
    const events = client.events({ limit: 3 });
    for (let vscpType = 0; vscpType < 10; vscpType += 1)
      server.publish(fakeEvent({ vscpClass: 20, vscpType }));
    await client.noop();
    assert.equal(events.dropped, 7);
    const got = [];
    for (let i = 0; i < 3; i += 1) got.push((await events.next()).value.vscpType);
    assert.deepEqual(got, [7, 8, 9]);
  });

  it('ends with disconnect and takes no more after a break of the loop', async () => {
    await start();
    client = makeClient('ws2');
    await client.connect();
    await client.open();
    const left = client.events();
    server.publish(fakeEvent({ vscpClass: 20, vscpType: 1 }));
    for await (const event of left) {
      assert.equal(event.vscpType, 1);
      break;
    }
    assert.equal((await left.next()).done, true);
    const waiting = client.events().next();
    client.disconnect();
    assert.equal((await waiting).done, true);
  });
});

describe('the connection', () => {
  it('that never comes about is reported', async () => {
    await start();
    const url = server.url('ws2');
    await server.close();
    client = new VscpClient({ url, user: 'admin', password: 'secret' });
    await assert.rejects(client.connect(), ConnectError);
    assert.equal(client.state, 'offline');
    await start();
  });

  it('to a server that greets nobody ends after the time-out', async () => {
    await start();
    const { createServer } = await import('node:net');
    const silent = createServer((socket) => socket.on('error', () => {})).listen(0, '127.0.0.1');
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
    silent.close();
  });

  it('comes back when a stopped server is started again on its port', async () => {
    await start();
    client = makeClient('ws2');
    await client.connect();
    await client.open();
    const { port } = server;
    const waiting = stateOf(client, ({ state }) => state === 'waiting');
    await server.close();
    await waiting;
    const online = stateOf(client, ({ state }) => state === 'online');
    await start({ port });
    await online;
    const coming = nextEvent(client);
    server.publish(fakeEvent({ vscpClass: 20, vscpType: 9 }));
    assert.equal((await coming).vscpType, 9);
  });

  it('is not sought again after the server has sent the user away', async () => {
    await start();
    client = makeClient('ws2');
    await client.connect();
    const events = client.events();
    const offline = stateOf(client, ({ state }) => state === 'offline');
    server.dropClients(4403);
    assert.ok((await offline).error instanceof LoginError);
    await assert.rejects(events.next(), LoginError);
  });

  it('is not sought again when the login is refused on the way back', async () => {
    const users: Record<string, string> = { admin: 'secret' };
    await start({ users });
    client = makeClient('ws2');
    await client.connect();
    users.admin = 'changed';
    const offline = stateOf(client, ({ state }) => state === 'offline');
    server.dropClients();
    assert.ok((await offline).error instanceof LoginError);
  });

  it('is given up when the server stops answering, and sought anew', async () => {
    let deaf = false;
    await start({ swallow: () => deaf });
    client = makeClient('ws2', { keepAliveMs: 20, timeoutMs: 20 });
    await client.connect();
    const waiting = stateOf(client, ({ state }) => state === 'waiting');
    deaf = true;
    await waiting;
    deaf = false;
    await stateOf(client, ({ state }) => state === 'online');
  });

  it('survives unreadable frames and tells of them', async () => {
    await start();
    client = makeClient('ws2');
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
      server.sendRaw(raw);
    }
    await client.noop();
    assert.equal(reasons.length, 7);
  });

  it('is not resumed after disconnect during a connect', async () => {
    await start();
    client = makeClient('ws2');
    const connecting = client.connect();
    client.disconnect();
    await assert.rejects(connecting);
    assert.equal(client.state, 'offline');
    await client.connect();
    assert.equal(client.state, 'online');
  });
});

after(() => {
  for (const made of clients) made.disconnect();
});
