import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  admin,
  historyDriver,
  seriesOf,
  stateFolder,
  temperature,
  untilCounted,
} from '../support/history-driver.ts';
import { LiveDriver } from '../support/live-driver.ts';
import { command } from '../support/token-client.ts';
import { basic } from '../support/users.ts';

test('/series and /points answer over HTTP, as JSON and as CSV of any length', async (context) => {
  const driver = await historyDriver(context, stateFolder(context));
  for (const value of [1, 2, 6]) await driver.host.write(temperature(value));
  const client = await admin(driver);
  const [known] = await seriesOf(client, 1);
  const id = known?.id ?? 0;
  await untilCounted(client, id, 3);
  const url = `http://127.0.0.1:${driver.port}/api/v1`;
  const get = (path: string, method = 'GET') =>
    fetch(url + path, { method, headers: basic('admin', 'secret') });

  const series = await get('/series?class=1060');
  assert.equal(series.headers.get('content-type'), 'application/json');
  assert.deepEqual(await series.json(), { series: [known] });
  assert.deepEqual(await (await get('/series?class=10')).json(), { series: [] });

  const to = Date.now() + 1000;
  const from = to - 3_600_000;
  const points = await get(`/points?series=${id}&from=${from}&to=${new Date(to).toISOString()}&buckets=4`);
  const {
    source,
    t,
    series: columns,
  } = (await points.json()) as {
    source: string;
    t: number[];
    series: { n: number[]; max: (number | null)[] }[];
  };
  assert.equal(source, 'quarter');
  assert.equal(
    columns[0]?.n.reduce((sum, n) => sum + n, 0),
    3,
  );
  assert.equal(columns[0]?.max.length, t.length);

  const csv = await get(`/points?series=${id}&from=${from}&to=${to}&step=100&source=raw&format=csv`);
  assert.equal(csv.headers.get('content-type'), 'text/csv; charset=utf-8');
  const lines = (await csv.text()).trim().split('\r\n');
  assert.equal(lines[0], `time,min_${id},mean_${id},max_${id},n_${id}`);
  assert.ok(lines.length > 36_000, `${lines.length} lines`);
  const filled = lines.slice(1).filter((line) => !line.endsWith(',,,,0'));
  const counts = filled.map((line) => Number(line.split(',').at(-1)));
  assert.equal(
    counts.reduce((sum, n) => sum + n, 0),
    3,
  );
  assert.equal(new Set(lines.map((line) => line.split(',')[0])).size, lines.length, 'no bucket twice');

  assert.equal((await get(`/points?series=${id}&from=${from}`, 'HEAD')).status, 200);
  for (const [query, field] of [
    ['', 'series'],
    ['?series=1', 'from'],
    ['?series=x&from=0', 'series'],
    [`?series=${id}&from=0&step=1`, 'step'],
    [`?series=${id}&from=0&source=hour`, 'source'],
  ]) {
    const refused = await get(`/points${query}`);
    assert.equal(refused.status, 400, query);
    assert.equal(((await refused.json()) as { field: string }).field, field);
  }
  await driver.stop();
});

test('/points tells when a state changed, in the shape and with the limits of POINTS', async (context) => {
  const driver = await historyDriver(context, stateFolder(context));
  for (const vscpType of [7, 7, 8, 7])
    await driver.host.write({ vscpClass: 20, vscpType, data: Uint8Array.of(0, 7, 1) });
  await driver.host.write(temperature(21));
  const client = await admin(driver);
  const ids = (await seriesOf(client, 2)).map(({ id }) => id);
  for (const [i, id] of ids.entries()) await untilCounted(client, id, i === 0 ? 4 : 1);
  const from = Date.now() - 60_000;
  const get = (more: string) =>
    fetch(`http://127.0.0.1:${driver.port}/api/v1/points?series=${ids}&from=${from}&buckets=1${more}`, {
      headers: basic('admin', 'secret'),
    });
  const changes = async (more: string) => {
    const { series } = (await (await get(more)).json()) as {
      series: { changes?: { t: number[]; value: number[] } }[];
    };
    return series.map((columns) => columns.changes);
  };
  const [door, measurement] = await changes('&changes=20000');
  assert.deepEqual([door?.value, measurement], [[1, 0, 1], undefined]);
  assert.ok(door?.t.every((time) => time > from && time <= Date.now() + 1000));
  const args = { series: ids, from, buckets: 1, changes: 20_000 };
  const over = (await command(client, 'POINTS', args)).args as { series: { changes?: object }[] };
  assert.deepEqual(door, over.series[0]?.changes, 'as over the websocket');
  assert.deepEqual((await changes('&changes=1'))[0]?.value, [1]);
  assert.deepEqual(await changes(''), [undefined, undefined]);
  for (const wrong of ['0', '20001', '1.5', 'all', '', '5&format=csv']) {
    const refused = await get(`&changes=${wrong}`);
    assert.equal(refused.status, 400, wrong);
    const { field, detail } = (await refused.json()) as { field: string; detail: string };
    assert.deepEqual([field, detail.startsWith('changes: ')], ['changes', true], detail);
  }
  await client.close();
  await driver.stop();
});

test('without a history /series and /points are problems that say so', async (context) => {
  const driver = await LiveDriver.startFor(context);
  for (const path of ['/series', '/points?series=1&from=0']) {
    const url = `http://127.0.0.1:${driver.port}/api/v1${path}`;
    const answer = await fetch(url, { headers: basic('admin', 'secret') });
    assert.equal(answer.status, 404);
    assert.match(((await answer.json()) as { type: string }).type, /:not-enabled$/);
  }
  await driver.stop();
});
