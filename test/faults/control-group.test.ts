/**
 * Real control groups, as systemd makes them for a unit (MemoryMax=, TasksMax=): VSCPOpen fails with one line that
 * names the cause and the remedy, or the driver serves; the kernel never has a reason to end the host.
 */
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { withEchoHost } from '../support/echo-host.ts';
import type { NativeHost } from '../support/native-host.ts';

const NEW_LAYOUT = { eventLayout: '2026' } as const;
const MEGABYTE = 1024 * 1024;
const MOUNT = '/sys/fs/cgroup';

interface Controller {
  name: 'memory' | 'pids';
  /** The file of the limit in version 1 and in version 2. */
  limit: readonly [string, string];
}
const MEMORY: Controller = { name: 'memory', limit: ['memory.limit_in_bytes', 'memory.max'] };
const PIDS: Controller = { name: 'pids', limit: ['pids.max', 'pids.max'] };

/** A new control group below the mount point, and its file for the limit; undefined where none can be made. */
function makeGroup({ name, limit }: Controller): { folder: string; limitFile: string } | undefined {
  for (const [parent, file] of [
    [join(MOUNT, name), limit[0]],
    [MOUNT, limit[1]],
  ] as const) {
    const folder = join(parent, `websocksrv-test-${process.pid}-${name}`);
    try {
      mkdirSync(folder);
    } catch {
      continue;
    }
    const limitFile = join(folder, file);
    if (existsSync(limitFile)) return { folder, limitFile };
    rmdirSync(folder);
  }
  return undefined;
}

/** The kernel lets go of a group a moment after its last process has ended. */
async function removeGroup(folder: string): Promise<void> {
  for (let attempt = 0; ; attempt++) {
    try {
      rmdirSync(folder);
      return;
    } catch (error) {
      if (attempt === 50) throw error;
      await delay(100);
    }
  }
}

async function inGroup(
  controller: Controller,
  value: number,
  use: (host: NativeHost) => Promise<void>,
): Promise<void> {
  const group = makeGroup(controller);
  assert.ok(group !== undefined);
  try {
    await withEchoHost({ noReader: true }, async (host) => {
      writeFileSync(join(group.folder, 'cgroup.procs'), String(host.pid));
      writeFileSync(group.limitFile, String(value));
      await use(host);
      assert.deepEqual(await host.end(), { code: 0, signal: null }, host.stderr);
    });
  } finally {
    await removeGroup(group.folder);
  }
}

async function opens(host: NativeHost): Promise<boolean> {
  if ((await host.open(NEW_LAYOUT)).handle === 0) return false;
  await host.request('read 0 off');
  await host.write({ vscpType: 42 });
  const reply = await host.request('raw 0 read self 20000');
  assert.equal((reply.event as { type: number }).type, 42);
  assert.equal((await host.close()).code, 0);
  return true;
}

/** The options of a test: skipped where no such group can be made. */
function needs(controller: Controller): { skip: string | false } {
  const group = makeGroup(controller);
  if (group === undefined) return { skip: 'no control group can be made here' };
  rmdirSync(group.folder);
  return { skip: false };
}

test(
  'in a control group with little memory VSCPOpen says what is missing, or the driver serves',
  needs(MEMORY),
  async () => {
    for (const limitMb of [16, 32, 48, 64, 96, 128, 192, 256]) {
      await inGroup(MEMORY, limitMb * MEGABYTE, async (host) => {
        const isOpen = await opens(host);
        if (limitMb <= 32) assert.equal(isOpen, false);
        if (limitMb >= 128) assert.equal(isOpen, true, host.stderr);
        if (!isOpen) {
          await host.stderrMatch(/the control group leaves \d+ MB of memory, and \d+ are needed.*MemoryMax=/);
        }
      });
    }
  },
);

test(
  'in a control group with few tasks VSCPOpen says what is missing, or the driver serves',
  needs(PIDS),
  async () => {
    for (const tasks of [1, 3, 5, 8, 16, 32]) {
      await inGroup(PIDS, tasks, async (host) => {
        const isOpen = await opens(host);
        if (tasks <= 5) assert.equal(isOpen, false);
        if (tasks >= 16) assert.equal(isOpen, true, host.stderr);
        if (!isOpen) await host.stderrMatch(/allows \d+ more threads, and \d+ are needed/);
      });
    }
  },
);
