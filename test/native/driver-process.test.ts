import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { report, tell, waitForRestart, withEchoHost } from '../support/echo-host.ts';
import type { HostReply, NativeHost } from '../support/native-host.ts';

const NEW_LAYOUT = { eventLayout: '2026' } as const;

async function processState(host: NativeHost): Promise<HostReply> {
  const { tag: _, ...state } = await host.request('dump');
  return state;
}

for (const deadlySigpipe of [false, true]) {
  test(`signals, masks, umask, folder, stdio, environment and limits are left alone (SIGPIPE ${deadlySigpipe ? 'deadly' : 'ignored'})`, async () => {
    await withEchoHost({ deadlySigpipe }, async (host) => {
      const before = await processState(host);
      await host.open(NEW_LAYOUT);
      await report(host);
      assert.deepEqual(await processState(host), before, 'while open');
      await tell(host, 'throwInHandler');
      await waitForRestart(host);
      assert.deepEqual(await processState(host), before, 'after a restart');
      await host.close();
      assert.deepEqual(await processState(host), before, 'after VSCPClose');
      await host.unload();
      assert.deepEqual(await processState(host), before, 'after dlclose');
    });
  });
}

test('the host’s threads outside the driver keep their signal mask and the driver’s block all', async () => {
  await withEchoHost({}, async (host) => {
    await host.open(NEW_LAYOUT);
    await report(host);
    const { readdirSync, readFileSync } = await import('node:fs');
    const masks = readdirSync(`/proc/${host.pid}/task`).map((id) => {
      const status = readFileSync(`/proc/${host.pid}/task/${id}/status`, 'utf8');
      const blocked = BigInt(`0x${status.match(/^SigBlk:\s*(\w+)/m)?.[1] ?? '0'}`);
      return { name: status.match(/^Name:\s*(.+)/m)?.[1], isMain: Number(id) === host.pid, blocked };
    });
    // Two threads are the host's own: the main one and the reader of slot 0.
    const open = masks.filter(({ blocked }) => (blocked & (1n << 14n)) === 0n);
    assert.equal(
      open.length,
      2,
      JSON.stringify(masks, (_, v) => (typeof v === 'bigint' ? v.toString(16) : v)),
    );
    assert.ok(open.some(({ isMain }) => isMain));
    assert.ok(masks.length > 3);
  });
});

for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
  test(`${signal} to the host ends in VSCPClose and exit 0, within 2 s`, async () => {
    await withEchoHost({}, async (host) => {
      await host.open(NEW_LAYOUT);
      await host.request('mode 0 count');
      host.request('&flood 0 100000000 size=8 timeout=10').catch(() => {});
      const began = Date.now();
      for (let i = 0; i < 20; i++) host.signal(signal);
      assert.deepEqual(await host.exited, { code: 0, signal: null });
      assert.ok(Date.now() - began < 4000);
    });
  });
}

/** More by hand: EXIT_ROUNDS=100 npm test -- driver-process. */
const EXIT_ROUNDS = Number(process.env.EXIT_ROUNDS ?? 20);

test(`exit() without VSCPClose while events flow: no crash, no hang, the host’s own exit code (${EXIT_ROUNDS} times)`, async () => {
  for (let round = 0; round < EXIT_ROUNDS; round++) {
    await withEchoHost({}, async (host) => {
      await host.open(NEW_LAYOUT);
      await host.request('mode 0 count');
      const flood = host.request('&flood 0 100000000 size=8 timeout=10').catch(() => {});
      await host.request('flood 0 100 size=8');
      const exit = host.request('exit 5').catch(() => {});
      assert.deepEqual(await host.exited, { code: 5, signal: null }, `round ${round}: ${host.stderr}`);
      await Promise.all([flood, exit]);
    });
  }
});

test('exit() of a host whose driver is stuck in an endless loop', async () => {
  await withEchoHost({}, async (host) => {
    await host.open(NEW_LAYOUT);
    await tell(host, 'loopForever');
    const began = Date.now();
    host.request('exit 6').catch(() => {});
    assert.deepEqual(await host.exited, { code: 6, signal: null });
    assert.ok(Date.now() - began < 5000);
  });
});

test('exit() waits for a runtime that VSCPClose has left to end by itself', async (context) => {
  const folder = mkdtempSync(join(tmpdir(), 'websocksrv-fifo-'));
  context.after(() => rmSync(folder, { recursive: true, force: true }));
  const fifo = join(folder, 'fifo');
  execFileSync('mkfifo', [fifo]);
  await withEchoHost({}, async (host) => {
    await host.open(NEW_LAYOUT);
    await report(host);
    await tell(host, 'openFile', { data: Buffer.from(fifo) });
    assert.equal((await host.close()).code, 0);
    assert.match(host.stderr, /it is left to end by itself/);
    host.request('exit 7').catch(() => {});
    const ended = host.exited.then(() => 'ended');
    assert.equal(await Promise.race([ended, sleep(1000, 'waits')]), 'waits');
    await (await open(fifo, 'w')).close();
    assert.deepEqual(await host.exited, { code: 7, signal: null }, host.stderr);
  });
});

/** From the runtime's making to a wait for what never comes; on a busy machine each is somewhere else. */
for (const delayMs of [60, 150, 400]) {
  test(`exit() ${delayMs} ms after VSCPOpen was called`, async () => {
    await withEchoHost({}, async (host) => {
      const opening = host.open({ silent: true }, { background: true }).catch(() => {});
      await new Promise((resolve) => setTimeout(resolve, delayMs));
      host.request('exit 4').catch(() => {});
      assert.deepEqual(await host.exited, { code: 4, signal: null }, host.stderr);
      await opening;
    });
  });
}

for (const stdio of ['closed', 'directory'] as const) {
  test(`standard descriptors ${stdio}: the driver opens, logs into nowhere, dies, comes back and closes`, async () => {
    await withEchoHost({ stdio, deadlySigpipe: true }, async (host) => {
      const before = await processState(host);
      assert.ok((await host.open(NEW_LAYOUT)).handle > 0);
      await report(host);
      await tell(host, 'throwInHandler');
      await waitForRestart(host);
      if (stdio === 'directory') assert.deepEqual(await processState(host), before);
      assert.equal((await host.close()).code, 0);
      assert.deepEqual(await host.end(), { code: 0, signal: null });
    });
  });
}

test('a failed VSCPOpen with standard error broken does not raise SIGPIPE in the host', async () => {
  await withEchoHost({ deadlySigpipe: true }, async (host) => {
    host.closeStderr();
    for (let i = 0; i < 3; i++) assert.equal((await host.open({ fail: 'whatever' })).handle, 0);
    assert.ok((await host.open(NEW_LAYOUT)).handle > 0);
    await tell(host, 'throwInHandler');
    await waitForRestart(host);
    assert.deepEqual(await host.end(), { code: 0, signal: null });
  });
});

test('umask 0 of the host stays', async () => {
  await withEchoHost({ umask: '0' }, async (host) => {
    await host.open(NEW_LAYOUT);
    await report(host);
    assert.equal((await processState(host)).umask, 0);
  });
});

test('NODE_OPTIONS and the like in the host’s environment are ignored', async () => {
  const env = { NODE_OPTIONS: '--require=/nonexistent.js', NODE_PATH: '/nonexistent' };
  await withEchoHost({ env }, async (host) => {
    assert.ok((await host.open(NEW_LAYOUT)).handle > 0, host.stderr);
  });
});

const CHILDREN = [
  { what: '_exit', status: 7 },
  { what: 'exit', status: 7 },
  { what: 'exec', status: 0 },
  { what: 'calls', status: 7 },
];

for (const { what, status } of CHILDREN) {
  test(`a child forked after VSCPOpen that does ${what} ends as it should and the parent serves on`, async () => {
    await withEchoHost({}, async (host) => {
      await host.open(NEW_LAYOUT);
      await report(host);
      const reply = await host.request(`fork 0 ${what}`);
      assert.deepEqual([reply.exited, reply.status], [true, status], host.stderr);
      await report(host);
      assert.equal((await host.close()).code, 0);
    });
  });
}
