import assert from 'node:assert/strict';
import { chmodSync, promises as fs } from 'node:fs';
import { afterEach, test } from 'node:test';
import { type UserChange, UserDatabase } from '../../src/auth/user-database.ts';
import type { Logger, LogLevel } from '../../src/logging/logger.ts';
import { tempFolder } from '../config/temp-folder.ts';

const folder = tempFolder();
const HASH = `${'A1'.repeat(16)};${'B2'.repeat(32)}`;
let database: UserDatabase | undefined;
// Watchers let a process end; a test that waits for one must not.
const alive = setInterval(() => undefined, 1000);
test.after(() => clearInterval(alive));

afterEach(() => database?.close());

function user(name: string, more: Record<string, unknown> = {}): Record<string, unknown> {
  return { name, password: HASH, rights: 'user', ...more };
}

function usersText(...users: unknown[]): string {
  return JSON.stringify({ users });
}

/** A logger that hands out promises for the next line of a level. */
function recorder(): Logger & { lines: string[]; next(level: LogLevel): Promise<string> } {
  const lines: string[] = [];
  const waiting: { level: LogLevel; resolve: (line: string) => void }[] = [];
  const take = (level: LogLevel) => (message: string) => {
    lines.push(`${level} ${message}`);
    for (const waiter of waiting.splice(0)) {
      if (waiter.level === level) waiter.resolve(message);
      else waiting.push(waiter);
    }
  };
  return {
    lines,
    next: (level) => new Promise((resolve) => waiting.push({ level, resolve })),
    trace: take('trace'),
    debug: take('debug'),
    info: take('info'),
    warn: take('warn'),
    err: take('err'),
    critical: take('critical'),
    enabled: () => true,
  };
}

async function watched(name: string, text: string) {
  const path = folder.file(name, text);
  const log = recorder();
  database = new UserDatabase({ path, log, debounceMs: 20, pollMs: 100 });
  const result = await database.load();
  assert.ok(result.ok, JSON.stringify(result));
  const changes: UserChange[] = [];
  database.on('change', (change) => changes.push(change));
  await database.watch();
  return { path, log, database, changes };
}

test('JSON and XML files give the same users', async () => {
  const json = folder.file(
    'a.json',
    usersText(user('anna', { fullname: 'Anna A', events: ['10:*'] }), user('bo')),
  );
  const xml = folder.file(
    'a.xml',
    `<users><user name="anna" password="${HASH}" rights="user"><full_name>Anna A</full_name><events>10:*</events></user><user user="bo" credentials="${HASH}" rights="user"/></users>`,
  );
  const read = async (path: string) => {
    const source = new UserDatabase({ path, log: recorder() });
    const result = await source.load();
    assert.ok(result.ok, JSON.stringify(result));
    return [source.size, source.get('anna'), source.get('bo'), source.get('nobody')];
  };
  const fromJson = await read(json);
  assert.equal(fromJson[0], 2);
  assert.deepEqual(await read(xml), fromJson);
});

test('every problem names the file and the user', async () => {
  const path = folder.file(
    'bad.json',
    usersText(user('anna'), user('anna'), user('bo', { password: 'zz' }), user('cy', { remotes: '+1.2.3' })),
  );
  const result = await new UserDatabase({ path, log: recorder() }).load();
  assert.ok(!result.ok);
  assert.equal(result.problems.length, 3);
  for (const [index, name] of ['anna', 'bo', 'cy'].entries()) {
    const problem = result.problems[index] ?? '';
    assert.ok(problem.startsWith(`${path}: `) && problem.includes(`"${name}"`), problem);
  }
});

test('a missing file and one that does not parse are refused with the place', async () => {
  const missing = await new UserDatabase({ path: '/no/such/users', log: recorder() }).load();
  assert.deepEqual(missing, { ok: false, problems: ['/no/such/users: no such file'], warnings: [] });
  const path = folder.file('broken.json', '{"users":[\n{]}');
  const broken = await new UserDatabase({ path, log: recorder() }).load();
  assert.ok(!broken.ok);
  assert.match(broken.problems[0] ?? '', /broken\.json:2:2: found "]", expected a key in double quotes/);
});

test('a file that others can read warns', async () => {
  const path = folder.file('open.json', usersText(user('anna')));
  chmodSync(path, 0o644);
  const result = await new UserDatabase({ path, log: recorder() }).load();
  assert.deepEqual(result.warnings, [`${path}: can be read by every user of this machine; chmod o-rwx it`]);
  chmodSync(path, 0o640);
  assert.deepEqual((await new UserDatabase({ path, log: recorder() }).load()).warnings, []);
});

test('edits take effect while running and tell who is gone and who differs', async () => {
  const { path, log, database, changes } = await watched(
    'live.json',
    usersText(user('anna'), user('bo'), user('cy')),
  );
  const before = database.get('anna');
  const read = log.next('info');
  await fs.writeFile(path, usersText(user('anna'), user('bo', { rights: 'admin' }), user('dee')));
  await read;
  assert.equal(changes.length, 1);
  assert.deepEqual(changes[0]?.removed, ['cy']);
  assert.deepEqual(changes[0]?.updated, [database.get('bo')]);
  assert.equal(database.get('bo')?.rights, 0xffffffff);
  assert.equal(database.get('cy'), undefined);
  assert.equal(database.get('dee')?.name, 'dee');
  assert.deepEqual(database.get('anna'), before);
});

/** Puts a whole new file in the place of another; a file that is rewritten is empty for a moment. */
async function replace(path: string, text: string): Promise<void> {
  await fs.writeFile(`${path}.new`, text, { mode: 0o600 });
  await fs.rename(`${path}.new`, path);
}

test('a bad or missing file keeps the users, is logged, and mending it takes effect', async () => {
  const { path, log, database, changes } = await watched('mend.json', usersText(user('anna')));
  const bads: [change: () => Promise<void>, line: RegExp][] = [
    [
      () => replace(path, '{"users":[{"name":"an'),
      /mend\.json:1:19: a text without closing quote; the users read before stay in force$/,
    ],
    [
      () => replace(path, usersText(user('bo', { password: 'x' }))),
      /"bo".*; the users read before stay in force$/,
    ],
    [() => fs.rm(path), /mend\.json: no such file; the users read before stay in force$/],
  ];
  for (const [change, line] of bads) {
    const logged = log.next('err');
    await change();
    assert.match(await logged, line);
    assert.equal(database.get('anna')?.name, 'anna');
    assert.equal(changes.length, 0);
  }
  const read = log.next('info');
  await fs.writeFile(`${path}.new`, usersText(user('bo')));
  await fs.rename(`${path}.new`, path);
  await read;
  assert.deepEqual(changes, [{ removed: ['anna'], updated: [] }]);
});

test('no hash ever reaches the log', async () => {
  const { path, log } = await watched('secret.json', usersText(user('anna')));
  const logged = log.next('err');
  await fs.writeFile(path, usersText(user('anna', { password: `${HASH}00` }), user('bo', { rights: HASH })));
  await logged;
  assert.doesNotMatch(log.lines.join('\n'), /[0-9A-F]{16}/);
});

test('a listener that throws is logged and does not stop the watch', async () => {
  const { path, log, database } = await watched('throw.json', usersText(user('anna')));
  database.on('change', () => {
    throw new Error('listener fault');
  });
  for (const name of ['bo', 'cy']) {
    const logged = log.next('err');
    await fs.writeFile(path, usersText(user(name)));
    assert.match(await logged, /listener fault/);
  }
});
