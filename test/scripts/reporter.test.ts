import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { ROOT } from './load-script.ts';

/** Runs node:test with the project's reporter over one file; lines of its output without empty ones. */
function report(source: string): { lines: string[]; status: number | null } {
  const folder = mkdtempSync(join(tmpdir(), 'reporter-'));
  try {
    const file = join(folder, 'some.test.mjs');
    writeFileSync(file, `import test from 'node:test';\n${source}`);
    const reporter = `--test-reporter=${join(ROOT, 'scripts', 'test', 'reporter.mjs')}`;
    const { NODE_TEST_CONTEXT: _, ...env } = process.env;
    const { stdout, status } = spawnSync(
      process.execPath,
      ['--test', reporter, '--test-reporter-destination=stdout', file],
      { encoding: 'utf8', env },
    );
    return { lines: stdout.split('\n').filter((line) => line.trim() !== ''), status };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const SUMMARY = ['tests', 'suites', 'pass', 'fail', 'cancelled', 'skipped', 'todo', 'duration_ms'];
const summaryNames = (lines: string[]) => lines.slice(-8).map((line) => line.split(' ')[1]);

test('the summary closes the output when all is well', () => {
  const { lines, status } = report(`test('good', () => {});`);
  assert.equal(status, 0);
  assert.deepEqual(summaryNames(lines), SUMMARY);
  assert.ok(lines.includes('# pass 1'), lines.join('\n'));
});

test('the summary closes the output after the details of what failed', () => {
  const { lines, status } = report(
    `test('good', () => {});\ntest('bad', () => { throw new Error('why'); });`,
  );
  assert.equal(status, 1);
  assert.deepEqual(summaryNames(lines), SUMMARY);
  assert.ok(lines.includes('# fail 1'));
  assert.ok(lines.findIndex((line) => line.includes('Error: why')) < lines.indexOf('# tests 2'));
});
