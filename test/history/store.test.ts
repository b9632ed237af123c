import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { PackedEvent } from '../../src/history/event-batch.ts';
import type { Points } from '../../src/history/points.ts';
import { DAY_MS, HOUR_MS } from '../../src/history/schema.ts';
import { SqliteError } from '../../src/history/sqlite.ts';
import type { HistoryStore, StoreOptions } from '../../src/history/store.ts';
import { BEGIN, type OpenedStore, openStore } from '../support/history-store.ts';

const MINUTE = 60_000;

function folderOf(context: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'websocksrv-history-'));
  context.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

function open(context: TestContext, path: string, options: Partial<StoreOptions> = {}): OpenedStore {
  const opened = openStore(path, options);
  context.after(() => opened.store.close());
  return opened;
}

/** What the keeper does once an interval. */
function commit(store: HistoryStore, nowMs: number, mayPrune: boolean): void {
  store.commit();
  for (const _ of store.housekeeping(nowMs, mayPrune));
  store.commit();
}

interface Asked {
  series: readonly number[];
  from: number;
  to: number;
  buckets: number;
}

function ask(store: HistoryStore, { series, from, to, buckets }: Asked): Points {
  return store.points({ series, from, to, stepMs: Math.ceil((to - from) / buckets), source: undefined });
}

/** A temperature in °C by a float of 8 bytes (CLASS2.MEASUREMENT_FLOAT) of one of several sensors. */
function temperature(timeMs: number, value: number, sensor = 0): PackedEvent {
  const data = Buffer.alloc(12);
  data[0] = sensor;
  data[3] = 1;
  data.writeDoubleBE(value, 4);
  return { timeMs, head: 0x60, vscpClass: 1060, vscpType: 6, guid: new Uint8Array(16).fill(7), data };
}

test('values come back as minimum, mean, maximum and count of each bucket, gaps as null', (context) => {
  const { store, series, clock } = open(context, join(folderOf(context), 'history.db'));
  for (let s = 0; s < 600; s += 10) if (s < 120 || s >= 240) store.add(temperature(BEGIN + s * 1000, s));
  clock.nowMs = BEGIN + 10 * MINUTE;
  const [id = 0] = series.keys();
  const points = ask(store, { series: [id], from: BEGIN, to: BEGIN + 10 * MINUTE, buckets: 5 });
  assert.equal(points.source, 'minute');
  assert.equal(points.step, 2 * MINUTE);
  assert.deepEqual(points.t[1], BEGIN + 2 * MINUTE);
  assert.deepEqual(points.series, [
    {
      id,
      min: [0, null, 240, 360, 480],
      mean: [55, null, 295, 415, 535],
      max: [110, null, 350, 470, 590],
      n: [12, 0, 12, 12, 12],
    },
  ]);
});

test('sums and raw values behind them give one answer, whatever was committed when', (context) => {
  const { store, series, clock } = open(context, join(folderOf(context), 'history.db'));
  const hours = 36;
  let expected = 0;
  for (let s = 0; s < hours * 3600; s += 30) {
    clock.nowMs = BEGIN + s * 1000;
    store.add(temperature(clock.nowMs, s % 7, s % 2));
    if (s % 2 === 0) expected++;
    if (s % 600 === 0) commit(store, clock.nowMs, true);
  }
  clock.nowMs = BEGIN + hours * HOUR_MS;
  const [id = 0] = series.keys();
  for (const buckets of [3000, 2000, 300, 100, 10, 2, 1]) {
    const { series: columns, source } = ask(store, {
      series: [id],
      from: BEGIN,
      to: clock.nowMs,
      buckets,
    });
    const n = columns[0]?.n.reduce((sum, each) => sum + each, 0);
    assert.equal(n, expected, `${buckets} buckets from ${source}`);
  }
});

test('what was committed is there after opening again, what was not is not', (context) => {
  const path = join(folderOf(context), 'history.db');
  const first = open(context, path);
  first.store.add(temperature(BEGIN, 1));
  commit(first.store, BEGIN, false);
  first.store.add(temperature(BEGIN + 1000, 2));
  first.store.close();
  const { store, series, clock } = open(context, path);
  clock.nowMs = BEGIN + MINUTE;
  const [info] = series.values();
  assert.equal(info?.guid, '07:07:07:07:07:07:07:07:07:07:07:07:07:07:07:07');
  assert.equal(info?.unit, 1);
  const points = ask(store, { series: [info?.id ?? 0], from: BEGIN, to: BEGIN + MINUTE, buckets: 1 });
  assert.deepEqual(points.series[0]?.n, [1]);
});

test('a second one on the same file is told that it is busy', (context) => {
  const path = join(folderOf(context), 'history.db');
  open(context, path);
  assert.throws(
    () => open(context, path),
    (error) => error instanceof SqliteError && error.code === 5,
  );
});

test('a clock that is set back by an hour counts nothing twice and loses nothing', (context) => {
  const { store, series, clock } = open(context, join(folderOf(context), 'history.db'));
  const from = BEGIN;
  const add = (begin: number, end: number, shift: number): void => {
    for (let t = begin; t < end; t += 10_000) {
      clock.nowMs = t;
      store.add(temperature(t + shift, 1));
      if (t % HOUR_MS === 0) commit(store, t, true);
    }
  };
  add(BEGIN, BEGIN + 3 * HOUR_MS, 0);
  commit(store, BEGIN + 3 * HOUR_MS, true);
  add(BEGIN + 2 * HOUR_MS, BEGIN + 5 * HOUR_MS, 5);
  commit(store, BEGIN + 5 * HOUR_MS, true);
  clock.nowMs = BEGIN + 5 * HOUR_MS;
  const [id = 0] = series.keys();
  const { series: columns } = ask(store, { series: [id], from, to: clock.nowMs, buckets: 5 });
  assert.deepEqual(columns[0]?.n, [360, 360, 720, 360, 360]);
});

test('a clock that was a year ahead for a while costs nothing of what there is', (context) => {
  const { store, series, clock } = open(context, join(folderOf(context), 'history.db'));
  for (let t = BEGIN; t < BEGIN + HOUR_MS; t += 10_000) store.add(temperature(t, 1));
  commit(store, BEGIN + HOUR_MS, false);
  const ahead = BEGIN + 365 * DAY_MS;
  for (let t = ahead; t < ahead + HOUR_MS; t += 10_000) store.add(temperature(t, 2));
  commit(store, ahead + HOUR_MS, false);
  for (let t = BEGIN + HOUR_MS; t < BEGIN + 4 * HOUR_MS; t += 10_000) store.add(temperature(t, 3));
  commit(store, BEGIN + 4 * HOUR_MS, false);
  clock.nowMs = BEGIN + 4 * HOUR_MS;
  const [id = 0] = series.keys();
  const { series: columns } = ask(store, { series: [id], from: BEGIN, to: clock.nowMs, buckets: 4 });
  assert.deepEqual(columns[0]?.n, [360, 360, 360, 360]);
});

test('sums in memory are the same after opening again and after a transaction that was given up', (context) => {
  const path = join(folderOf(context), 'history.db');
  const first = open(context, path);
  const count = ({ store }: OpenedStore): number[] => {
    const asked = { series: [1], from: BEGIN, to: BEGIN + 3 * HOUR_MS, buckets: 3 };
    return ask(store, asked).series[0]?.n ?? [];
  };
  for (let t = BEGIN; t < BEGIN + 2 * HOUR_MS; t += 10_000) first.store.add(temperature(t, 1));
  commit(first.store, BEGIN + 2 * HOUR_MS, true);
  // These come late: the sums of their minutes are in the file.
  first.store.add(temperature(BEGIN + 5, 2));
  first.store.add(temperature(BEGIN + 2 * HOUR_MS, 3));
  first.store.commit();
  first.store.add(temperature(BEGIN + 6, 4));
  first.store.add(temperature(BEGIN + 2 * HOUR_MS + 1, 5));
  for (const _ of first.store.housekeeping(BEGIN + 4 * HOUR_MS, true));
  assert.deepEqual(count(first), [362, 360, 2]);
  first.store.rollBack();
  assert.deepEqual(count(first), [361, 360, 1], 'what was not committed is gone');
  first.store.close();
  assert.deepEqual(count(open(context, path)), [361, 360, 1]);
});

test('times before the clock is right are not kept', (context) => {
  const { store, series } = open(context, join(folderOf(context), 'history.db'));
  assert.equal(store.add(temperature(Date.UTC(1970, 0, 1), 1)), false);
  assert.equal(series.size, 0);
});

test('values are given up by age, each kind after its time', (context) => {
  const { store, series, clock } = open(context, join(folderOf(context), 'history.db'));
  for (let day = 0; day < 40; day++) {
    for (let hour = 0; hour < 24; hour++) {
      store.add(temperature(BEGIN + day * DAY_MS + hour * HOUR_MS, hour));
    }
    clock.nowMs = BEGIN + (day + 1) * DAY_MS;
    commit(store, clock.nowMs, true);
  }
  for (let i = 0; i < 5; i++) commit(store, clock.nowMs, true);
  const [id = 0] = series.keys();
  const count = (from: number, to: number, buckets: number) => {
    const { source, series: columns } = ask(store, { series: [id], from, to, buckets });
    return { source, n: columns[0]?.n.reduce((sum, each) => sum + each, 0) };
  };
  const now = clock.nowMs;
  assert.deepEqual(count(BEGIN, BEGIN + DAY_MS, 1440), { source: 'quarter', n: 24 });
  assert.deepEqual(count(now - 20 * DAY_MS, now - 19 * DAY_MS, 1440), { source: 'minute', n: 24 });
  assert.deepEqual(count(now - HOUR_MS, now, 1000), { source: 'raw', n: 1 });
  assert.deepEqual(count(now - 6 * DAY_MS - HOUR_MS, now - 6 * DAY_MS, 1000), { source: 'raw', n: 1 });
  assert.deepEqual(count(BEGIN, now, 40), { source: 'day', n: 960 });
});

test('the file keeps its bound: the oldest raw values go first', (context) => {
  const path = join(folderOf(context), 'history.db');
  const maxBytes = 8 * 1024 * 1024;
  const { store, series, clock } = open(context, path, { maxBytes });
  let t = BEGIN;
  for (let interval = 0; interval < 60; interval++) {
    for (let i = 0; i < 10_000; i++) {
      t += 100;
      store.add(temperature(t, i, i % 5));
    }
    commit(store, t, false);
  }
  clock.nowMs = t;

  assert.ok(statSync(path).size <= maxBytes, `${statSync(path).size} bytes`);
  const ids = [...series.keys()];
  const all = ask(store, { series: ids, from: BEGIN, to: t + 1, buckets: 1 });
  assert.equal(
    all.series.reduce((sum, { n }) => sum + n.reduce((a, b) => a + b, 0), 0),
    600_000,
    'the sums of what went are there',
  );
});
