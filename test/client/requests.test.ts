import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  ConnectionLostError,
  NotConnectedError,
  RefusedError,
  TimeoutError,
  TooManySendsError,
  type VscpClient,
} from '../../src/client/node.ts';
import { FakeStage, SWITCH_ON } from './fake-stage.ts';

const fake = new FakeStage();
let client: VscpClient;

describe('requests', () => {
  it('fail at once while there is no connection', async () => {
    await fake.start();
    client = fake.client('ws2');
    await assert.rejects(client.send(SWITCH_ON), NotConnectedError);
    await assert.rejects(client.open(), NotConnectedError);
  });

  it('carry the error number of a negative reply, and whether a retry makes sense', async () => {
    const codes = [3, 6];
    await fake.start({ onEvent: () => codes.shift() ?? 0 });
    client = fake.client('ws2');
    await client.connect();
    await assert.rejects(client.send(SWITCH_ON), (error) => error instanceof RefusedError && error.retryable);
    await assert.rejects(
      client.send(SWITCH_ON),
      (error) => error instanceof RefusedError && error.errorCode === 6 && !error.retryable,
    );
  });

  it('time out; a reply that comes too late is not taken for that of the next request', async () => {
    let held: string | undefined;
    await fake.start({
      swallow: (text) => {
        if (held !== undefined || !text.startsWith('E;')) return false;
        held = text;
        return true;
      },
    });
    client = fake.client('ws1', { timeoutMs: 1000 });
    await client.connect();
    await assert.rejects(client.send(SWITCH_ON), TimeoutError);
    const noop = client.noop();
    fake.server.sendRaw('-;EVENT;6;Not allowed to send event.');
    await noop;
    await client.send(SWITCH_ON);
  });

  it('go on when the server never answered an earlier one', async () => {
    await fake.start({ swallow: (text) => text.includes('CLRQ') });
    client = fake.client('ws2', { timeoutMs: 1000 });
    await client.connect();
    await assert.rejects(client.clearQueue(), TimeoutError);
    await client.noop();
    await client.send(SWITCH_ON);
  });

  it('under way fail when the connection breaks', async () => {
    await fake.start({ swallow: (text) => text.includes('EVENT') });
    client = fake.client('ws2', { reconnect: false });
    await client.connect();
    const sends = Promise.allSettled([client.send(SWITCH_ON), client.send(SWITCH_ON)]);
    fake.server.dropClients();
    for (const outcome of await sends) {
      assert.ok(outcome.status === 'rejected' && outcome.reason instanceof ConnectionLostError);
    }
  });

  it('beyond the bound of waiting sends are refused, and room is told', async () => {
    const held: string[] = [];
    await fake.start({ swallow: (text) => text.includes('"EVENT"') && held.push(text) > 0 });
    client = fake.client('ws2', { maxInFlight: 2, maxQueuedSends: 3 });
    await client.connect();
    const sends = [1, 2, 3, 4, 5].map(() => client.send(SWITCH_ON));
    await assert.rejects(client.send(SWITCH_ON), TooManySendsError);
    let hasRoom = false;
    const room = client.whenWritable().then(() => {
      hasRoom = true;
    });
    for (const send of sends.slice(0, 3)) {
      fake.server.sendRaw('{"type":"+","command":"EVENT","args":null}');
      await send;
      assert.equal(hasRoom, false);
    }
    fake.server.sendRaw('{"type":"+","command":"EVENT","args":null}');
    await room;
    fake.server.sendRaw('{"type":"+","command":"EVENT","args":null}');
    await sends[4];
  });

  it('with a value out of range never reach the server', async () => {
    await fake.start();
    client = fake.client('ws2');
    await client.connect();
    const before = fake.server.frames.length;
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
    assert.equal(fake.server.frames.length, before);
  });
});
