import assert from 'node:assert/strict';
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { echoEntry, makeDriverFolder } from '../support/driver-folder.ts';
import { type COMMAND, COMMAND_CLASS } from '../support/echo-commands.ts';
import { report, tell, waitForRestart, withEchoHost } from '../support/echo-host.ts';
import { NativeHost } from '../support/native-host.ts';
import { stretched } from '../support/time-factor.ts';

const NEW_LAYOUT = { eventLayout: '2026' } as const;

test('a missing bundle makes VSCPOpen fail and names what is missing', async () => {
  const folder = makeDriverFolder();
  const host = await NativeHost.start(folder.library);
  try {
    assert.equal((await host.open(NEW_LAYOUT)).handle, 0);
    await host.stderrMatch(
      /^vscpl2drv-websocksrv: VSCPOpen failed: websocksrv\.cjs is not beside the library/m,
    );
    assert.equal((await host.write({})).code, 41);
  } finally {
    await host.kill();
    folder.remove();
  }
});

test('a missing koffi makes VSCPOpen fail and names it; put in place, the next VSCPOpen works', async () => {
  const folder = makeDriverFolder(echoEntry);
  const modules = join(folder.path, 'node_modules');
  const host = await NativeHost.start(folder.library);
  try {
    rmSync(modules);
    mkdirSync(modules);
    assert.equal((await host.open(NEW_LAYOUT)).handle, 0);
    await host.stderrMatch(/VSCPOpen failed: .*Cannot find module 'koffi'/);
    rmSync(modules, { recursive: true });
    const again = makeDriverFolder();
    const { renameSync } = await import('node:fs');
    renameSync(join(again.path, 'node_modules'), modules);
    again.remove();
    assert.ok((await host.open(NEW_LAYOUT)).handle > 0);
  } finally {
    await host.kill();
    folder.remove();
  }
});

const FAILED_OPENS = [
  { config: { fail: 'port 8884 is taken' }, reason: /VSCPOpen failed: port 8884 is taken\n/ },
  { config: { throwOnLoad: true }, reason: /VSCPOpen failed: .*thrown while loading/ },
  { config: 'not JSON', reason: /VSCPOpen failed: .*JSON/ },
];

for (const { config, reason } of FAILED_OPENS) {
  test(`an opening that fails (${reason.source}) returns 0, says why and leaves nothing behind`, async () => {
    await withEchoHost({}, async (host) => {
      assert.equal((await host.open(config)).handle, 0);
      const first = await host.request('usage');
      for (let i = 0; i < 3; i++) assert.equal((await host.open(config)).handle, 0);
      const last = await host.request('usage');
      assert.deepEqual([last.threads, last.fds], [first.threads, first.fds]);
      await host.stderrMatch(reason);
      assert.equal((await host.write({})).code, 41);
      assert.ok((await host.open(NEW_LAYOUT)).handle > 0);
    });
  });
}

test('a driver that reports nothing makes VSCPOpen give up after 30 s', async () => {
  await withEchoHost({}, async (host) => {
    const opened = await host.open({ silent: true });
    assert.equal(opened.handle, 0);
    assert.ok(opened.ms >= 30_000 && opened.ms < stretched(40_000), `${opened.ms} ms`);
    await host.stderrMatch(/did not report within 30 s/);
  });
});

const FAULTS: { command: keyof typeof COMMAND; reason: RegExp; maxHeapMb?: number }[] = [
  { command: 'throwInHandler', reason: /uncaught exception: Error: thrown in a handler/ },
  { command: 'throwInTimer', reason: /uncaught exception: Error: thrown in a timer/ },
  { command: 'reject', reason: /unhandled rejection: Error: rejected by nobody/ },
  { command: 'exit', reason: /process\.exit\(3\)/ },
  { command: 'exhaustHeap', reason: /heap reached its limit of 80 MB/, maxHeapMb: 80 },
  { command: 'exhaustHeap', reason: /heap reached its limit of 30 MB/, maxHeapMb: 30 },
  { command: 'loopForever', reason: /event loop did not turn for 10 s/ },
  { command: 'closeByItself', reason: /the server closed itself/ },
];

for (const { command, reason, maxHeapMb } of FAULTS) {
  test(`${command}${maxHeapMb ? ` with ${maxHeapMb} MB` : ''}: the host lives, the runtime is started again and told why`, async () => {
    await withEchoHost({}, async (host) => {
      await host.open({ ...NEW_LAYOUT, ...(maxHeapMb ? { maxHeapMb } : {}) });
      await report(host);
      assert.equal(await tell(host, command), 0);
      await host.stderrMatch(/the JavaScript runtime ended: .*started again in 500 ms/);
      const after = await waitForRestart(host);
      assert.match(after.restartReason ?? '', reason);
      await host.stderrMatch(reason);
      assert.equal((await host.close()).code, 0);
      assert.ok((await host.open(NEW_LAYOUT)).handle > 0, 'a later VSCPOpen works');
      assert.equal((await report(host)).restartReason, undefined);
    });
  });
}

test('a heap limit that a 32-bit process cannot count in bytes is no limit of a few megabytes', async () => {
  for (const maxHeapMb of [4096, 16_384]) {
    await withEchoHost({}, async (host) => {
      await host.open({ ...NEW_LAYOUT, maxHeapMb });
      await tell(host, 'fillHeap');
      const answer = await host.nextEvent((event) => event.vscpClass === COMMAND_CLASS);
      assert.equal(Buffer.from(answer.data).toString(), '10000000');
      assert.doesNotMatch(host.stderr, /heap/);
    });
  }
});

test('while no runtime runs VSCPWrite returns 33, VSCPRead hands over what was sent before, then waits and returns 32', async () => {
  await withEchoHost({}, async (host) => {
    await host.open({ ...NEW_LAYOUT, failRestarts: true });
    await host.request('read 0 off');
    for (let i = 0; i < 3; i++) await host.write({ vscpType: i });
    await tell(host, 'exit');
    await host.stderrMatch(/the JavaScript runtime ended/);
    assert.equal((await host.write({})).code, 33);
    const codes = [];
    for (let i = 0; i < 4; i++) codes.push((await host.request('raw 0 read self 20')).code);
    assert.deepEqual(codes, [0, 0, 0, 32]);
  });
});

test('events that wait in the queue when the runtime dies are delivered to the next one', async () => {
  await withEchoHost({}, async (host) => {
    await host.open(NEW_LAYOUT);
    // The driver dies 300 ms after it stopped to take events, with five of them waiting.
    await tell(host, 'pauseAndExit');
    await host.nextEvent((event) => event.vscpClass === COMMAND_CLASS);
    for (let type = 1; type <= 5; type++) assert.equal((await host.write({ vscpType: type })).code, 0);
    await host.stderrMatch(/the JavaScript runtime ended: process\.exit\(4\)/);
    for (let type = 1; type <= 5; type++) assert.equal((await host.nextEvent()).vscpType, type);
  });
});

test('a runtime that keeps failing is started again ever more slowly', async () => {
  await withEchoHost({}, async (host) => {
    await host.open({ ...NEW_LAYOUT, failRestarts: true });
    await tell(host, 'exit');
    await host.stderrMatch(
      /started again in 500 ms[\s\S]*started again in 1000 ms[\s\S]*started again in 2000 ms/,
    );
    const closed = await host.close();
    assert.equal(closed.code, 0);
    assert.ok(closed.ms < stretched(1000), `closing during the wait took ${closed.ms} ms`);
  });
});

test('VSCPClose of a driver that never finishes is bounded by 2 s', async () => {
  await withEchoHost({}, async (host) => {
    for (const stuck of ['loopForever', 'never'] as const) {
      await host.open({ ...NEW_LAYOUT, closeDelayMs: stuck === 'never' ? -1 : 0 });
      await report(host);
      if (stuck === 'loopForever') await tell(host, 'loopForever');
      const closed = await host.close();
      assert.equal(closed.code, 0);
      assert.ok(closed.ms >= 1400 && closed.ms <= stretched(2500), `${closed.ms} ms`);
    }
    assert.ok((await host.open(NEW_LAYOUT)).handle > 0);
  });
});

test('VSCPClose waits for a driver that needs some time, and no longer', async () => {
  await withEchoHost({}, async (host) => {
    await host.open({ ...NEW_LAYOUT, closeDelayMs: 300 });
    const closed = await host.close();
    assert.ok(closed.ms >= 290 && closed.ms < stretched(1900), `${closed.ms} ms`);
  });
});
