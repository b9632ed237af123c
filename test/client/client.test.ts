import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { ConnectionLostError, LoginError, UnsupportedError, type VscpClient } from '../../src/client/node.ts';
import { fakeEvent } from '../support/fake-events.ts';
import { FakeStage, nextEvent, stateOf } from './fake-stage.ts';

const fake = new FakeStage();
let client: VscpClient;

for (const protocol of ['ws1', 'ws2'] as const) {
  describe(`a client on ${protocol}`, () => {
    beforeEach(async () => {
      await fake.start();
      client = fake.client(protocol);
    });

    it('logs in and tells who it is', async () => {
      await client.connect();
      assert.equal(client.state, 'online');
      assert.equal(client.user?.name, 'admin');
      assert.equal(client.user?.rights, protocol === 'ws1' ? 4294967295 : undefined);
    });

    it('sends no login when it is disconnected while it connects', async () => {
      for (const wait of [async () => {}, () => new Promise((resolve) => setImmediate(resolve))]) {
        const early = fake.client(protocol);
        const framesBefore = fake.server.frames.length;
        const connecting = early.connect();
        await wait();
        early.disconnect();
        await assert.rejects(connecting);
        assert.equal(early.state, 'offline');
        await client.connect();
        client.disconnect();
        // That of the client that came behind: its reply shows that nothing else is on its way.
        assert.equal(fake.server.frames.length, framesBefore + 1);
      }
    });

    it('is told that a wrong password was refused, and stays offline', async () => {
      const wrong = fake.client(protocol, { password: 'wrong' });
      await assert.rejects(wrong.connect(), LoginError);
      assert.equal(wrong.state, 'offline');
      const words = fake.server.frames.map((frame) => /AUTH|VERSION/.exec(frame)?.[0]);
      assert.deepEqual(
        words,
        protocol === 'ws1' ? ['AUTH'] : ['AUTH', 'VERSION'],
        'asks which key it is, and logs in once',
      );
    });

    it('is told that a wrong key was refused', async () => {
      const wrong = fake.client(protocol, { key: 'A4A86F7D7E119BA3F0CD06881E371B98' });
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
      fake.server.publish(sent);
      const { note, ...event } = await coming;
      assert.deepEqual({ ...event, data: [...event.data] }, sent);
    });

    it('sends an event of which the server gets each field', async () => {
      await client.connect();
      await client.open();
      const other = fake.client(protocol === 'ws1' ? 'ws2' : 'ws1');
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
      fake.server.publish(fakeEvent({ vscpClass: 20, vscpType: 1 }));
      const events = client.events();
      await client.open();
      assert.equal((await events.next()).value.vscpType, 1);
      await client.close();
      fake.server.publish(fakeEvent({ vscpClass: 20, vscpType: 2 }));
      await client.clearQueue();
      await client.open();
      fake.server.publish(fakeEvent({ vscpClass: 20, vscpType: 3 }));
      assert.equal((await events.next()).value.vscpType, 3);
    });

    it('gets only what its filter lets through', async () => {
      await client.connect();
      await client.setFilter({ vscpClass: 10, vscpType: 6 });
      await client.open();
      const coming = nextEvent(client);
      fake.server.publish(fakeEvent({ vscpClass: 10, vscpType: 7 }));
      fake.server.publish(fakeEvent({ vscpClass: 10, vscpType: 6 }));
      assert.equal((await coming).vscpType, 6);
    });

    it('matches pipelined replies to their requests in order', async () => {
      await fake.start({ onEvent: ({ vscpType }) => (vscpType % 2 === 0 ? 0 : 6) });
      const piping = fake.client(protocol, { maxInFlight: 7 });
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
      fake.server.dropClients();
      assert.ok((await lost).error instanceof ConnectionLostError);
      assert.equal((await back).reconnects, 1);
      const coming = nextEvent(client);
      fake.server.publish(fakeEvent({ vscpClass: 10, vscpType: 6 }));
      fake.server.publish(fakeEvent({ vscpClass: 20, vscpType: 9 }));
      assert.equal((await coming).vscpClass, 20);
    });

    it('tells the version of the driver', async () => {
      await client.connect();
      const { version } = await client.version();
      assert.equal(version, '1.2.3-0');
    });
  });
}

describe('stored events', () => {
  beforeEach(async () => {
    await fake.start();
    for (const vscpType of [1, 2, 3]) fake.server.publish(fakeEvent({ vscpClass: 10, vscpType }));
    fake.server.publish(fakeEvent({ vscpClass: 20, vscpType: 9 }));
  });

  it('come as the last of each kind, filtered', async () => {
    client = fake.client('ws2');
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
    client = fake.client('ws2');
    await client.connect();
    assert.deepEqual(
      (await client.history({ limit: 2 })).map(({ vscpType }) => vscpType),
      [3, 9],
    );
  });

  it('are reported as unsupported by a server without them, and on ws1', async () => {
    await fake.start({ extensions: false });
    client = fake.client('ws2');
    await client.connect();
    await assert.rejects(client.last(), UnsupportedError);
    const ws1 = fake.client('ws1');
    await ws1.connect();
    await assert.rejects(ws1.history(), UnsupportedError);
  });
});

describe('the event stream', () => {
  it('drops the oldest events of a slow consumer and counts them', async () => {
    await fake.start();
    client = fake.client('ws2');
    await client.connect();
    await client.open();
    const events = client.events({ limit: 3 });
    for (let vscpType = 0; vscpType < 10; vscpType += 1)
      fake.server.publish(fakeEvent({ vscpClass: 20, vscpType }));
    await client.noop();
    assert.equal(events.dropped, 7);
    const got = [];
    for (let i = 0; i < 3; i += 1) got.push((await events.next()).value.vscpType);
    assert.deepEqual(got, [7, 8, 9]);
  });

  it('ends with disconnect and takes no more after a break of the loop', async () => {
    await fake.start();
    client = fake.client('ws2');
    await client.connect();
    await client.open();
    const left = client.events();
    fake.server.publish(fakeEvent({ vscpClass: 20, vscpType: 1 }));
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
