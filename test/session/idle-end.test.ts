import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Outbox } from '../../src/delivery/outbox.ts';
import { Housekeeping } from '../../src/session/housekeeping.ts';
import { HttpChannel } from '../../src/session/http-client.ts';
import { Session } from '../../src/session/session.ts';
import { createServerStats } from '../../src/session/stats.ts';
import { LogKeeper } from '../http/support/http-fixture.ts';

test('a session with an idle end is ended then, not before, and never for want of pongs', () => {
  let nowMs = 1000;
  const channel = new HttpChannel();
  const ends: number[] = [];
  channel.onClosed = (code) => ends.push(code);
  const stats = createServerStats();
  const outbox = new Outbox({
    socket: {
      writable: false,
      writableLength: 0,
      writableCorked: 0,
      cork() {},
      uncork() {},
      write: () => false,
    },
    isOpen: () => channel.readyState === channel.OPEN,
    maxEvents: 10,
    maxBytes: 1000,
    nowMs: () => nowMs,
    counters: stats,
    onDrained: () => undefined,
  });
  const connection = { protocol: 'rest', remoteAddress: '127.0.0.1', ws: channel } as const;
  // Frames are not built here: nothing is handed out to it.
  const session = new Session({ number: 1, connection, frames: undefined as never, outbox, nowMs });
  const housekeeping = new Housekeeping({
    sessions: [session],
    stats,
    log: new LogKeeper(),
    authTimeoutMs: 1e9,
    sessionMaxAgeMs: 0,
    pingIntervalMs: 100,
    slowClientTimeoutMs: 100,
    nowMs: () => nowMs,
  });
  try {
    session.idleEndMs = nowMs + 600_000;
    for (const laterMs of [599_999, 1]) {
      for (let round = 0; round < 5; round++) housekeeping.tick();
      assert.deepEqual(ends, []);
      nowMs += laterMs;
    }
    housekeeping.tick();
    assert.deepEqual(ends, [4401]);
  } finally {
    housekeeping.stop();
  }
});
