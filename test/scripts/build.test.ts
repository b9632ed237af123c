import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { loadScript, ROOT } from './load-script.ts';

/** Long enough for another build to look at the lock several times. */
const HELD_MS = 700;
const RELEASE = join(ROOT, 'build', 'Release');

const { withBuildLock } = await loadScript<{
  withBuildLock<T>(work: () => Promise<T>, file: string, waitMs?: number): Promise<T>;
}>('build/lock.mjs');

function inTemporaryFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'build-test-'));
  return work(folder).finally(() => rmSync(folder, { recursive: true, force: true }));
}

test('koffi beside the library loads from a copy of the folder, with no project around it', () =>
  inTemporaryFolder(async (folder) => {
    cpSync(join(RELEASE, 'node_modules'), join(folder, 'node_modules'), { recursive: true });
    const script = `process.stdout.write(typeof require('koffi').view)`;
    const output = execFileSync(process.execPath, ['-e', script], { cwd: folder, encoding: 'utf8' });
    assert.equal(output, 'function');
  }));

test('the bundle asks for no module but koffi and what Node has built in', () => {
  const script = `
    const { builtinModules, createRequire } = require('node:module');
    const text = require('node:fs').readFileSync(${JSON.stringify(join(RELEASE, 'websocksrv.cjs'))}, 'utf8');
    const names = [...text.matchAll(/\\brequire\\("([^"]+)"\\)/g)].map((match) => match[1].replace('node:', ''));
    const foreign = new Set(names.filter((name) => !builtinModules.includes(name) && !name.startsWith('.')));
    process.stdout.write([...foreign].join());
  `;
  assert.equal(execFileSync(process.execPath, ['-e', script], { encoding: 'utf8' }), 'koffi');
});

test('the library finds every library it links', () => {
  const output = execFileSync('ldd', [join(RELEASE, 'libvscpl2drv-websocksrv.so')], { encoding: 'utf8' });
  assert.match(output, /libnode\.so\.\d+ => /);
  assert.doesNotMatch(output, /not found/);
});

test('a second set-up finds nothing to do', () => {
  const output = execFileSync(process.execPath, [join(ROOT, 'scripts', 'setup.mjs')], { encoding: 'utf8' });
  assert.match(output, /npm packages … in step with package-lock\.json/);
  assert.match(output, /Native shim … up to date/);
  assert.match(output, /Bundle … up to date/);
  assert.doesNotMatch(output, /installed|unpacking|built|placed/);
});

test('two builds of one checkout run one after the other', () =>
  inTemporaryFolder(async (folder) => {
    const file = join(folder, 'lock');
    const order: string[] = [];
    let second: Promise<number> | undefined;
    await withBuildLock(async () => {
      order.push('first in');
      second = withBuildLock(async () => order.push('second in'), file);
      await setTimeout(HELD_MS);
      order.push('first out');
    }, file);
    await second;
    assert.deepEqual(order, ['first in', 'first out', 'second in']);
    assert.equal(existsSync(file), false);
  }));

test('the lock of a build that died is taken over', () =>
  inTemporaryFolder(async (folder) => {
    const dead = spawn(process.execPath, ['-e', '']);
    await once(dead, 'exit');
    const file = join(folder, 'lock');
    writeFileSync(file, String(dead.pid));
    assert.equal(await withBuildLock(async () => 'done', file), 'done');
  }));

test('a build that never ends is reported with the lock file to remove', () =>
  inTemporaryFolder(async (folder) => {
    const file = join(folder, 'lock');
    writeFileSync(file, String(process.pid));
    await assert.rejects(
      withBuildLock(async () => 'done', file, 0),
      (error: { remedy?: string }) => error.remedy?.includes(file) === true,
    );
  }));
