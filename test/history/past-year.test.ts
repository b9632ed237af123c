/** The made-up year of `npm start -- --history-demo`. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { writePastYear } from '../../examples/house/past-year.ts';
import type { SeriesColumns } from '../../src/history/points.ts';
import { DAY_MS, HOUR_MS } from '../../src/history/schema.ts';
import type { SeriesInfo } from '../../src/history/series-table.ts';
import { plainSqliteHost } from '../../src/history/sqlite.ts';
import { HistoryStore } from '../../src/history/store.ts';
import { stateFolder } from '../support/history-driver.ts';

/** Contains the gap that ends 60 days ago, and not much more: what is older is made in the same way. */
const DAYS = 67;

test('a made-up past has a hundred series without a hole but the days when the driver was off, however it was written', async (context) => {
  const path = join(stateFolder(context), 'history.db');
  const lines: string[] = [];
  const before = Date.now();
  await writePastYear(path, (line) => lines.push(line), undefined, DAYS);
  const now = Date.now();
  assert.deepEqual(
    lines,
    [20, 40, 60, 80].map((percent) => `A past year is made up: ${percent} %`),
  );
  const series = new Map<number, SeriesInfo>();
  const store = new HistoryStore({
    ...{ path, host: plainSqliteHost(), maxBytes: 2 ** 30, firstId: 1, nowMs: () => now },
    retention: { raw: 7, minute: 30, quarter: 730, day: 0 },
    onSeries: (info) => series.set(info.id, info),
  });
  context.after(() => store.close());
  assert.equal(series.size, 100);
  const ask = (id: number, from: number, to: number, stepMs: number): SeriesColumns => {
    const [columns] = store.points({ series: [id], from, to, stepMs, source: undefined }).series;
    assert.ok(columns !== undefined);
    return columns;
  };
  for (const id of series.keys()) {
    const days = ask(id, before - DAYS * DAY_MS, now, DAY_MS).n;
    const empty = days.slice(1, -1).filter((n) => n === 0).length;
    assert.ok(empty >= 4 && empty <= 5, `series ${id}: ${empty} days without values`);
    // Over the border of what was written as sums, and up to now.
    for (const from of [29 * DAY_MS, 8 * DAY_MS, 25 * HOUR_MS]) {
      const { n, min, max } = ask(id, now - from, before, HOUR_MS);
      assert.ok(
        n.every((count) => count >= 1),
        `series ${id}: ${n.join(' ')}`,
      );
      assert.ok(min.every((value, i) => Number(value) <= Number(max[i])));
    }
  }
});

test('a made-up past ends early when the end is asked for, and leaves the file closed', async (context) => {
  const path = join(stateFolder(context), 'history.db');
  let asked = 0;
  await writePastYear(
    path,
    () => undefined,
    () => ++asked > 3,
    DAYS,
  );
  assert.equal(asked, 4);
  const store = new HistoryStore({
    ...{ path, host: plainSqliteHost(), maxBytes: 2 ** 30, firstId: 1, nowMs: () => Date.now() },
    retention: { raw: 7, minute: 30, quarter: 730, day: 0 },
    onSeries: () => undefined,
  });
  store.close();
});
