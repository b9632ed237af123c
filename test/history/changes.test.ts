import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { StateChanges } from '../../src/history/changes.ts';
import type { PackedEvent } from '../../src/history/event-batch.ts';
import { DAY_MS, HOUR_MS } from '../../src/history/schema.ts';
import type { HistoryStore } from '../../src/history/store.ts';
import { eventKindsOf } from '../../src/history/values.ts';
import { BEGIN, openStore } from '../support/history-store.ts';

const MINUTE = 60_000;
const INFORMATION = 20;
const SECURITY = 2;
const [DOOR_OPEN, WINDOW_OPEN] = [9, 10];
const [OPENED, CLOSED, LOCK, UNLOCK, LEVEL_CHANGED] = [7, 8, 75, 76, 40];

function pathOf(context: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'websocksrv-changes-'));
  context.after(() => rmSync(folder, { recursive: true, force: true }));
  return join(folder, 'history.db');
}

function event(
  timeMs: number,
  vscpType: number,
  vscpClass = INFORMATION,
  data: readonly number[] = [0, 7, 1],
): PackedEvent {
  const guid = new Uint8Array(16).fill(7);
  return { timeMs, head: 0x60, vscpClass, vscpType, guid, data: Uint8Array.from(data) };
}

function changesOf(store: HistoryStore, from: number, to: number, changes = 1000, id = 1): StateChanges {
  const query = { series: [id], from, to, stepMs: to - from, source: undefined, changes };
  return store.points(query).series[0]?.changes ?? { t: [], value: [] };
}

test('a state is kept once for each change, with what was before the span', (context) => {
  const path = pathOf(context);
  const { store, clock } = openStore(path);
  for (const [minute, type] of [
    [0, CLOSED],
    [1, CLOSED],
    [10, OPENED],
    [11, OPENED],
    [20, CLOSED],
    [30, OPENED],
  ] as const)
    store.add(event(BEGIN + minute * MINUTE, type));
  clock.nowMs = BEGIN + HOUR_MS;
  const minutes = (from: number, to: number, count?: number) => {
    const { t, value } = changesOf(store, BEGIN + from * MINUTE, BEGIN + to * MINUTE, count);
    return t.map((time, i) => [(time - BEGIN) / MINUTE, value[i]]);
  };
  assert.deepEqual(minutes(5, 25), [
    [0, 0],
    [10, 1],
    [20, 0],
  ]);
  assert.deepEqual(minutes(12, 15), [[10, 1]]);
  assert.deepEqual(minutes(0, 60, 2), [
    [20, 0],
    [30, 1],
  ]);
  store.commit();
  store.close();

  // The next runtime knows it, too.
  const again = openStore(path);
  again.store.add(event(BEGIN + HOUR_MS, OPENED));
  again.store.add(event(BEGIN + HOUR_MS + MINUTE, CLOSED));
  assert.equal(changesOf(again.store, BEGIN, BEGIN + 2 * HOUR_MS).t.length, 5);
  again.store.rollBack();
  assert.equal(changesOf(again.store, BEGIN, BEGIN + 2 * HOUR_MS).t.length, 4);
  again.store.add(event(BEGIN + HOUR_MS, OPENED));
  assert.equal(changesOf(again.store, BEGIN, BEGIN + 2 * HOUR_MS).t.length, 4, 'nothing has changed');
  again.store.close();
});

test('motion lasts until none was told for a minute, locks have two words, and levels are numbers', (context) => {
  const { store, series, clock } = openStore(pathOf(context));
  context.after(() => store.close());
  for (const seconds of [0, 30, 80, 300]) store.add(event(BEGIN + seconds * 1000, 1, SECURITY));
  clock.nowMs = BEGIN + 310_000;
  const motion = () => {
    const { t, value } = changesOf(store, BEGIN, clock.nowMs);
    return t.map((time, i) => [(time - BEGIN) / 1000, value[i]]);
  };
  const told = [
    [0, 1],
    [140, 0],
    [300, 1],
  ];
  assert.deepEqual(motion(), told);
  clock.nowMs = BEGIN + 400_000;
  assert.deepEqual(motion(), [...told, [360, 0]]);

  store.add(event(BEGIN, LOCK, INFORMATION, [3, 7, 1]));
  store.add(event(BEGIN + MINUTE, UNLOCK, INFORMATION, [3, 7, 1]));
  assert.deepEqual(changesOf(store, BEGIN, BEGIN + HOUR_MS, 10, 2), {
    t: [BEGIN, BEGIN + MINUTE],
    value: [1, 0],
  });
  store.add(event(BEGIN, LEVEL_CHANGED, INFORMATION, [80, 7, 1]));
  store.add(event(BEGIN + 1000, LEVEL_CHANGED, INFORMATION, [40, 7, 1]));
  const [level] = store.points({
    series: [3],
    from: BEGIN,
    to: BEGIN + MINUTE,
    stepMs: MINUTE,
    source: undefined,
  }).series;
  assert.deepEqual([level?.min, level?.mean, level?.max, level?.n], [[40], [60], [80], [2]]);
  assert.equal(series.size, 3);
});

test('a door that CLASS1.SECURITY tells open is open until CLASS1.INFORMATION tells it closed', (context) => {
  const { store, series, clock } = openStore(pathOf(context));
  context.after(() => store.close());
  const at = (minute: number, ...[type, vscpClass, data]: [number, number, number[]?]) =>
    store.add(event(BEGIN + minute * MINUTE, type, vscpClass, data));
  at(0, CLOSED, INFORMATION);
  assert.equal(series.size, 1, 'nobody has told of a door yet');
  at(1, DOOR_OPEN, SECURITY);
  at(2, DOOR_OPEN, SECURITY);
  at(3, CLOSED, INFORMATION, [0, 7, 2]);
  at(4, OPENED, INFORMATION);
  // Another index: in CLASS1.SECURITY there is none.
  at(5, CLOSED, INFORMATION, [3, 7, 1]);
  at(6, DOOR_OPEN, SECURITY);
  clock.nowMs = BEGIN + HOUR_MS;
  const id = [...series.values()].find(({ vscpClass }) => vscpClass === SECURITY)?.id;
  const { t, value } = changesOf(store, BEGIN, clock.nowMs, 100, id);
  assert.deepEqual(
    t.map((time, i) => [(time - BEGIN) / MINUTE, value[i]]),
    [
      [1, 1],
      [5, 0],
      [6, 1],
    ],
  );
  const door = series.get(id ?? 0);
  assert.deepEqual([door?.index, door?.zone, door?.subzone], [undefined, 7, 1]);
  assert.deepEqual(
    door && eventKindsOf(door),
    [
      { vscpClass: SECURITY, vscpType: DOOR_OPEN },
      { vscpClass: INFORMATION, vscpType: CLOSED },
    ],
    'seen by those who may receive both',
  );
  // Over level II it is the same, for each interface by itself.
  const [one, other] = [Array(16).fill(1), Array(16).fill(2)];
  at(10, WINDOW_OPEN, 512 + SECURITY, [...one, 0, 7, 1]);
  at(11, CLOSED, 512 + INFORMATION, [...other, 0, 7, 1]);
  at(12, CLOSED, 512 + INFORMATION, [...one, 0, 7, 1]);
  const window = [...series.values()].find(({ vscpClass }) => vscpClass === 512 + SECURITY)?.id;
  assert.deepEqual(changesOf(store, BEGIN, clock.nowMs, 100, window), {
    t: [BEGIN + 10 * MINUTE, BEGIN + 12 * MINUTE],
    value: [1, 0],
  });
});

test('motion that lasted when the host died is over in the next runtime', (context) => {
  const path = pathOf(context);
  const first = openStore(path);
  first.store.add(event(BEGIN, 1, SECURITY));
  first.clock.nowMs = BEGIN + 10_000;
  first.store.commit();
  first.store.close();
  const { store, clock } = openStore(path);
  context.after(() => store.close());
  clock.nowMs = BEGIN + DAY_MS;
  assert.deepEqual(changesOf(store, BEGIN, clock.nowMs), { t: [BEGIN, BEGIN + MINUTE], value: [1, 0] });
  store.rollBack();
  assert.deepEqual(changesOf(store, BEGIN, clock.nowMs).value, [1, 0], 'found again');
});

test('a state that flickers keeps its latest changes, and none that are older than sums of a quarter', (context) => {
  const { store, clock } = openStore(pathOf(context));
  context.after(() => store.close());
  const count = 50_500;
  for (let n = 0; n < count; n++) store.add(event(BEGIN + n * 1000, n % 2 === 0 ? OPENED : CLOSED));
  store.commit();
  clock.nowMs = BEGIN + count * 1000;
  const tidy = (mayPrune: boolean) => {
    for (const _ of store.housekeeping(clock.nowMs, mayPrune));
    store.commit();
  };
  tidy(false);
  const first = () => changesOf(store, BEGIN, BEGIN + 1000 * 1000).t.length;
  assert.equal(first(), 1000 - 500);
  assert.equal(changesOf(store, BEGIN, clock.nowMs, 1_000_000).t.length, 20_000, 'in one answer');
  clock.nowMs += 731 * DAY_MS;
  tidy(true);
  assert.equal(changesOf(store, BEGIN, clock.nowMs).t.length, 0);
});
