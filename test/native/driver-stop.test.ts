/**
 * Stopping a runtime that is inside a native call. koffi ends the process when Node refuses it what it needs for a
 * call, and Node refuses everything once it is being stopped.
 */
import assert from 'node:assert/strict';
import {
  copyFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { echoEntry, makeDriverFolder } from '../support/driver-folder.ts';
import { echoLibrary, report, tell, waitForRestart, withEchoHost } from '../support/echo-host.ts';
import { eventually } from '../support/eventually.ts';
import { historyDriver, stateFolder } from '../support/history-driver.ts';
import { NativeHost } from '../support/native-host.ts';
import { stretched } from '../support/time-factor.ts';

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
const NEW_LAYOUT = { eventLayout: '2026' } as const;
/** More by hand: STOP_ROUNDS=100 npm test -- driver-stop. */
const ROUNDS = Number(process.env.STOP_ROUNDS ?? 3);

test(`VSCPClose of a driver that makes native calls all the time (${ROUNDS} times)`, async () => {
  await withEchoHost({}, async (host) => {
    for (let round = 0; round < ROUNDS; round++) {
      await host.open(NEW_LAYOUT);
      await report(host);
      await tell(host, 'hammer');
      assert.equal((await host.close()).code, 0, host.stderr);
    }
    assert.ok((await host.open(NEW_LAYOUT)).handle > 0, host.stderr);
    assert.equal((await report(host)).restartReason, undefined);
  });
});

test(`VSCPClose from another thread while VSCPOpen still loads and makes native calls (${ROUNDS} times)`, async () => {
  await withEchoHost({}, async (host) => {
    let handle = (await host.open(NEW_LAYOUT)).handle;
    await host.close();
    for (let round = 0; round < ROUNDS; round++) {
      const opening = host.open({ ...NEW_LAYOUT, hammerOnLoad: true }, { background: true });
      await sleep(300);
      // Handles are counted.
      handle++;
      assert.equal((await host.request(`raw 0 close ${handle} 0`)).code, 0);
      assert.equal((await opening).handle, 0, host.stderr);
    }
    assert.ok((await host.open(NEW_LAYOUT)).handle > 0, host.stderr);
    assert.equal((await report(host)).restartReason, undefined);
  });
});

/** Stands for koffi, which ends the process when Node fails it while it is loaded; VSCPClose waits 2 s before it stops. */
const SLOW_KOFFI = `
require('node:fs').writeSync(2, 'koffi begins\\n');
const untilMs = Date.now() + 4000;
const step = () => Date.now() < untilMs;
while (step());
require('node:fs').writeSync(2, 'koffi is loaded\\n');
module.exports = {};
`;

function replaceKoffi(folder: string, program: string): void {
  const modules = join(folder, 'node_modules');
  rmSync(modules);
  mkdirSync(join(modules, 'koffi'), { recursive: true });
  writeFileSync(join(modules, 'koffi', 'index.js'), program);
}

test('VSCPClose while VSCPOpen loads koffi lets it load to its end', async (context) => {
  const folder = makeDriverFolder(echoEntry);
  context.after(() => folder.remove());
  const host = await NativeHost.start(folder.library);
  context.after(() => host.kill());
  const { handle } = await host.open(NEW_LAYOUT);
  await host.close();
  replaceKoffi(folder.path, SLOW_KOFFI);
  const opening = host.open(NEW_LAYOUT, { background: true });
  await host.stderrMatch(/koffi begins/);
  // Handles are counted.
  assert.equal((await host.request(`raw 0 close ${handle + 1} 0`)).code, 0);
  assert.equal((await opening).handle, 0, host.stderr);
  await host.stderrMatch(/koffi is loaded/);
  assert.deepEqual(await host.end(), { code: 0, signal: null }, host.stderr);
});

const KOFFI = createRequire(import.meta.url).resolve('koffi');
/** koffi on the main thread; for the history's thread it loads for longer than VSCPClose waits. */
const SLOW_KOFFI_OF_THREADS = `
if (!require('node:worker_threads').isMainThread) {${SLOW_KOFFI.replace('module.exports = {};', '')}}
module.exports = require(${JSON.stringify(KOFFI)});
`;

test('VSCPClose while the thread of the history loads koffi lets it load to its end', async (context) => {
  const folder = makeDriverFolder(MAIN);
  context.after(() => folder.remove());
  replaceKoffi(folder.path, SLOW_KOFFI_OF_THREADS);
  // Node would look for koffi beside the file that a link points to.
  const program = join(folder.path, 'websocksrv-history.cjs');
  const built = realpathSync(program);
  rmSync(program);
  copyFileSync(built, program);
  const { host } = await historyDriver(context, stateFolder(context), {}, { library: folder.library });
  await host.stderrMatch(/koffi begins/);
  await host.close();
  await host.stderrMatch(/koffi is loaded/);
  assert.deepEqual(await host.end(), { code: 0, signal: null }, host.stderr);
});

/** Dies before it has announced a call, when the runtime's thread no longer listens. */
const DYING_THREAD = `
Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5000);
process.exit();
`;

function hasRuntimeThread(pid: number): boolean {
  const threads = `/proc/${pid}/task`;
  return readdirSync(threads).some((thread) => {
    try {
      return readFileSync(join(threads, thread, 'comm'), 'utf8') === 'websocksrv\n';
    } catch {
      // It has ended meanwhile.
      return false;
    }
  });
}

/** A host that exits while a runtime that VSCPClose has left to itself is ending may be too early for it. */
function endOfRuntime({ pid }: NativeHost): Promise<void> {
  return eventually('the end of the runtime', () => !hasRuntimeThread(pid));
}

test('VSCPClose while the thread of the history dies before it is ready ends the runtime', async (context) => {
  const folder = makeDriverFolder(MAIN);
  context.after(() => folder.remove());
  const program = join(folder.path, 'websocksrv-history.cjs');
  rmSync(program);
  writeFileSync(program, DYING_THREAD);
  const { host } = await historyDriver(context, stateFolder(context), {}, { library: folder.library });
  await host.close();
  assert.ok(hasRuntimeThread(host.pid), 'it waits for the thread');
  await host.stderrMatch(/the history's thread did not begin/, stretched(60_000));
  await endOfRuntime(host);
  assert.deepEqual(await host.end(), { code: 0, signal: null }, host.stderr);
});

test(`exit() of a host while a second driver loads and makes native calls (${ROUNDS} times)`, async () => {
  for (let round = 0; round < ROUNDS; round++) {
    await withEchoHost({}, async (host) => {
      await host.open(NEW_LAYOUT);
      await host.load(echoLibrary(), 1);
      const opening = host
        .open({ ...NEW_LAYOUT, hammerOnLoad: true }, { background: true, slot: 1 })
        .catch(() => {});
      await sleep(300);
      host.request('exit 4').catch(() => {});
      assert.deepEqual(await host.exited, { code: 4, signal: null }, host.stderr);
      await opening;
    });
  }
});

const DEATHS = [
  // On a busy machine the watchdog is first.
  { command: 'hoardCalls', reason: /heap reached its limit of 30 MB|did not turn for 10 s/ },
  { command: 'exitAndHammer', reason: /process\.exit\(5\)/ },
] as const;

for (const { command, reason } of DEATHS) {
  test(`${command}: the host lives and the runtime is started again (${ROUNDS} times)`, async () => {
    await withEchoHost({}, async (host) => {
      for (let round = 0; round < ROUNDS; round++) {
        await host.open({ ...NEW_LAYOUT, maxHeapMb: 30 });
        await report(host);
        await tell(host, command);
        assert.match((await waitForRestart(host)).restartReason ?? '', reason);
        assert.equal((await host.close()).code, 0);
      }
    });
  });
}

test('process.exit() while VSCPOpen loads makes it fail with the code, and the next one works', async () => {
  await withEchoHost({}, async (host) => {
    for (let round = 0; round < ROUNDS; round++) {
      assert.equal((await host.open({ exitOnLoad: true })).handle, 0);
    }
    await host.stderrMatch(/VSCPOpen failed: process\.exit\(7\)/);
    assert.ok((await host.open(NEW_LAYOUT)).handle > 0, host.stderr);
    await report(host);
  });
});
