import assert from 'node:assert/strict';
import { promises as fs } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { FileWatcher } from '../../src/config/file-watcher.ts';

let folder = '';
let watcher: FileWatcher | undefined;

beforeEach(async () => {
  folder = await fs.mkdtemp(join(tmpdir(), 'watch-'));
});

afterEach(async () => {
  watcher?.close();
  await fs.rm(folder, { recursive: true, force: true });
});

/** Watches and hands out promises for the next notice. Polling alone would take an hour. */
async function watching(paths: string[], pollMs = 3_600_000) {
  let tell: () => void = () => undefined;
  let count = 0;
  const next = (): Promise<void> =>
    new Promise((resolve) => {
      tell = resolve;
    });
  watcher = new FileWatcher({
    paths,
    debounceMs: 20,
    pollMs,
    onChange: () => {
      count++;
      tell();
    },
  });
  await watcher.ready;
  // The watcher lets the process end; a test has to wait.
  const alive = setInterval(() => undefined, 1000);
  return { next, count: () => count, done: () => clearInterval(alive) };
}

test('a file that is written into, replaced, removed and made again is noticed each time', async () => {
  const path = join(folder, 'users.json');
  await fs.writeFile(path, 'one');
  const { next, done } = await watching([path]);
  const steps = [
    () => fs.writeFile(path, 'two'),
    async () => {
      await fs.writeFile(join(folder, 'users.json.tmp'), 'three');
      await fs.rename(join(folder, 'users.json.tmp'), path);
    },
    () => fs.rm(path),
    () => fs.writeFile(path, 'four'),
  ];
  for (const step of steps) {
    const noticed = next();
    await step();
    await noticed;
  }
  done();
});

test('a change of another file in the folder is not told', async () => {
  const path = join(folder, 'users.json');
  await fs.writeFile(path, 'one');
  const { next, count, done } = await watching([path]);
  const noticed = next();
  await fs.writeFile(join(folder, 'other.json'), 'x');
  await fs.writeFile(path, 'two');
  await noticed;
  assert.equal(count(), 1);
  done();
});

test('a folder that is made later is found by polling', async () => {
  const path = join(folder, 'later', 'users.json');
  const { next, done } = await watching([path], 30);
  const noticed = next();
  await fs.mkdir(join(folder, 'later'));
  await fs.writeFile(path, 'one');
  await noticed;
  done();
});

test('a listener that throws does not end the watch', async () => {
  const path = join(folder, 'users.json');
  await fs.writeFile(path, 'one');
  let calls = 0;
  await new Promise<void>((resolve, reject) => {
    const alive = setTimeout(() => reject(new Error('not told again')), 20_000);
    watcher = new FileWatcher({
      paths: [path],
      debounceMs: 10,
      pollMs: 30,
      onChange: () => {
        calls++;
        void fs.writeFile(path, `call ${calls}`);
        if (calls < 3) throw new Error('listener fault');
        clearTimeout(alive);
        resolve();
      },
    });
    void watcher.ready.then(() => fs.writeFile(path, 'two'));
  });
  assert.equal(calls, 3);
});
