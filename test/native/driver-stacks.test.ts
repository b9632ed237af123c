import assert from 'node:assert/strict';
import { test } from 'node:test';
import { COMMAND_CLASS } from '../support/echo-commands.ts';
import { echoLibrary, report, tell, withEchoHost } from '../support/echo-host.ts';
import type { NativeHost } from '../support/native-host.ts';
import { stretched } from '../support/time-factor.ts';

const NEW_LAYOUT = { eventLayout: '2026' } as const;

async function openSlots(host: NativeHost, count: number): Promise<void> {
  for (let slot = 0; slot < count; slot++) {
    await host.load(echoLibrary(), slot);
    assert.ok((await host.open(NEW_LAYOUT, { slot })).handle > 0);
  }
}

test('four handles opened and closed leave less than 16 MB of thread stacks behind', async () => {
  await withEchoHost({ noReader: true }, async (host) => {
    const stacksKb = async (): Promise<number> => Number((await host.request('usage')).stacksKb);
    // Threads that stay for good come with the first; some of them a little later, on a slow machine.
    await host.open(NEW_LAYOUT);
    await host.close();
    await host.open(NEW_LAYOUT);
    const openKb = await stacksKb();
    await host.close();
    const closedKb = await stacksKb();
    assert.ok(closedKb > 0 && closedKb === openKb, 'the C library keeps the stack of an ended thread');
    await openSlots(host, 4);
    for (let slot = 0; slot < 4; slot++) await host.close(slot);
    const leftByThreeKb = (await stacksKb()) - closedKb;
    assert.ok(leftByThreeKb > 0, 'three more stacks are seen');
    assert.ok((leftByThreeKb / 3) * 4 < 16 * 1024, `three more handles left ${leftByThreeKb} kB`);
  });
});

/** glibc keeps 40 MB of ended threads' stacks; the host's own, of 8 MB each, take 24 and 32 of them. */
const HOSTS = [
  { what: 'three entries with a reading thread each', slots: 3 },
  { what: 'two entries with a reading and a writing thread each', slots: 2, profile: 'v14' },
] as const;

for (const { what, slots, ...options } of HOSTS) {
  test(`a host that joins its ended threads a second time lives (${what})`, async () => {
    await withEchoHost({ joinTwice: true, ...options }, async (host) => {
      await openSlots(host, slots);
      assert.deepEqual(await host.end(), { code: 0, signal: null }, host.stderr);
    });
  });
}

const OUTCOMES = {
  call: 'RangeError',
  parse: 'SyntaxError',
  stringify: 'RangeError',
  sort: 'RangeError',
  expression: 'returned',
  source: 'RangeError',
  native: 'RangeError',
};

test('recursion without end, in JavaScript and in native code, is an exception and the runtime serves on', async () => {
  await withEchoHost({}, async (host) => {
    await host.open(NEW_LAYOUT);
    await tell(host, 'recurse');
    const answer = await host.nextEvent((event) => event.vscpClass === COMMAND_CLASS, {
      timeoutMs: stretched(60_000),
    });
    assert.deepEqual(JSON.parse(Buffer.from(answer.data).toString('utf8')), OUTCOMES);
    assert.equal((await report(host)).restartReason, undefined);
  });
});
