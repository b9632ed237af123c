/**
 * Systems that give a host too little: Node and V8 end the process when they run into that, so the driver looks
 * first. VSCPOpen fails with one line that names the cause and the remedy, the host lives, and once the limit
 * is gone VSCPOpen works.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { echoLibrary, report, tell, waitForRestart, withEchoHost } from '../support/echo-host.ts';
import type { NativeHost, NativeHostOptions } from '../support/native-host.ts';

const NEW_LAYOUT = { eventLayout: '2026' } as const;

/** Two of V8, one for its delayed tasks, four of libuv, one for the environment. */
const THREADS_NEEDED = 8;
const OPEN_BOUND_MS = 20_000;

/** One failed VSCPOpen, said in exactly one line. */
async function expectRefusal(host: NativeHost, cause: RegExp, config: object = NEW_LAYOUT): Promise<void> {
  const from = host.stderr.length;
  const opened = await host.open(config);
  assert.equal(opened.handle, 0);
  assert.ok(opened.ms < OPEN_BOUND_MS, `VSCPOpen took ${opened.ms} ms`);
  await host.stderrMatch(cause);
  const lines = host.stderr.slice(from).trimEnd().split('\n');
  assert.equal(lines.length, 1, host.stderr);
  assert.match(lines[0] ?? '', /^vscpl2drv-websocksrv: VSCPOpen failed: .*: (raise|set|start)/);
  await host.request('ping');
}

async function expectService(host: NativeHost): Promise<void> {
  assert.ok((await host.open(NEW_LAYOUT)).handle > 0, host.stderr);
  await host.request('read 0 off');
  await host.write({ vscpType: 42 });
  const reply = await host.request('raw 0 read self 20000');
  assert.equal((reply.event as { type: number }).type, 42);
  assert.equal((await host.close()).code, 0);
}

for (let threads = 0; threads <= 12; threads++) {
  const enough = threads >= THREADS_NEEDED;
  test(`${threads} more threads allowed: ${enough ? 'serves' : 'VSCPOpen fails and says so'}`, async () => {
    await withEchoHost({ noReader: true }, async (host) => {
      const before = await host.request('usage');
      await host.request(`limit threads ${threads}`);
      if (!enough) {
        await expectRefusal(
          host,
          new RegExp(`allows ${threads} more threads, and ${THREADS_NEEDED} are needed`),
        );
        const after = await host.request('usage');
        assert.deepEqual([after.threads, after.stacksKb], [before.threads, before.stacksKb]);
        await host.request('limit threads none');
      }
      await expectService(host);
      assert.deepEqual(await host.end(), { code: 0, signal: null });
    });
  });
}

/** What V8 and an environment open, and what the host may open meanwhile. */
const FILES_NEEDED = 64;

for (const files of [0, 1, 20, FILES_NEEDED - 1, FILES_NEEDED]) {
  const enough = files >= FILES_NEEDED;
  test(`${files} more descriptors allowed: ${enough ? 'serves' : 'VSCPOpen fails and says so'}`, async () => {
    await withEchoHost({ noReader: true }, async (host) => {
      await host.request(`limit files ${files}`);
      if (!enough) {
        await expectRefusal(
          host,
          new RegExp(`only ${files} more files can be open, and ${FILES_NEEDED} are`),
        );
        await host.request('limit files none');
      }
      await expectService(host);
      assert.deepEqual(await host.end(), { code: 0, signal: null });
    });
  });
}

test('a pool of libuv that is larger by UV_THREADPOOL_SIZE needs so many threads more', async () => {
  await withEchoHost({ noReader: true, env: { UV_THREADPOOL_SIZE: '10' } }, async (host) => {
    await host.request(`limit threads ${THREADS_NEEDED}`);
    await expectRefusal(host, /allows 8 more threads, and 14 are needed/);
    await host.request('limit threads 14');
    await expectService(host);
  });
});

test('a second handle needs one thread, and without it VSCPOpen fails and the first serves on', async () => {
  await withEchoHost({ noReader: true }, async (host) => {
    await host.open(NEW_LAYOUT);
    await host.request('limit threads 0');
    await host.load(echoLibrary(), 1);
    assert.equal((await host.open(NEW_LAYOUT, { slot: 1 })).handle, 0);
    await host.stderrMatch(/VSCPOpen failed: no thread could be started/);
    assert.equal((await host.write({})).code, 0);
    await host.request('limit threads 1');
    assert.ok((await host.open(NEW_LAYOUT, { slot: 1 })).handle > 0);
  });
});

for (const way of ['prctl', 'seccomp']) {
  test(`no memory may be made executable (${way}): VSCPOpen fails and says so`, async () => {
    await withEchoHost({}, async (host) => {
      await host.request(`limit executable ${way}`);
      await expectRefusal(host, /no memory can be made executable.*MemoryDenyWriteExecute=no/);
      assert.deepEqual(await host.end(), { code: 0, signal: null });
    });
  });
}

/** kB; the smallest hold the program and its libraries only, the largest all that can be asked for. */
const ADDRESS_LIMITS_KB = [150, 300, 400, 500, 700, 900, 1100, 1300, 1600, 2000].map((mb) => mb * 1000);

for (const limitKb of ADDRESS_LIMITS_KB) {
  test(`ulimit -v ${limitKb}: VSCPOpen fails and says so, or a heap grows to its limit and the host lives`, async () => {
    await withEchoHost({}, async (host) => {
      await host.request(`limit address ${limitKb}`);
      const opened = await host.open(NEW_LAYOUT);
      if (limitKb <= 700_000) assert.equal(opened.handle, 0);
      if (limitKb >= 2_000_000) assert.ok(opened.handle > 0, host.stderr);
      if (opened.handle === 0) {
        await host.stderrMatch(/VSCPOpen failed/);
        await expectRefusal(host, /MB of (address space|memory) are left.*\(ulimit -v, LimitAS=\)/);
        await host.request('limit address none');
        await expectService(host);
      } else {
        await tell(host, 'exhaustHeap');
        // On a slow machine the watchdog is first.
        assert.match((await waitForRestart(host)).restartReason ?? '', /heap reached its limit|did not turn/);
      }
      assert.deepEqual(await host.end(), { code: 0, signal: null }, host.stderr);
    });
  });
}

test('a heap of max-heap that does not fit into the address space fails VSCPOpen and names the key', async () => {
  await withEchoHost({}, async (host) => {
    await host.request('limit address 2000000');
    const config = { ...NEW_LAYOUT, maxHeapMb: 4096 };
    assert.equal((await host.open(config)).handle, 0);
    await host.stderrMatch(/VSCPOpen failed: less than 4096 MB of address space .*max-heap.*ulimit -v/);
    assert.ok((await host.open(NEW_LAYOUT)).handle > 0);
  });
});

test('ulimit -d: VSCPOpen fails and says so', async () => {
  await withEchoHost({}, async (host) => {
    await host.request('limit data 60000');
    await expectRefusal(host, /MB of memory are left.*\(ulimit -d, LimitDATA=\)/);
    await host.request('limit data none');
    await expectService(host);
  });
});

for (const name of ['NODE_UNIQUE_ID', 'NODE_CHANNEL_FD']) {
  test(`a host that was started with ${name}: VSCPOpen fails and says so, the variable stays`, async () => {
    const options: NativeHostOptions = { env: { [name]: '1' } };
    await withEchoHost(options, async (host) => {
      const { environment } = await host.request('dump');
      await expectRefusal(host, new RegExp(`the environment variable ${name}.*env -u ${name}`));
      assert.equal((await host.request('dump')).environment, environment);
    });
  });
}

test('an address space that became too narrow keeps a runtime from being started again, and the host lives', async () => {
  await withEchoHost({}, async (host) => {
    await host.open(NEW_LAYOUT);
    await report(host);
    const { virtualKb } = await host.request('usage');
    await host.request(`limit address ${Number(virtualKb) - 100_000}`);
    await tell(host, 'exit');
    await host.stderrMatch(/the JavaScript runtime ended: less than \d+ MB of address space are left/);
    await host.request('limit address none');
    assert.match((await waitForRestart(host)).restartReason ?? '', /address space/);
  });
});

test('without descriptors a runtime that ended is not started again before there are some, and the host lives', async () => {
  await withEchoHost({}, async (host) => {
    await host.open(NEW_LAYOUT);
    await report(host);
    await host.request('limit files 10');
    await tell(host, 'exit');
    await host.stderrMatch(/the JavaScript runtime ended: only \d+ more files can be open/);
    await host.request('limit files none');
    assert.match((await waitForRestart(host)).restartReason ?? '', /more files can be open/);
  });
});
