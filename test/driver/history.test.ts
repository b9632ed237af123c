import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
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
import { LiveDriver } from '../support/live-driver.ts';
import { command, passwordClient } from '../support/token-client.ts';
import { quickUser } from '../support/users.ts';

test('values of the host and of clients are there after VSCPClose and the next VSCPOpen', async (context) => {
  const folder = stateFolder(context);
  const first = await historyDriver(context, folder);
  for (const value of [20, 21, 25]) assert.equal((await first.host.write(temperature(value))).code, 0);
  const client = await admin(first);
  const [series] = await seriesOf(client, 1);
  assert.ok(series !== undefined);
  assert.equal(series.kind, 'measurement');
  assert.deepEqual([series.class, series.type, series.measurement, series.symbol], [1060, 6, 6, '°C']);
  await untilCounted(client, series.id, 3);
  await first.host.close();
  assert.equal(statSync(join(folder, 'history.db')).mode & 0o777, 0o600);

  await first.open();
  const again = await admin(first);
  const [found] = await seriesOf(again, 1);
  assert.equal(found?.id, series.id);
  assert.deepEqual(await total(again, series.id), { n: 3, min: 20, max: 25 });
  await first.stop();
});

test('users see and get only the series whose events they may receive', async (context) => {
  const only = quickUser('only', 'user');
  const driver = await historyDriver(
    context,
    stateFolder(context),
    {},
    {
      users: [
        quickUser('admin', 'admin'),
        { ...only, events: ['rx;10:6'] },
        { ...quickUser('deaf', 'websockets,send-events'), name: 'deaf' },
      ],
    },
  );
  await driver.host.write({ vscpClass: 10, vscpType: 6, data: Uint8Array.from([0x68, 1]) });
  await driver.host.write({ vscpClass: 10, vscpType: 7, data: Uint8Array.from([0x68, 2]) });
  await driver.host.write({ vscpClass: 20, vscpType: 3, data: Uint8Array.from([1, 2, 3]) });
  const boss = await admin(driver);
  const all = await seriesOf(boss, 3);
  for (const { id } of all) await untilCounted(boss, id, 1);
  const seen = await seriesOf(boss);
  assert.deepEqual(seen.map(({ kind, class: c, type }) => `${kind} ${c} ${type}`).sort(), [
    'measurement 10 6',
    'measurement 10 7',
    'state 20 3',
  ]);
  assert.deepEqual(
    (await seriesOf(boss, 1, { filter: { class: 20 }, mask: { class: 65535 } })).map(({ kind }) => kind),
    ['state'],
  );

  const narrow = await passwordClient(driver.url, 'only');
  const visible = await seriesOf(narrow);
  assert.deepEqual(
    visible.map(({ class: c, type }) => [c, type]),
    [[10, 6]],
  );
  const hidden = seen.find(({ type }) => type === 7)?.id;
  const reply = await command(narrow, 'POINTS', { series: [hidden, visible[0]?.id], from: 0 });
  assert.deepEqual(
    (reply.args.series as { id: number }[]).map(({ id }) => id),
    [visible[0]?.id],
  );
  const deaf = await passwordClient(driver.url, 'deaf');
  assert.equal((await command(deaf, 'SERIES')).errcode, 7);
  assert.equal((await command(deaf, 'POINTS', { series: [1], from: 0 })).errcode, 7);
  await driver.stop();
});

test('a question that is wrong is refused with the name of the field', async (context) => {
  const driver = await historyDriver(context, stateFolder(context));
  const client = await admin(driver);
  await seriesOf(client);
  const wrong: [object, RegExp][] = [
    [{ from: 0 }, /series: expected 1 to 16 ids/],
    [{ series: [], from: 0 }, /series:/],
    [{ series: Array(17).fill(1), from: 0 }, /series:/],
    [{ series: ['1'], from: 0 }, /series:/],
    [{ series: [1] }, /from:/],
    [{ series: [1], from: 'yesterday' }, /from:/],
    [{ series: [1], from: 5, to: 4 }, /from:/],
    [{ series: [1], from: 0, to: {} }, /to:/],
    [{ series: [1], from: 0, buckets: 2001 }, /buckets:/],
    [{ series: [1], from: 0, buckets: 0.5 }, /buckets:/],
    [{ series: [1], from: 0, step: 1 }, /step:/],
    [{ series: [1], from: 0, source: 'hour' }, /source: expected one of raw, minute, quarter, day/],
  ];
  for (const [args, text] of wrong) {
    const reply = await command(client, 'POINTS', args);
    assert.equal(reply.errcode, 1, JSON.stringify(args));
    assert.match(reply.errstr ?? '', text);
  }
  assert.equal((await command(client, 'SERIES', { filter: { class: 'x' } })).errcode, 1);
  await driver.stop();
});

test('without the key there is no history: no command, no file, no thread', async (context) => {
  const folder = stateFolder(context);
  const driver = await LiveDriver.startFor(context, { keys: { 'state-dir': folder } });
  const client = await admin(driver);
  assert.equal((await command(client, 'SERIES')).errcode, 2);
  const version = await command(client, 'VERSION');
  assert.doesNotMatch(JSON.stringify(version.args), /SERIES/);
  const without = await driver.usage();
  await driver.host.close();
  assert.equal(existsSync(join(folder, 'history.db')), false);
  await driver.open(historyKeys(folder));
  await seriesOf(await admin(driver));
  assert.ok((await driver.usage()).threads > without.threads);
  await driver.stop();
});

const NO_HISTORY: Record<string, { spoil: (folder: string) => void; line: RegExp }> = {
  'a file of another program': {
    spoil: (folder) => mkdirSync(join(folder, 'history.db')),
    line: /no history is kept: \S+history\.db: /,
  },
  'a link in its place': {
    spoil: (folder) => symlinkSync('/etc/passwd', join(folder, 'history.db')),
    line: /no history is kept: \S+history\.db: ELOOP/,
  },
};

for (const [name, { spoil, line }] of Object.entries(NO_HISTORY)) {
  test(`${name}: the driver opens and serves, and one line says that there is no history`, async (context) => {
    const folder = stateFolder(context);
    spoil(folder);
    const driver = await historyDriver(context, folder);
    await driver.waitForLog(line);
    const client = await admin(driver);
    const reply = await command(client, 'SERIES');
    assert.equal(reply.errcode, 10);
    assert.match(reply.errstr ?? '', /There is no history at the moment/);
    await driver.host.write(temperature(1));
    assert.equal((await command(client, 'NOOP')).type, '+');
    assert.equal(driver.log.match(/\[history\]/g)?.length, 1, driver.log);
    await driver.stop();
  });
}

test('without state-dir enable-history is a warning, and the driver opens', async (context) => {
  const driver = await LiveDriver.startFor(context, { keys: { 'enable-history': true } });
  await driver.waitForLog(/enable-history: found true without state-dir; no history is kept/);
  await driver.stop();
});

test('a damaged file is set aside and a new one begun', async (context) => {
  const folder = stateFolder(context);
  const file = join(folder, 'history.db');
  writeFileSync(file, 'this is not a database, and it is long enough to be looked at '.repeat(100));
  chmodSync(file, 0o600);
  const driver = await historyDriver(context, folder);
  await driver.waitForLog(
    /history\.db is damaged \(.*\); it is now (\S+\.corrupt-\S+), and a new one was begun/,
  );
  await driver.host.write(temperature(3));
  const client = await admin(driver);
  const [series] = await seriesOf(client, 1);
  await untilCounted(client, series?.id ?? 0, 1);
  await driver.stop();
});

test('POINTS tells when a state changed, and refuses a number of changes that it cannot tell', async (context) => {
  const driver = await historyDriver(context, stateFolder(context));
  for (const vscpType of [7, 7, 8, 7])
    await driver.host.write({ vscpClass: 20, vscpType, data: Uint8Array.of(0, 7, 1) });
  const client = await admin(driver);
  const [door] = await seriesOf(client, 1);
  assert.equal(door?.kind, 'state');
  const series = [door?.id];
  await untilCounted(client, door?.id ?? 0, 4);
  const ask = { series, from: Date.now() - 60_000, buckets: 1 };
  const told = async (changes: unknown) => {
    const reply = (await command(client, 'POINTS', { ...ask, changes })).args as {
      series: { changes?: { t: number[]; value: number[] } }[];
    };
    return reply.series[0]?.changes;
  };
  assert.deepEqual((await told(10))?.value, [1, 0, 1]);
  assert.deepEqual((await told(1))?.value, [1]);
  assert.equal(await told(null), undefined);
  for (const changes of [0, 1.5, 20_001, true, '5'])
    assert.match(
      String((await command(client, 'POINTS', { ...ask, changes })).errstr),
      /changes: expected a whole number/,
    );
  await driver.stop();
});
