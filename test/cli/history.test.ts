import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import {
  admin,
  historyDriver,
  historyKeys,
  seriesOf,
  stateFolder,
  temperature,
  total,
  untilCounted,
} from '../support/history-driver.ts';

/** The built command, next to which koffi is found. */
const CLI = fileURLToPath(new URL('../../build/cli.mjs', import.meta.url));

async function history(
  stateDir: string,
  ...args: string[]
): Promise<{ code: number; out: string; err: string }> {
  const config = join(stateDir, 'config.json');
  const users = join(stateDir, 'users.json');
  writeFileSync(users, JSON.stringify({ users: [] }));
  writeFileSync(config, JSON.stringify({ ...historyKeys(stateDir), 'path-users': users }));
  const line = [CLI, 'history', ...args, '--config', config];
  try {
    const { stdout, stderr } = await promisify(execFile)(process.execPath, line, { timeout: 120_000 });
    return { code: 0, out: stdout, err: stderr };
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
    return { code, out: stdout, err: stderr };
  }
}

test('history info, export and vacuum work on the file of a driver that runs, and it goes on keeping values', async (context) => {
  const folder = stateFolder(context);
  const driver = await historyDriver(context, folder);
  for (const value of [20, 21.5]) await driver.host.write(temperature(value));
  const client = await admin(driver);
  const [series] = await seriesOf(client, 1);
  const id = series?.id ?? 0;
  await untilCounted(client, id, 2);

  const exported = await history(folder, 'export');
  assert.equal(exported.code, 0, exported.err);
  const [head, ...lines] = exported.out.trim().split('\r\n');
  assert.equal(head, 'time,series,kind,class,type,guid,sensor,unit,value');
  assert.deepEqual(
    lines.map((line) => line.split(',').slice(1)),
    [20, 21.5].map((value) => [
      String(id),
      'measurement',
      '1060',
      '6',
      series?.guid,
      '0',
      '°C',
      String(value),
    ]),
  );
  await driver.host.write(temperature(30));
  await untilCounted(client, (await seriesOf(client, 1))[0]?.id ?? 0, 3);

  const info = await history(folder, 'info', '--series', 'all');
  assert.equal(info.code, 0, info.err);
  assert.match(info.out, /series {4}1\n/);
  assert.match(info.out, /raw {7}\d{4}-\S+Z to \S+Z/);
  assert.match(info.out, /measurement 1060 6/);
  assert.equal((await history(folder, 'vacuum')).code, 0);
  const [again] = await seriesOf(client, 1);
  assert.deepEqual(await total(client, again?.id ?? 0), { n: 3, min: 20, max: 30 });
  await driver.waitForLog(/history\.db is lent to the command line[\s\S]*history\.db is open again/);
  await driver.stop();
});

test('history works on the file of a driver that is closed, and says what is wrong', async (context) => {
  const folder = stateFolder(context);
  const none = await history(folder, 'info');
  assert.equal(none.code, 1);
  assert.match(none.err, /history\.db: there is no history yet/);
  const noBroker = await history(folder, 'info', '--node-number', '1');
  assert.equal(noBroker.code, 1);
  assert.match(noBroker.err, /--node-number: the configuration names no broker \(mqtt\.url\)/);
  assert.equal((await history(folder, 'show')).code, 2);
  assert.equal((await history(folder, 'export', '--source', 'hour')).code, 2);
  assert.equal((await history(folder, 'export', '--from', 'soon')).code, 2);

  const driver = await historyDriver(context, folder);
  for (let i = 0; i < 3; i++) await driver.host.write(temperature(i));
  const client = await admin(driver);
  await untilCounted(client, (await seriesOf(client, 1))[0]?.id ?? 0, 3);
  await driver.stop();
  const later = await history(folder, 'export', '--from', '2100-01-01');
  assert.equal(later.out.trim().split('\r\n').length, 1);
  const all = await history(folder, 'export');
  assert.equal(all.out.trim().split('\r\n').length, 4);
  assert.equal((await history(folder, 'export', '--source', 'day')).code, 0);
  const vacuum = await history(folder, 'vacuum');
  assert.match(vacuum.err, /MB before, .* MB now/);
  assert.ok(statSync(join(folder, 'history.db')).size > 0);
  assert.equal(existsSync(join(folder, 'history.db.wanted')), false);

  writeFileSync(
    join(folder, 'history.db'),
    'no database at all, but something else of a certain length'.repeat(99),
  );
  const broken = await history(folder, 'info');
  assert.equal(broken.code, 1);
  assert.match(broken.err, /history\.db: file is not a database/);
});
