import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { loadScript, ROOT } from './load-script.ts';

interface Skip {
  name: string;
  reason: string;
}

const { FAILED_HEADING, UNSTEADY_HEADING } = await loadScript<{
  FAILED_HEADING: string;
  UNSTEADY_HEADING: string;
}>('test/reporter.mjs');
const { ALLOWED_SKIPS, needsBrowser } = await loadScript<{
  ALLOWED_SKIPS: [Skip, ...Skip[]];
  needsBrowser(source: string): boolean;
}>('test/skips.mjs');
const { sourceFiles } = await loadScript<{ sourceFiles(folder: string, suffixes: string[]): string[] }>(
  'test/checks.mjs',
);
const testFiles = () => sourceFiles('test', ['.test.ts']);

interface Outcome {
  /** Of the output, without empty ones. */
  lines: string[];
  status: number | null;
}

/** Runs one file as `npm test` does, with what is given in its environment. */
function report(source: string, env: Record<string, string> = {}, ...options: string[]): Outcome {
  const folder = mkdtempSync(join(tmpdir(), 'reporter-'));
  try {
    const file = join(folder, 'some.test.mjs');
    writeFileSync(file, `import { after, test } from 'node:test';\n${source}`);
    const { NODE_TEST_CONTEXT: _, CI: __, ...inherited } = process.env;
    const script = (name: string) => join(ROOT, 'scripts', 'test', name);
    const { stdout, status } = spawnSync(
      process.execPath,
      ['--import', script('left-open.mjs'), script('run-files.mjs'), ...options, file],
      { encoding: 'utf8', env: { ...inherited, ...env } },
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

test('what failed is named once more just before the summary, with its file and reason', () => {
  const { lines } = report(
    `test('good', () => {});\ntest('bad', (t) => t.test('inner', () => { throw new Error('why:\\n  because'); }));`,
  );
  const at = lines.indexOf(FAILED_HEADING);
  assert.match(lines[at + 1] ?? '', /some\.test\.mjs: inner: why: because \(line 3\)$/);
  assert.match(lines[at + 2] ?? '', /^# tests \d$/);
});

test('what passes in a second run, alone, is told as unsteady; what fails again has failed', () => {
  const once = `import { existsSync, writeFileSync } from 'node:fs';
const mark = new URL('mark', import.meta.url);
const isAgain = existsSync(mark);
writeFileSync(mark, '');
test('good', () => {});
test('at times', (t) => t.test('inner', () => { if (!isAgain) throw new Error('too early'); }));`;
  const unsteady = report(once, {}, '--again');
  assert.equal(unsteady.status, 0, unsteady.lines.join('\n'));
  const at = unsteady.lines.indexOf(UNSTEADY_HEADING);
  assert.match(unsteady.lines[at + 1] ?? '', /some\.test\.mjs: inner: too early \(line 7\)$/);
  assert.ok(unsteady.lines.includes('# pass 3') && unsteady.lines.includes('# fail 0'));
  assert.ok(!unsteady.lines.includes(FAILED_HEADING));
  assert.equal(report(once).status, 1, 'not without being asked');

  const failing = report(`test('bad', () => { throw new Error('why'); });`, {}, '--again');
  assert.equal(failing.status, 1);
  assert.ok(failing.lines.includes(FAILED_HEADING) && failing.lines.includes('# fail 1'));
  assert.ok(!failing.lines.includes(UNSTEADY_HEADING));
  assert.deepEqual(summaryNames(failing.lines), SUMMARY);
});

const SKIPS = `test('good', () => {});
test('on option', { skip: 'no such thing here' }, () => {});
test('by itself', (t) => t.skip());`;

test('skipped tests are listed with their reasons', () => {
  const { lines, status } = report(SKIPS);
  assert.equal(status, 0, lines.join('\n'));
  const at = lines.indexOf('Skipped:');
  assert.deepEqual(lines.slice(at + 1, at + 3), [
    '  on option: no such thing here',
    '  by itself: no reason given',
  ]);
  assert.deepEqual(summaryNames(lines), SUMMARY);
  assert.ok(lines.includes('# skipped 2') && lines.includes('# fail 0'), lines.join('\n'));
});

test('in continuous integration a skip that is not in the list is a failure', () => {
  const { lines, status } = report(SKIPS, { CI: 'true' });
  assert.equal(status, 1);
  const at = lines.indexOf(FAILED_HEADING);
  assert.match(lines[at + 1] ?? '', /skipped without leave .*: {2}on option: no such thing here$/);
  assert.ok(lines.includes('# skipped 0') && lines.includes('# fail 2'), lines.join('\n'));
  assert.deepEqual(summaryNames(lines), SUMMARY);
});

test('in continuous integration a skip may stand in the list, by its name and reason', () => {
  const [{ name, reason }] = ALLOWED_SKIPS;
  const skip = (why: string) => `test(${JSON.stringify(name)}, { skip: ${JSON.stringify(why)} }, () => {});`;
  assert.equal(report(skip(reason), { CI: 'true' }).status, 0);
  assert.equal(report(skip('another reason'), { CI: 'true' }).status, 1);
});

test('each skip that is allowed names a test or a file that is there', () => {
  for (const { name } of ALLOWED_SKIPS) {
    const sources = testFiles().map((file) => readFileSync(join(ROOT, file), 'utf8'));
    const isThere = existsSync(join(ROOT, name)) || sources.some((text) => text.includes(`'${name}'`));
    assert.ok(isThere, name);
  }
});

test('files that cannot be loaded are skipped, not left out in silence', () => {
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const { stdout } = spawnSync(
    process.execPath,
    [join(ROOT, 'scripts/test/run-files.mjs'), join(ROOT, 'scripts/test/left-out.mjs')],
    { encoding: 'utf8', env: { ...env, CI: '', LEFT_OUT: '{"test/some.test.ts":"not here"}' } },
  );
  assert.match(stdout, /^Skipped:\n {2}test\/some\.test\.ts: not here$/m);
  assert.match(stdout, /^# skipped 1$/m);
});

test('what a test leaves open is named and fails the run, instead of holding it up', () => {
  const open = `import { createServer } from 'node:net';
test('opens', () => new Promise((resolve) => createServer().listen(0, '127.0.0.1', resolve)));`;
  const { lines, status } = report(open, { LEFT_OPEN_GRACE_MS: '200' });
  assert.equal(status, 1, lines.join('\n'));
  assert.match(lines.join('\n'), /some\.test\.mjs: left open by its tests: .*TCPServerWrap/);
});

test('what is closed after the tests is not left open', () => {
  const closed = `import { createServer } from 'node:net';
const server = createServer();
test('opens', () => new Promise((resolve) => server.listen(0, '127.0.0.1', resolve)));
after(() => server.close());`;
  const { lines, status } = report(closed);
  assert.equal(status, 0, lines.join('\n'));
});

test('no test skips itself half way: what was set up for it would stay open', () => {
  for (const file of testFiles()) {
    if (file.endsWith('scripts/reporter.test.ts')) continue;
    assert.doesNotMatch(readFileSync(join(ROOT, file), 'utf8'), /\b(t|context)\.skip\(/, file);
  }
});

test('every test file that needs a browser is in the list of skips, also where there is a browser', () => {
  const needing = testFiles().filter((file) => needsBrowser(readFileSync(join(ROOT, file), 'utf8')));
  const listed = ALLOWED_SKIPS.map(({ name }) => name).filter((name) => name.endsWith('.test.ts'));
  assert.deepEqual(listed.sort(), needing.sort());
});
