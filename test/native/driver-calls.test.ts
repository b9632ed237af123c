import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { echoLibrary, pause, report, tell, withEchoHost } from '../support/echo-host.ts';
import { NativeHost } from '../support/native-host.ts';
import { stretched } from '../support/time-factor.ts';

const NEW_LAYOUT = { eventLayout: '2026' } as const;

test('VSCPRead waits for its time-out and returns 32', async () => {
  await withEchoHost({}, async (host) => {
    await host.open(NEW_LAYOUT);
    await host.request('read 0 off');
    for (const timeoutMs of [1, 50, 300]) {
      const reply = await host.request(`raw 0 read self ${timeoutMs}`);
      assert.equal(reply.code, 32);
      assert.ok(Number(reply.ms) >= timeoutMs, `returned after ${reply.ms} ms`);
    }
  });
});

test('VSCPRead with a long time-out returns as soon as an event comes', async () => {
  await withEchoHost({}, async (host) => {
    await host.open(NEW_LAYOUT);
    await host.request('read 0 off');
    const waiting = host.request('&raw 0 read self 60000');
    await host.write({ vscpType: 42 });
    const reply = await waiting;
    assert.equal(reply.code, 0);
    assert.equal((reply.event as { type: number }).type, 42);
  });
});

for (const size of [1, 5, 64]) {
  test(`a queue towards the driver of ${size} takes exactly ${size} events, then VSCPWrite returns 9 after its time-out`, async () => {
    await withEchoHost({}, async (host) => {
      await host.open({ ...NEW_LAYOUT, maxIncomingQueueSize: size, sink: true });
      await pause(host);
      let refused = await host.write({}, { timeoutMs: 2000 });
      let accepted = 0;
      for (; refused.code === 0; accepted++) refused = await host.write({}, { timeoutMs: 100 });
      assert.equal(accepted, size);
      assert.equal(refused.code, 9);
      assert.ok(refused.ms >= 100 && refused.ms < stretched(5000), `${refused.ms} ms`);
    });
  });
}

test('a VSCPWrite that waits for room goes on when the driver takes events again', async () => {
  await withEchoHost({}, async (host) => {
    await host.open({ ...NEW_LAYOUT, maxIncomingQueueSize: 2, sink: true });
    await pause(host, 50);
    const results = [];
    for (let i = 0; i < 4; i++) results.push(await host.write({}, { timeoutMs: 0 }));
    assert.deepEqual(
      results.map((result) => result.code),
      [0, 0, 0, 0],
    );
    assert.ok(
      results.some((result) => result.ms > stretched(50)),
      'nothing had to wait',
    );
    assert.equal((await report(host)).received, 6);
  });
});

test('events sent beyond the queue towards the host are refused to the driver, none is lost unseen', async () => {
  await withEchoHost({}, async (host) => {
    await host.open({ ...NEW_LAYOUT, maxOutgoingQueueSize: 10 });
    await host.request('read 0 off');
    for (let i = 0; i < 25; i++) assert.equal((await host.write({})).code, 0);
    await tell(host, 'say');
    await host.stderrMatch(/said/);
    await host.request('mode 0 count');
    await host.request('read 0 on');
    // The answer to the report has to find room.
    while (Number((await host.request('counts 0')).events) < 10);
    await host.request('mode 0 print');
    const { refused, received } = await report(host);
    assert.equal(received, 27);
    assert.equal(refused, 15);
  });
});

test('a flood goes through in order and complete', async () => {
  await withEchoHost({}, async (host) => {
    await host.open({ ...NEW_LAYOUT, maxOutgoingQueueSize: 100_000 });
    await host.request('mode 0 count');
    const flood = await host.request('flood 0 50000 size=16 retry=1 timeout=5000');
    assert.equal(flood.accepted, 50000);
    await host.request('mode 0 print');
    const { received, refused } = await report(host);
    assert.equal(received, 50001);
    assert.equal(refused, 0);
    assert.equal(Number((await host.request('counts 0')).events), 50001);
  });
});

test('handles that are not ours get 41 at once', async () => {
  await withEchoHost({}, async (host) => {
    const handles = ['0', '-1', '1', '1681', '2147483647', '-9223372036854775808', '9223372036854775807'];
    const expectInvalid = async () => {
      for (const handle of handles) {
        for (const call of ['write', 'read', 'close']) {
          const reply = await host.request(`raw 0 ${call} ${handle} 5000`);
          assert.equal(reply.code, 41, `${call} of ${handle}`);
          assert.ok(Number(reply.ms) < 1000);
        }
      }
    };
    await expectInvalid();
    const { handle } = await host.open(NEW_LAYOUT);
    await expectInvalid();
    handles.push(String(handle));
    assert.equal((await host.close()).code, 0);
    await expectInvalid();
  });
});

test('VSCPClose releases threads that wait in VSCPWrite and VSCPRead for ever: they get 41', async () => {
  await withEchoHost({}, async (host) => {
    await host.open({ ...NEW_LAYOUT, maxIncomingQueueSize: 1, sink: true });
    await pause(host);
    await host.request('read 0 off');
    while ((await host.write({}, { timeoutMs: 200 })).code === 0);
    const inside = [
      host.request('&raw 0 write self 0'),
      host.request('&raw 0 write self 100000'),
      host.request('&raw 0 read self 0'),
      host.request('&raw 0 read self 100000'),
    ];
    await host.request('usage');
    const closed = await host.request('raw 0 close self 0');
    assert.equal(closed.code, 0);
    assert.ok(Number(closed.ms) < 2000);
    for (const reply of await Promise.all(inside)) assert.equal(reply.code, 41);
  });
});

for (const layout of ['classic', '2026'] as const) {
  test(`a ${layout} host as version 14: VSCPClose while reader and writer are inside, several times over`, async () => {
    await withEchoHost({ layout, profile: 'v14' }, async (host) => {
      for (let round = 0; round < 5; round++) {
        await host.open({ eventLayout: layout, maxIncomingQueueSize: 1, sink: true });
        await tell(host, 'pause');
        await host.nextEvent((event) => event.vscpClass === 65535);
        // The queue is full from here on: this one is offered again and again, 300 ms each time.
        const write = { vscpType: round, data: new Uint8Array(400) };
        assert.equal((await host.write(write)).code, 0);
        const waiting = host.request(`&write 0 0 class=10 type=6 data=${'ab'.repeat(400)}`);
        await new Promise((resolve) => setTimeout(resolve, 400));
        const closed = await host.close();
        assert.equal(closed.code, 0);
        assert.ok(closed.ms < stretched(2500), `${closed.ms} ms`);
        assert.equal((await waiting).code, 41);
      }
      const { failed, damaged } = await host.request('counts 0');
      assert.equal(damaged, 0, 'crc or memory behind the struct was written');
      assert.ok(Number(failed) > 0, 'the reader was inside or came once more');
      assert.deepEqual(await host.end(), { code: 0, signal: null });
    });
  });
}

test('calls keep coming during and after VSCPClose and get 41, three threads at once', async () => {
  await withEchoHost({}, async (host) => {
    const { handle } = await host.open({ ...NEW_LAYOUT, closeDelayMs: 200 });
    const flood = host.request('&flood 0 100000000 size=8 timeout=10');
    const closing = host.request('&raw 0 close self 0');
    assert.equal((await closing).code, 0);
    assert.equal((await flood).lastCode, 41);
    for (const call of ['close', 'write', 'read']) {
      assert.equal((await host.request(`raw 0 ${call} ${handle} 0`)).code, 41);
    }
  });
});

test('two handles of one library are opened concurrently and know only their own events', async () => {
  await withEchoHost({}, async (host) => {
    await host.load(echoLibrary(), 1);
    const opened = await Promise.all([
      host.open(NEW_LAYOUT, { slot: 0, guid: '00'.repeat(15).concat('01'), background: true }),
      host.open(NEW_LAYOUT, { slot: 1, guid: '00'.repeat(15).concat('02'), background: true }),
    ]);
    assert.notEqual(opened[0]?.handle, opened[1]?.handle);
    await host.write({ vscpType: 100 }, { slot: 0 });
    await host.write({ vscpType: 200 }, { slot: 1 });
    assert.equal((await host.nextEvent(undefined, { slot: 0 })).vscpType, 100);
    assert.equal((await host.nextEvent(undefined, { slot: 1 })).vscpType, 200);
    assert.equal((await report(host, 0)).guid, '00'.repeat(15).concat('01'));
    assert.equal((await report(host, 1)).guid, '00'.repeat(15).concat('02'));
    assert.equal((await host.close(0)).code, 0);
    await host.write({ vscpType: 201 }, { slot: 1 });
    assert.equal((await host.nextEvent(undefined, { slot: 1 })).vscpType, 201);
    assert.equal((await host.close(1)).code, 0);
  });
});

test('20 times open and close: new handles, and threads and descriptors stay as many as after the first', async () => {
  await withEchoHost({}, async (host) => {
    const handles = new Set<number>();
    let first: Record<string, unknown> | undefined;
    for (let round = 0; round < 20; round++) {
      handles.add((await host.open(NEW_LAYOUT)).handle);
      await host.write({ vscpType: round });
      assert.equal((await host.nextEvent()).vscpType, round);
      const closed = await host.close();
      assert.equal(closed.code, 0);
      assert.ok(closed.ms < stretched(2000));
      let usage = await host.request('usage');
      first ??= usage;
      const { threads, fds } = first;
      // The system may count a thread for a moment after it was joined.
      const untilMs = performance.now() + stretched(10_000);
      while (Number(usage.threads) > Number(threads) && performance.now() < untilMs) {
        await sleep(20);
        usage = await host.request('usage');
      }
      assert.equal(usage.fds, fds, `descriptors in round ${round}`);
      assert.ok(
        Number(usage.threads) <= Number(threads),
        `${usage.threads} threads in round ${round}, not ${threads}`,
      );
    }
    assert.equal(handles.size, 20);
  });
});

test('the library can be unloaded and loaded again, and serves again', async () => {
  await withEchoHost({}, async (host) => {
    for (let round = 0; round < 3; round++) {
      if (round > 0) await host.load(echoLibrary());
      assert.ok((await host.open(NEW_LAYOUT)).handle > 0);
      await host.write({ vscpType: round });
      assert.equal((await host.nextEvent()).vscpType, round);
      await host.close();
      await host.unload();
    }
  });
});

test('only the six functions are exported', async () => {
  const host = await NativeHost.start(echoLibrary());
  await host.end();
  const { execFileSync } = await import('node:child_process');
  const symbols = execFileSync('nm', ['-D', '--defined-only', echoLibrary()], { encoding: 'utf8' });
  const names = symbols
    .trim()
    .split('\n')
    .map((line) => line.split(' ').at(-1));
  assert.deepEqual(names.sort(), [
    'VSCPClose',
    'VSCPGetVendorString',
    'VSCPGetVersion',
    'VSCPOpen',
    'VSCPRead',
    'VSCPWrite',
  ]);
});
