/** The lasting history when something around it fails: the driver serves on, and the history goes on when it can. */
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Database, plainSqliteHost } from '../../src/history/sqlite.ts';
import { tempFolder } from '../config/temp-folder.ts';
import { makeDriverFolder } from '../support/driver-folder.ts';
import {
  admin,
  historyDriver,
  historyKeys,
  seriesOf,
  stateFolder,
  temperature,
  untilCounted,
} from '../support/history-driver.ts';
import { LiveDriver } from '../support/live-driver.ts';
import { stretched } from '../support/time-factor.ts';
import { command } from '../support/token-client.ts';

const folder = tempFolder();
const MORTAL = fileURLToPath(new URL('../support/dying-driver.ts', import.meta.url));
const SETTLE_MS = stretched(10_000);
const DEATHS = Number(process.env.HISTORY_DEATHS ?? 4);
const mayMount = spawnSync('unshare', ['--mount', 'true']).status === 0;
const WHERE_MOUNTED = { skip: mayMount ? false : 'a file system may not be mounted here' } as const;

test('deaths of the runtime in a host that has SQLite loaded itself leave no descriptor and no lock, and lose no value that was handed over', async (context) => {
  const built = makeDriverFolder(MORTAL);
  context.after(() => built.remove());
  const driver = await LiveDriver.prepare({
    library: built.library,
    keys: historyKeys(stateFolder(context)),
    host: { env: { LD_PRELOAD: 'libsqlite3.so.0' } },
  });
  context.after(() => driver.dispose());
  let fds = Number.POSITIVE_INFINITY;
  for (let death = 1; death <= DEATHS; death++) {
    // Opened anew each time: a runtime that dies again and again is started again after ever longer times.
    await driver.open();
    await driver.host.write(temperature(death));
    const client = await admin(driver);
    const [series] = await seriesOf(client, 1);
    await untilCounted(client, series?.id ?? 0, death);
    const from = driver.log.length;
    client.send({ type: 'EVENT', event: { vscpClass: 65_535, vscpType: 1 } });
    await client.closed;
    driver.port = Number((await driver.waitForLog(/listens on ws:\/\/\S+:(\d+)/, from))[1]);
    const again = await admin(driver);
    const [found] = await seriesOf(again, 1);
    await untilCounted(again, found?.id ?? 0, death);
    await driver.host.close();
    // What is opened once and stays is open from the second opening on.
    if (death === 1) continue;
    // On a busy machine VSCPClose may leave a runtime to itself, which then still ends.
    const until = performance.now() + SETTLE_MS;
    let usage = await driver.usage();
    while (usage.fds > fds && performance.now() < until) {
      await sleep(100);
      usage = await driver.usage();
    }
    assert.ok(usage.fds <= fds, `death ${death}: descriptors ${fds} → ${usage.fds}`);
    fds = Math.min(fds, usage.fds);
  }
  assert.doesNotMatch(driver.log, /another program has it open|no history is kept/);
  await driver.stop();
});

test('a file that another program has open: said once, and values are kept once it is free', async (context) => {
  const folder = stateFolder(context);
  const host = plainSqliteHost();
  const other = Database.open(host, join(folder, 'history.db'), 'write');
  other.runAll(['PRAGMA locking_mode=EXCLUSIVE', 'BEGIN IMMEDIATE']);
  const driver = await historyDriver(context, folder);
  await driver.waitForLog(/another program has it open; values are kept once it is free/);
  const client = await admin(driver);
  assert.equal((await command(client, 'SERIES')).errcode, 10);
  await driver.host.write(temperature(4));
  await command(client, 'NOOP');
  other.close();
  const [series] = await seriesOf(client, 1);
  await untilCounted(client, series?.id ?? 0, 1);
  assert.equal(driver.log.match(/another program has it open/g)?.length, 1, driver.log);
  await driver.stop();
});

test('without libsqlite3 the driver serves, and one line says what to install', async (context) => {
  const folder = stateFolder(context);
  const libraries = join(folder, 'libraries');
  mkdirSync(libraries);
  writeFileSync(join(libraries, 'libsqlite3.so.0'), '');
  const host = { env: { LD_LIBRARY_PATH: libraries } };
  const driver = await historyDriver(context, join(folder, 'state'), {}, { host });
  await driver.waitForLog(/no history is kept: \S+: .*libsqlite3\.so\.0: /);
  const client = await admin(driver);
  assert.equal((await command(client, 'SERIES')).errcode, 10);
  await driver.host.write(temperature(4));
  assert.equal((await command(client, 'NOOP')).type, '+');
  assert.equal(driver.log.match(/\[history\]/g)?.length, 1, driver.log);
  await driver.stop();
});

test(
  'a full disk: said once, and values are kept again when there is room',
  WHERE_MOUNTED,
  async (context) => {
    const disk = join(folder.path, 'disk');
    mkdirSync(disk);
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', disk]);
    context.after(() => execFileSync('umount', ['--lazy', disk]));
    const driver = await historyDriver(context, join(disk, 'state'));
    const client = await admin(driver);
    await driver.host.write(temperature(1));
    const [series] = await seriesOf(client, 1);
    await untilCounted(client, series?.id ?? 0, 1);
    const ballast = join(disk, 'ballast');
    assert.throws(() => writeFileSync(ballast, Buffer.alloc(2 * 1024 * 1024)), /ENOSPC/);
    for (let i = 0; i < 3000; i++) await driver.host.write(temperature(i, i % 100));
    await driver.waitForLog(/history\.db cannot be written \(.*\); values are lost until it can/);
    assert.equal((await command(client, 'NOOP')).type, '+');
    rmSync(ballast);
    await driver.waitForLog(/history\.db can be written again/);
    await driver.host.write(temperature(77, 150));
    await seriesOf(client, 1, { filter: { class: 1060 }, mask: { class: 65535 } });
    assert.equal(driver.log.match(/cannot be written/g)?.length, 1, driver.log);
    await driver.stop();
    assert.ok(readFileSync(join(disk, 'state', 'history.db')).length > 0);
  },
);
