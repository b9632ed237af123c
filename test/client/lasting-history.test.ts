import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { BadInputError, type SeriesInfo, UnsupportedError, VscpClient } from '../../src/client/node.ts';
import { historyDriver, stateFolder, temperature } from '../support/history-driver.ts';
import { LiveDriver } from '../support/live-driver.ts';
import { stretched } from '../support/time-factor.ts';

async function connect(url: string): Promise<VscpClient> {
  const client = new VscpClient({ url: `${url}/ws2`, user: 'admin', password: 'secret' });
  await client.connect();
  return client;
}

test('series() and points() give typed answers; long spans and many series are asked for in pages', async (context) => {
  const driver = await historyDriver(context, stateFolder(context));
  const sensors = 17;
  for (let sensor = 0; sensor < sensors; sensor++) {
    for (const value of [1, 5]) await driver.host.write(temperature(value + sensor, sensor));
  }
  const client = await connect(driver.url);
  context.after(() => client.disconnect());
  let series: SeriesInfo[] = [];
  for (const until = performance.now() + stretched(60_000); series.length < sensors; await sleep(50)) {
    series = await client.series({ vscpClass: 1060 });
    assert.ok(performance.now() < until, `${series.length} series`);
  }
  const [first] = series;
  assert.ok(first !== undefined && first.since.getTime() > Date.now() - 3_600_000);
  assert.deepEqual([first.kind, first.vscpClass, first.measurementType], ['measurement', 1060, 6]);
  assert.deepEqual(await client.series({ vscpClass: 10 }), []);

  const to = new Date(Date.now() + 1000);
  const from = new Date(to.getTime() - 600_000);
  const ids = series.map(({ id }) => id);
  const points = await client.points({ series: ids, from, to, stepMs: 100, source: 'raw' });
  assert.equal(points.source, 'raw');
  assert.equal(points.stepMs, 100);
  assert.ok(points.t.length >= 6000, `${points.t.length} buckets`);
  const steps = new Set(points.t.slice(1).map((time, index) => time - (points.t[index] ?? 0)));
  assert.deepEqual([...steps], [100], 'no bucket twice, none left out');
  assert.deepEqual(
    points.series.map(({ id }) => id),
    ids,
  );
  for (const [index, { min, mean, max, n }] of points.series.entries()) {
    assert.ok([min, mean, max, n].every((column) => column.length === points.t.length));
    assert.equal(
      n.reduce((sum, count) => sum + count, 0),
      2,
    );
    const sensor = series[index]?.sensorIndex ?? 0;
    assert.equal(Math.min(...min.filter((value) => value !== null)), 1 + sensor);
    assert.equal(Math.max(...max.filter((value) => value !== null)), 5 + sensor);
  }
  const plot = await client.points({ series: ids.slice(0, 1), from });
  assert.ok(plot.t.length <= 301 && plot.t.length > 100, `${plot.t.length} buckets`);
  await assert.rejects(client.points({ series: ids, from: to, to: from }), BadInputError);
  await driver.stop();
});

test('a driver without a history is told apart', async (context) => {
  const driver = await LiveDriver.startFor(context);
  const client = await connect(driver.url);
  context.after(() => client.disconnect());
  await assert.rejects(client.series(), UnsupportedError);
  await assert.rejects(client.points({ series: [1], from: 0 }), UnsupportedError);
  await driver.stop();
});
