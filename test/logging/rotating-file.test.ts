import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { promises as fs } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { RotatingFile, type RotatingFileOptions } from '../../src/logging/rotating-file.ts';

let folder = '';
let path = '';

beforeEach(async () => {
  folder = await fs.mkdtemp(join(tmpdir(), 'rotating-'));
  path = join(folder, 'x.log');
});

afterEach(() => fs.rm(folder, { recursive: true, force: true }));

function open(options: Partial<RotatingFileOptions> = {}): RotatingFile {
  return new RotatingFile({ path, maxSize: 1000, maxFiles: 3, retryMs: 10, ...options });
}

async function names(): Promise<string[]> {
  return (await fs.readdir(folder)).sort();
}

/** All lines of `x.N.log` … `x.1.log`, `x.log`, oldest first. */
async function linesInOrder(maxFiles: number): Promise<string[]> {
  let text = '';
  for (let index = maxFiles; index >= 0; index--) {
    const name = index === 0 ? path : join(folder, `x.${index}.log`);
    text += await fs.readFile(name, 'utf8').catch(() => '');
  }
  return text.split('\n').slice(0, -1);
}

function numbered(from: number, to: number): string[] {
  return Array.from(
    { length: to - from },
    (_, index) => `line ${from + index} ${'é'.repeat((from + index) % 40)}`,
  );
}

test('50 000 lines in bursts over many rotations and restarts: none lost, none out of order', async () => {
  const maxSize = 100_000;
  const expected: string[] = [];
  for (let run = 0; run < 5; run++) {
    const file = open({ maxSize, maxFiles: 100 });
    for (let burst = 0; burst < 4; burst++) {
      const lines = numbered(expected.length, expected.length + 2500);
      expected.push(...lines);
      for (const line of lines) assert.ok(file.write(line));
      if (burst % 2 === 1) await file.flush();
    }
    await file.close();
  }
  assert.equal(expected.length, 50_000);
  assert.deepEqual(await linesInOrder(100), expected);
  for (const name of await names()) {
    const { size } = await fs.stat(join(folder, name));
    assert.ok(size <= maxSize, `${name} has ${size} bytes`);
    if (name !== 'x.log') assert.ok(size > maxSize - 200, `${name} was left early: ${size} bytes`);
  }
});

test('only so many old files are kept, the newest', async () => {
  const file = open({ maxSize: 100, maxFiles: 2 });
  for (let index = 0; index < 20; index++) file.write(`${index}`.padStart(49, '.'));
  await file.flush();
  await file.close();
  assert.deepEqual(await names(), ['x.1.log', 'x.2.log', 'x.log']);
  assert.deepEqual(
    (await linesInOrder(2)).map((line) => Number(line.replaceAll('.', ''))),
    [14, 15, 16, 17, 18, 19],
  );
});

test('without old files the file begins anew', async () => {
  const file = open({ maxSize: 100, maxFiles: 0 });
  for (let index = 0; index < 5; index++) file.write(`${index}`.padStart(49, '.'));
  await file.close();
  assert.deepEqual(await names(), ['x.log']);
  assert.equal((await linesInOrder(0)).length, 1);
});

test('a line longer than a file gets one of its own, whole', async () => {
  const file = open({ maxSize: 100 });
  const long = 'x'.repeat(5000);
  for (const line of ['a', long, 'b']) file.write(line);
  await file.close();
  assert.deepEqual(await linesInOrder(3), ['a', long, 'b']);
  assert.deepEqual(await names(), ['x.1.log', 'x.2.log', 'x.log']);
});

test('the size of a file that is there already counts', async () => {
  await fs.writeFile(path, `${'o'.repeat(989)}\n`);
  const file = open({ maxSize: 1000 });
  file.write('new line, 20 letters');
  await file.close();
  assert.equal((await fs.stat(join(folder, 'x.1.log'))).size, 990);
  assert.equal(await fs.readFile(path, 'utf8'), 'new line, 20 letters\n');
});

test('folders are made 0750 and files 0640, even where the host has umask 0', async () => {
  path = join(folder, 'a', 'b', 'x.log');
  const script = `process.umask(0); const { RotatingFile } = await import('./src/logging/rotating-file.ts'); const file = new RotatingFile({ path: process.argv[1], maxSize: 9, maxFiles: 1 }); file.write('one'); file.write('twothree'); await file.close();`;
  execFileSync(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script, path], {
    cwd: new URL('../..', import.meta.url),
  });
  const modes = await Promise.all(
    ['a', 'a/b', 'a/b/x.log', 'a/b/x.1.log'].map((name) => fs.stat(join(folder, name))),
  );
  assert.deepEqual(
    modes.map(({ mode }) => (mode & 0o777).toString(8)),
    ['750', '750', '640', '640'],
  );
});

/** Waits until the file holds a text; the writer retries by itself. */
async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 5));
}

test('a folder in the place of the file is told once, and lines are kept until it is gone', async () => {
  await fs.mkdir(path);
  const troubles: string[] = [];
  const file = open({ onTrouble: (message) => troubles.push(message) });
  for (let round = 0; round < 3; round++) {
    file.write(`line ${round}`);
    await file.flush();
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  assert.equal(troubles.length, 1);
  assert.match(troubles[0] ?? '', /x\.log cannot be written: EISDIR/);
  await fs.rmdir(path);
  await until(async () => troubles.length === 2);
  await file.close();
  assert.match(troubles[1] ?? '', /x\.log can be written again/);
  assert.deepEqual(await linesInOrder(0), ['line 0', 'line 1', 'line 2']);
});

test('what does not fit into memory while the disk fails is dropped and counted', async () => {
  await fs.mkdir(path);
  const file = open({ maxPending: 100, maxSize: 10_000 });
  const taken = Array.from({ length: 50 }, (_, index) => file.write(`line ${index}`)).filter(Boolean).length;
  assert.ok(taken > 5 && taken < 50);
  assert.equal(file.lostLines, 50 - taken);
  await file.flush();
  await fs.rmdir(path);
  await until(() =>
    fs.stat(path).then(
      () => true,
      () => false,
    ),
  );
  await file.close();
  const lines = await linesInOrder(0);
  assert.deepEqual(
    lines.slice(0, taken),
    Array.from({ length: taken }, (_, index) => `line ${index}`),
  );
  assert.equal(lines.at(-1), `(${50 - taken} log lines were lost here: the file could not take them)`);
});

test('a device that is always full neither throws nor grows', async () => {
  const troubles: string[] = [];
  const file = open({ path: '/dev/full', maxPending: 1000, onTrouble: (message) => troubles.push(message) });
  for (let index = 0; index < 1000; index++) file.write('twenty letters of text');
  await file.flush();
  await file.close();
  assert.match(troubles.join(), /\/dev\/full cannot be written: ENOSPC/);
  assert.ok(file.lostLines > 900);
});

test('a pipe that nobody reads does not hang it', async () => {
  execFileSync('mkfifo', [path]);
  const file = open();
  file.write('one');
  await file.close(5000);
  assert.ok((await fs.stat(path)).isFIFO());
});

test('a file that is moved away or deleted is made anew', async () => {
  const file = open();
  file.write('one');
  await file.flush();
  await fs.rename(path, join(folder, 'moved.log'));
  await until(async () => {
    file.write('two');
    await file.flush();
    return fs.stat(path).then(
      () => true,
      () => false,
    );
  });
  await file.close();
  assert.match(await fs.readFile(path, 'utf8'), /^two\n/);
});

const mayMount = spawnSync('unshare', ['--mount', 'true']).status === 0;

test('a full disk cuts no line in two for good, and writing goes on when there is space', {
  skip: mayMount ? false : 'a file system may not be mounted here',
}, async () => {
  const disk = join(folder, 'disk');
  await fs.mkdir(disk);
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', disk]);
  try {
    await fs.writeFile(join(disk, 'ballast'), Buffer.alloc(40 * 1024));
    const troubles: string[] = [];
    const file = open({
      path: join(disk, 'x.log'),
      maxSize: 1_000_000,
      onTrouble: (text) => troubles.push(text),
    });
    const lines = numbered(0, 1000);
    for (const line of lines) file.write(line);
    await file.flush();
    assert.match(troubles.join(), /cannot be written: ENOSPC/);
    await fs.rm(join(disk, 'ballast'));
    await until(async () => troubles.length === 2);
    await file.close();
    assert.deepEqual((await fs.readFile(join(disk, 'x.log'), 'utf8')).split('\n').slice(0, -1), lines);
  } finally {
    execFileSync('umount', [disk]);
  }
});

test('two writers of one file lose nothing and rotate it once, not twice', async () => {
  const writers = [open({ maxSize: 20_000, maxFiles: 40 }), open({ maxSize: 20_000, maxFiles: 40 })];
  for (let round = 0; round < 20; round++) {
    for (const [index, writer] of writers.entries()) {
      for (let line = 0; line < 100; line++) writer.write(`writer ${index} line ${round * 100 + line}`);
    }
    await Promise.all(writers.map((writer) => writer.flush()));
  }
  await Promise.all(writers.map((writer) => writer.close()));
  const lines = await linesInOrder(40);
  assert.equal(new Set(lines).size, 4000);
  assert.ok((await names()).length <= 12, `${(await names()).length} files for ${lines.join().length} bytes`);
});

test('what waits can be written at once before an environment ends', async () => {
  const file = open();
  file.write('one');
  await file.flush();
  file.write('two');
  file.flushSync();
  assert.equal(await fs.readFile(path, 'utf8'), 'one\ntwo\n');
  await file.close();
  assert.equal(await fs.readFile(path, 'utf8'), 'one\ntwo\n');
});

test('a file in a folder that allows no renaming stays within its size', async () => {
  // A non-empty folder stands where the old file would go.
  await fs.mkdir(join(folder, 'x.1.log', 'inside'), { recursive: true });
  const file = open({ maxSize: 100, maxFiles: 1 });
  for (let index = 0; index < 50; index++) file.write(`${index}`.padStart(29, '.'));
  await file.flush();
  await file.close();
  assert.ok((await fs.stat(path)).size <= 100);
  assert.match(await fs.readFile(path, 'utf8'), /49\n$/);
});

async function rotateThrough(file: RotatingFile): Promise<void> {
  for (const line of numbered(0, 100)) file.write(line);
  await file.flush();
  await file.close();
}

test('a log path that is a link is rotated beside its target; the link stays', async () => {
  const target = join(folder, 'disk', 'real.log');
  await fs.mkdir(join(folder, 'disk'));
  await fs.symlink('disk/real.log', path);
  await rotateThrough(open());
  assert.deepEqual(await names(), ['disk', 'x.log']);
  assert.equal(await fs.readlink(path), 'disk/real.log');
  assert.deepEqual((await fs.readdir(join(folder, 'disk'))).sort(), [
    'real.1.log',
    'real.2.log',
    'real.3.log',
    'real.log',
  ]);
  assert.match(await fs.readFile(target, 'utf8'), /line 99/);
});

test('a log file is followed to where its link leads after the link was changed', async () => {
  await fs.symlink('one.log', path);
  const file = open({ maxSize: 100_000 });
  file.write('first');
  await file.flush();
  await fs.rm(path);
  await fs.symlink('two.log', path);
  const deadline = Date.now() + 10_000;
  while (!(await names()).includes('two.log') && Date.now() < deadline) {
    file.write('again');
    await file.flush();
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  await file.close();
  assert.match(await fs.readFile(join(folder, 'one.log'), 'utf8'), /^first\n/);
  assert.match(await fs.readFile(join(folder, 'two.log'), 'utf8'), /again\n/);
});

test('what the system has under /dev or /proc for the standard output is written to and never renamed', async () => {
  const stdout = await fs.open(join(folder, 'stdout'), 'w');
  await fs.symlink(`/proc/${process.pid}/fd/${stdout.fd}`, path);
  await rotateThrough(open());
  await stdout.close();
  assert.deepEqual(await names(), ['stdout', 'x.log']);
  assert.equal((await fs.readFile(join(folder, 'stdout'), 'utf8')).split('\n').length, 101);
});

test('a link or a second name that another user may have planted is not written to', async () => {
  const victim = join(folder, 'victim');
  await fs.writeFile(victim, 'untouched');
  const open777 = join(folder, 'open');
  await fs.mkdir(open777);
  await fs.chmod(open777, 0o777);
  const plant: ((name: string) => Promise<void>)[] = [
    (name) => fs.symlink(victim, name),
    (name) => fs.link(victim, name),
  ];
  for (const [index, put] of plant.entries()) {
    const planted = join(open777, `planted${index}.log`);
    await put(planted);
    const troubles: string[] = [];
    const file = open({ path: planted, onTrouble: (text) => troubles.push(text) });
    file.write('a line');
    await file.flush();
    file.flushSync();
    await file.close();
    assert.equal(await fs.readFile(victim, 'utf8'), 'untouched', planted);
    assert.match(troubles.join(), /another user/);
  }
});
