import assert from 'node:assert/strict';
import type { DriverEvent } from '../../src/vscp/event.ts';
import { parseEventText } from '../../src/vscp/event-text.ts';
import type { BackendServer } from '../support/backend.ts';
import { readUsers } from '../support/conformance-runner.ts';
import { makeEvent } from '../support/events.ts';
import type { TestClient } from '../support/ws-client.ts';
import { connectAs, connectOpen, type Scenario } from './scenario.ts';

/** A client's request for an event told apart by its type. */
function eventRequest(type: number): string {
  return `E;0,10,${type},0,2026-01-02T03:04:05Z,9,-`;
}

function typeOf(frame: string): number {
  const text = frame.startsWith('E;') ? parseEventText(frame, 2) : undefined;
  return text?.ok ? text.value.vscpType : Number(/"vscpType":(\d+)/.exec(frame)?.[1] ?? -1);
}

/** The next event of a client, told by its type. */
async function nextType(client: TestClient): Promise<number> {
  return typeOf(await client.next());
}

/** The types of a client's events up to that one. */
async function typesUntil(client: TestClient, last: number): Promise<number[]> {
  const types = [await nextType(client)];
  while (types.at(-1) !== last) types.push(await nextType(client));
  return types;
}

/** An echo is known for 5 s; less what a busy machine may take between the clocks of test and driver. */
const ECHO_KNOWN_MS = 4000;
const MAX_TRIES = 20;

/**
 * A client's event, its echoes (once with another time) and one more event of the host, until all have come within
 * the time in which the driver knows an echo: what a busy machine did later says nothing.
 * @returns the event as the host read it, and the types that each client got
 */
async function echoInTime(
  server: BackendServer,
  sender: TestClient,
  clients: readonly TestClient[],
): Promise<{ read: DriverEvent; seen: number[][] }> {
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    const sinceMs = performance.now();
    assert.equal(await sender.ask(`E;96,10,1,0,2026-01-02T03:04:05Z,9,-,1,2,${tries}`), '+;EVENT');
    const read = await server.nextRead();
    const changed: Partial<DriverEvent> = { head: 0, year: 2025, hour: 23, second: 59, timestamp: 1 };
    await server.write({ ...read, ...changed });
    await server.write({ ...read });
    await server.write({ ...read, vscpType: 2 });
    const seen = await Promise.all(clients.map((client) => typesUntil(client, 2)));
    if (performance.now() - sinceMs < ECHO_KNOWN_MS) return { read, seen };
  }
  throw new Error(`no echo within ${ECHO_KNOWN_MS} ms in ${MAX_TRIES} tries`);
}

/** The ways of events between the host and several clients. */
export const EVENT_SCENARIOS: readonly Scenario[] = [
  {
    title: 'an event of the host that equals one a client sent is its echo and reaches nobody a second time',
    profile: 'usual',
    run: async (server) => {
      const sender = await connectOpen(server, 'ws1');
      const others = [await connectOpen(server, 'ws1'), await connectOpen(server, 'ws2')];
      const clients = [sender, ...others];
      const { read, seen } = await echoInTime(server, sender, clients);
      assert.deepEqual(seen, [[2], [1, 2], [1, 2]], 'once, then the next');
      // What differs in data, GUID, class, type or obid is no echo.
      await server.write({ ...read, vscpType: 3, data: Uint8Array.from([1, 2, 4]) });
      await server.write({ ...read, vscpType: 1, obid: (read.obid ^ 0x40000000) >>> 0 });
      for (const client of clients) {
        assert.deepEqual([await nextType(client), await nextType(client)], [3, 1]);
        assert.deepEqual(await client.settle(), []);
        client.ws.terminate();
      }
    },
  },
  {
    title: 'a thousand events sent without waiting arrive at the host and at the others, in order',
    profile: 'usual',
    run: async (server) => {
      const count = 1000;
      const sender = await connectAs(server, 'ws1', 'admin');
      const others = [await connectOpen(server, 'ws1'), await connectOpen(server, 'ws2')];
      for (let type = 1; type <= count; type++) sender.send(eventRequest(type));
      for (let type = 1; type <= count; type++) {
        assert.equal((await server.nextRead()).vscpType, type);
        for (const other of others) assert.equal(await nextType(other), type);
      }
      for (let type = 1; type <= count; type++) assert.equal(await sender.next(), '+;EVENT');
      for (const client of [sender, ...others]) client.ws.terminate();
    },
  },
  {
    title: 'sessions number the events they send; the number is in 31 bits and differs',
    profile: 'usual',
    run: async (server) => {
      const numbers: number[] = [];
      for (const protocol of ['ws1', 'ws2'] as const) {
        const client = await connectAs(server, protocol, 'admin');
        client.send(protocol === 'ws1' ? eventRequest(1) : { type: 'EVENT', event: { class: 10, type: 1 } });
        const { obid, guid } = await server.nextRead();
        assert.ok(obid > 0 && obid <= 0x7fffffff);
        assert.deepEqual([...guid.slice(14)], [(obid >> 8) & 0xff, obid & 0xff]);
        assert.deepEqual(guid.slice(0, 14), Uint8Array.from(server.driverGuid).slice(0, 14));
        numbers.push(obid);
        client.ws.terminate();
      }
      assert.notEqual(numbers[0], numbers[1]);
    },
  },
  {
    title: 'a nanosecond event of a client reaches a classic host with date and microseconds',
    profile: 'usual',
    run: async (server, backend) => {
      if (backend.layouts.has('2026')) return;
      const client = await connectAs(server, 'ws1', 'admin');
      assert.equal(await client.ask('E;0x1E0,10,6,0,,1767323045123456789,-'), '+;EVENT');
      const { head, year, month, day, hour, minute, second, timestamp } = await server.nextRead();
      assert.deepEqual([head, year, month, day, hour, minute, second], [0xe0, 2026, 1, 2, 3, 4, 5]);
      assert.equal(timestamp, Number(1767323045123456n % 0x1_0000_0000n));
      client.ws.terminate();
    },
  },
  {
    title: 'users are removed and changed while they are logged in',
    profile: 'usual',
    run: async (server) => {
      const clients = {
        removed: await connectOpen(server, 'ws1', 'wrong1'),
        removedToo: await connectOpen(server, 'ws2', 'wrong2'),
        changed: await connectOpen(server, 'ws1', 'level1'),
        kept: await connectOpen(server, 'ws2', 'admin'),
      };
      const left = readUsers().filter((user) => !/"wrong[12]"/.test(JSON.stringify(user)));
      const users = left.map((user) => {
        const { name } = user as { name: string };
        return name === 'level1' ? { ...user, rights: 'ws,receive-events' } : user;
      });
      await server.setUsers(users);
      assert.equal((await clients.removed.closed).code, 4403);
      assert.equal((await clients.removedToo.closed).code, 4403);
      await server.write(makeEvent({ vscpType: 77 }));
      assert.equal(await nextType(clients.kept), 77);
      assert.equal(await nextType(clients.changed), 77);
      assert.equal(await clients.changed.ask(eventRequest(1)), '-;EVENT;6;Not allowed to send event.');
      await server.setUsers(readUsers());
      for (const client of Object.values(clients)) client.ws.terminate();
    },
  },
  {
    title: 'a host that does not read: error 3, nobody gets the event, nothing is lost, and a retry succeeds',
    // Without the short ping interval of `limits`, which ends clients of a machine that is busy for a second.
    profile: 'small-queue',
    run: async (server) => {
      const sender = await connectAs(server, 'ws1', 'admin');
      const other = await connectOpen(server, 'ws2');
      await server.setReading(false);
      let taken = 0;
      let reply = await sender.ask(eventRequest(taken + 1));
      while (reply === '+;EVENT') {
        taken++;
        assert.ok(taken < 100_000, 'the queue has no bound');
        reply = await sender.ask(eventRequest(taken + 1));
      }
      assert.equal(reply, '-;EVENT;3;Transmit buffer full.');
      assert.ok(taken >= 4);
      await server.setReading(true);
      for (let type = 1; type <= taken; type++) assert.equal((await server.nextRead()).vscpType, type);
      for (;;) {
        reply = await sender.ask(eventRequest(taken + 1));
        if (reply === '+;EVENT') break;
        assert.equal(reply, '-;EVENT;3;Transmit buffer full.');
      }
      assert.equal((await server.nextRead()).vscpType, taken + 1);
      for (let type = 1; type <= taken + 1; type++) assert.equal(await nextType(other), type);
      assert.deepEqual(await other.settle(), []);
      for (const client of [sender, other]) client.ws.terminate();
    },
  },
];
