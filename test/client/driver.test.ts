import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import {
  type ClientOptions,
  LoginError,
  RefusedError,
  VscpClient,
  type VscpEvent,
} from '../../src/client/node.ts';
import { SENSOR, Stage } from '../hmi/stage.ts';

/** The client against the built driver in the C host. */

const PIPELINED = 5000;
const PIPELINE_CLASS = 31;

let stage: Stage;
const clients: VscpClient[] = [];

before(async () => {
  stage = await Stage.start();
});

after(() => stage?.end());

afterEach(() => {
  for (const client of clients.splice(0)) client.disconnect();
});

async function connect(protocol: 'ws1' | 'ws2', options: Partial<ClientOptions> = {}): Promise<VscpClient> {
  const url = `ws://127.0.0.1:${stage.port}/${protocol}`;
  const client = new VscpClient({ url, user: 'admin', password: 'secret', ...options });
  clients.push(client);
  await client.connect();
  return client;
}

function nextEvent(client: VscpClient): Promise<VscpEvent> {
  return new Promise((resolve) => {
    const off = client.on('event', (event) => {
      off();
      resolve(event);
    });
  });
}

for (const protocol of ['ws1', 'ws2'] as const) {
  describe(`the client on ${protocol} and the driver`, () => {
    it('agree on who is in', async () => {
      await connect(protocol);
      await assert.rejects(connect(protocol, { password: 'wrong' }), LoginError);
    });

    it('agree on every field of an event from the host', async () => {
      const client = await connect(protocol);
      await client.open();
      const coming = nextEvent(client);
      const guid = Uint8Array.from({ length: 16 }, (_, i) => 16 * i + i);
      const time = { year: 2026, month: 1, day: 2, hour: 3, minute: 4, second: 5, timestamp: 4294967295 };
      const data = Uint8Array.from({ length: 512 }, (_, i) => i % 256);
      await stage.host.write({ head: 0xe0, vscpClass: 65535, vscpType: 1, obid: 0, guid, data, ...time });
      const event = await coming;
      assert.equal(event.guid, '00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF');
      assert.equal(event.dateTime, '2026-01-02T03:04:05Z');
      assert.deepEqual([event.head, event.vscpClass, event.vscpType], [0xe0, 65535, 1]);
      assert.deepEqual(event.data, data);
    });

    it('agree on every field of an event to the host', async () => {
      const client = await connect(protocol);
      const coming = stage.host.nextEvent(({ vscpClass }) => vscpClass === 1024);
      const time = new Date('2026-01-02T03:04:05Z');
      await client.send({
        vscpClass: 1024,
        vscpType: 7,
        head: 0x20,
        guid: SENSOR,
        data: [0, 255],
        time,
        timestamp: 77,
      });
      const event = await coming;
      assert.deepEqual([event.head & 0xe0, event.vscpType, ...event.data], [0x20, 7, 0, 255]);
      assert.equal(Buffer.from(event.guid).toString('hex').toUpperCase(), SENSOR.replaceAll(':', ''));
    });

    it('agree on filters', async () => {
      const client = await connect(protocol);
      await client.setFilter({ vscpClass: 20, guid: SENSOR });
      await client.open();
      const coming = nextEvent(client);
      await stage.write(10, 6, []);
      await stage.write(20, 3, [], '-');
      await stage.write(20, 4, []);
      assert.equal((await coming).vscpType, 4);
    });

    it(`keep the order of ${PIPELINED} sends that nobody waited for`, async () => {
      const client = await connect(protocol);
      const sends: Promise<void>[] = [];
      for (let i = 0; i < PIPELINED; i += 1) {
        await client.whenWritable();
        sends.push(client.send({ vscpClass: PIPELINE_CLASS, vscpType: 1, data: [i >> 8, i & 255] }));
      }
      const outcomes = await Promise.allSettled(sends);
      const taken = outcomes.flatMap(({ status }, i) => (status === 'fulfilled' ? [i] : []));
      assert.ok(taken.length > PIPELINED / 2);
      for (const i of taken) {
        const { data } = await stage.host.nextEvent(({ vscpClass }) => vscpClass === PIPELINE_CLASS);
        assert.deepEqual([...data], [i >> 8, i & 255]);
      }
      for (const outcome of outcomes) {
        if (outcome.status === 'fulfilled') continue;
        assert.ok(outcome.reason instanceof RefusedError && outcome.reason.retryable);
      }
    });
  });
}

describe('the extensions of the driver', () => {
  it('are told by VERSION and give last values and history', async () => {
    const client = await connect('ws2');
    assert.deepEqual((await client.version()).extensions, [
      'LAST',
      'HISTORY',
      'TOKEN',
      'USERS',
      'PANEL',
      'STATUS',
    ]);
    for (const vscpType of [1, 2, 1]) await stage.write(10, vscpType, [0x60, 5], SENSOR);
    // VSCPWrite returns when the event is queued: a question may overtake it.
    while ((await client.history({ vscpClass: 10, guid: SENSOR })).length < 3);
    const filter = { vscpClass: 10, vscpType: 1, guid: SENSOR };
    assert.equal((await client.last(filter)).length, 1);
    const history = await client.history({ ...filter, limit: 2 });
    assert.deepEqual(
      history.map(({ vscpType, data }) => [vscpType, ...data]),
      [
        [1, 0x60, 5],
        [1, 0x60, 5],
      ],
    );
  });
});

describe('a restart of the driver', () => {
  it('is bridged: the client is back with filter and OPEN', async () => {
    const client = await connect('ws2', { reconnect: { minDelayMs: 50, maxDelayMs: 200 } });
    await client.setFilter({ vscpClass: 20 });
    await client.open();
    const back = new Promise<void>((resolve) =>
      client.on('state', ({ state, reconnects }) => {
        if (state === 'online' && reconnects === 1) resolve();
      }),
    );
    await stage.closeDriver();
    await stage.openDriver();
    await back;
    const coming = nextEvent(client);
    await stage.write(10, 6, []);
    await stage.write(20, 9, []);
    assert.equal((await coming).vscpClass, 20);
  });
});
