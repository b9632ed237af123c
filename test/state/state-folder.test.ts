import assert from 'node:assert/strict';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { StateFolder } from '../../src/state/state-folder.ts';
import { tempFolder } from '../config/temp-folder.ts';
import { createTestLogger } from '../support/memory-server.ts';

const folder = tempFolder();
const FORM = {
  version: 1,
  parse: (content: Record<string, unknown>) =>
    typeof content.n === 'number'
      ? ({ ok: true, value: content.n } as const)
      : ({ ok: false, reason: 'holds no n' } as const),
};

test('the folder is made for its owner alone, and so is each file', async () => {
  const path = join(folder.path, 'new', 'state');
  const { logger, lines } = createTestLogger();
  const state = await StateFolder.open(path, logger());
  assert.equal(await state.file('n.json', FORM).save(() => ({ n: 5 })), true);
  assert.equal(statSync(path).mode & 0o777, 0o700);
  assert.equal(statSync(join(path, 'n.json')).mode & 0o777, 0o600);
  assert.equal(JSON.parse(readFileSync(join(path, 'n.json'), 'utf8')).version, 1);
  assert.equal(await state.file('n.json', FORM).load(), 5);
  await state.close();
  assert.deepEqual(readdirSync(path), ['n.json'], 'the lock goes with its server');
  assert.deepEqual(lines, []);
});

const DAMAGED = {
  empty: '',
  'cut off': '{"version":1,"n":',
  'not an object': '[1]',
  'of another version': '{"version":2,"n":1}',
  'without what belongs in': '{"version":1}',
  'no text': '\xff\xfe',
};
for (const [what, text] of Object.entries(DAMAGED)) {
  test(`a file that is ${what} is put aside with one line, and begun anew`, async () => {
    const path = join(folder.path, `damaged ${what}`);
    const { logger, lines } = createTestLogger();
    const state = await StateFolder.open(path, logger());
    writeFileSync(join(path, 'n.json'), text, 'latin1');
    const file = state.file('n.json', FORM);
    assert.equal(await file.load(), undefined);
    assert.equal(lines.length, 1);
    assert.match(lines[0] ?? '', /^err .*n\.json: .*put aside as n\.json\.damaged/);
    assert.equal(readFileSync(join(path, 'n.json.damaged'), 'latin1'), text);
    assert.equal(await file.save(() => ({ n: 7 })), true);
    assert.equal(await file.load(), 7);
    await state.close();
  });
}

test('a second server with the same folder is refused, also in the same process, and gets it later', async () => {
  const path = join(folder.path, 'shared');
  const { logger } = createTestLogger();
  const first = await StateFolder.open(path, logger());
  await assert.rejects(
    StateFolder.open(path, logger()),
    new RegExp(`state-dir: .*shared belongs to another server that runs \\(process ${process.pid}\\)`),
  );
  await first.close();
  await first.close();
  const second = await StateFolder.open(path, logger());
  assert.ok(second.isWritable);
  await second.close();
});

test('a path longer than names of sockets may be can be taken too', async () => {
  const path = join(folder.path, 'long'.repeat(40));
  const { logger, lines } = createTestLogger();
  const state = await StateFolder.open(path, logger());
  assert.ok(state.isWritable, lines.join());
  assert.ok(existsSync(join(path, 'lock')));
  await state.close();
});

test('where nothing can be written, the log says so and the driver opens', async () => {
  const { logger, lines } = createTestLogger();
  const state = await StateFolder.open('/proc/state', logger());
  assert.equal(state.isWritable, false);
  assert.match(
    lines[0] ?? '',
    /^err state-dir: \/proc\/state cannot be written \(no such file\); tokens are kept/,
  );
  assert.equal(await state.file('n.json', FORM).save(() => ({ n: 5 })), false);
  await state.close();
  assert.equal(lines.length, 1);
});

test('a folder of somebody else is named with what is missing, read only, and left as it is', async () => {
  const path = join(folder.path, 'theirs');
  mkdirSync(path, { mode: 0o700 });
  writeFileSync(join(path, 'n.json'), '{"version":1,"n":5}', { mode: 0o644 });
  const isRoot = process.geteuid?.() === 0;
  chmodSync(folder.path, 0o755);
  chmodSync(path, isRoot ? 0o755 : 0o555);
  const { logger, lines } = createTestLogger();
  // Root may write everywhere: looked at as nobody.
  if (isRoot) process.seteuid?.(65_534);
  try {
    const state = await StateFolder.open(path, logger());
    assert.equal(state.isWritable, false);
    assert.deepEqual(lines, [
      `err state-dir: ${path} cannot be written (permission denied); tokens are kept in memory, until the driver closes`,
    ]);
    const file = state.file('n.json', FORM);
    assert.equal(await file.load(), 5);
    assert.equal(await file.save(() => ({ n: 6 })), false);
    await state.close();
  } finally {
    if (isRoot) process.seteuid?.(0);
    chmodSync(path, 0o755);
  }
  assert.deepEqual(readdirSync(path), ['n.json']);
});

test('a folder that every user of the machine may write is told of', async () => {
  const path = join(folder.path, 'open');
  mkdirSync(path);
  chmodSync(path, 0o777);
  const { logger, lines } = createTestLogger();
  await (await StateFolder.open(path, logger())).close();
  assert.deepEqual(lines, [
    `warn state-dir: ${path} can be read by every user of this machine; chmod o-rwx it`,
    `warn state-dir: ${path} can be changed by every user of this machine; chmod o-w it`,
  ]);
});
