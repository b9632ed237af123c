import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { LastingHistory } from '../../examples/hmi/src/store/lasting-history.ts';
import { ServerClock } from '../../examples/hmi/src/store/server-clock.ts';
import { changesOf, joinChanges, stateFiguresOf } from '../../examples/hmi/src/store/state-past.ts';
import type { Kept, Series } from '../../examples/hmi/src/store/store.ts';
import { statesToCsv } from '../../examples/hmi/src/views/plot/plot-data.ts';
import type { PointsQuery, SeriesInfo } from '../../src/client/index.ts';

const NOTHING = { times: [], values: [] };

test('a state that is told again has not changed', () => {
  const told = { times: [1, 2, 3, 4, 5], values: [0, 0, 255, 1, 0] };
  assert.deepEqual(changesOf(told), { times: [1, 3, 5], values: [0, 1, 0] });
});

test('motion is over when none was told for a while', () => {
  const told = { times: [0, 30, 200], values: [1, 1, 1] };
  assert.deepEqual(changesOf(told, 60), { times: [0, 90, 200, 260], values: [1, 0, 1, 0] });
});

test('what the page has heard follows on what the server keeps, each change once', () => {
  const kept = { times: [1, 5, 9], values: [0, 1, 0] };
  const heard = { times: [5.2, 9.1, 12], values: [1, 0, 1] };
  assert.deepEqual(joinChanges(kept, heard), { times: [1, 5, 9, 12], values: [0, 1, 0, 1] });
  assert.deepEqual(joinChanges(NOTHING, heard), heard);
  assert.deepEqual(joinChanges(kept, NOTHING), kept);
});

test('figures tell how long and how often, and what is not known', () => {
  const changes = { times: [10, 20, 50], values: [1, 0, 1] };
  assert.deepEqual(stateFiguresOf(changes, 0, 60), { onS: 20, knownS: 50, changes: 2 });
  assert.deepEqual(stateFiguresOf(changes, 15, 30), { onS: 5, knownS: 15, changes: 1 });
  assert.deepEqual(stateFiguresOf(changes, 0, 5), { onS: 0, knownS: 0, changes: 0 });
  assert.deepEqual(stateFiguresOf(NOTHING, 0, 5), { onS: 0, knownS: 0, changes: 0 });
});

test('figures of two halves are those of the whole', () => {
  const times = fc.uniqueArray(fc.integer({ min: 0, max: 1000 }), { maxLength: 20 });
  fc.assert(
    fc.property(times, fc.integer({ min: 1, max: 999 }), (list, middle) => {
      const sorted = list.sort((a, b) => a - b);
      const changes = { times: sorted, values: sorted.map((_, i) => i % 2) };
      const [whole, left, right] = [
        stateFiguresOf(changes, 0, 1000),
        stateFiguresOf(changes, 0, middle),
        stateFiguresOf(changes, middle, 1000),
      ];
      assert.equal(left.onS + right.onS, whole.onS);
      assert.equal(left.knownS + right.knownS, whole.knownS);
    }),
  );
});

test('as CSV a state has its words: what it was at first, and each change', () => {
  const changes = { times: [0, 10, 20, 40], values: [0, 1, 0, 1] };
  const wordOf = (value: number) => (value ? 'Open' : 'Closed');
  assert.equal(
    statesToCsv(changes, { title: 'Door', wordOf, from: 12, to: 30 }),
    'time,"Door"\r\n1970-01-01T00:00:12.000Z,"Open"\r\n1970-01-01T00:00:20.000Z,"Closed"\r\n',
  );
});

/** A history that has these series, whose changes are those by their id. */
function historyOf(series: Partial<SeriesInfo>[], changes: Record<number, { t: number[]; value: number[] }>) {
  const asked: PointsQuery[] = [];
  const source = {
    series: async () => series.map((info, i) => ({ ...info, id: i + 1, since: new Date(i) })) as SeriesInfo[],
    points: async (query: PointsQuery) => {
      asked.push(query);
      const found = query.series.map((id) => ({
        ...{ id, min: [0], mean: [51], max: [255], n: [2] },
        ...(changes[id] && { changes: changes[id] }),
      }));
      return { source: 'raw' as const, stepMs: 1000, t: [0], series: found };
    },
  };
  return { history: new LastingHistory(source, new ServerClock()), asked };
}

const seriesWith = (kept: Kept) => ({ key: 'x', symbol: '%', kept }) as Series;

test('a switch has the past of every node that tells it, in either form', async () => {
  const [address, state] = [
    { zone: 7, subzone: 1, index: 2 },
    { vscpType: 3, kind: 'state' as const },
  ];
  const { history, asked } = historyOf(
    [
      { ...state, ...address, vscpClass: 20, guid: 'A' },
      { ...state, ...address, vscpClass: 532, guid: 'B' },
      { ...state, ...address, vscpClass: 20, guid: 'A', index: 3 },
      { ...state, ...address, vscpClass: 20, guid: 'A', vscpType: 7 },
      { ...state, ...address, vscpClass: 1044, guid: 'A' },
    ],
    { 1: { t: [1000, 3000], value: [1, 0] }, 2: { t: [2000, 4000], value: [1, 1] } },
  );
  const kept = { types: { 20: [3] }, ...address };
  assert.deepEqual(await history.changes(seriesWith(kept), 0, 5000, 10), {
    times: [1, 3, 4],
    values: [1, 0, 1],
  });
  assert.deepEqual([asked[0]?.series, asked[0]?.changes], [[1, 2], 10]);
  const nobody = await history.changes(seriesWith({ ...kept, zone: 9 }), 0, 5000, 10);
  assert.deepEqual([nobody, asked.length], [NOTHING, 1]);
});

test('a door has the past of what told it open and what told it closed', async () => {
  const [place, state] = [
    { zone: 7, subzone: 1 },
    { kind: 'state' as const, guid: 'A' },
  ];
  const { history, asked } = historyOf(
    [
      { ...state, ...place, vscpClass: 20, vscpType: 7, index: 4 },
      { ...state, ...place, vscpClass: 2, vscpType: 9 },
      { ...state, ...place, vscpClass: 2, vscpType: 1, index: 0 },
      { ...state, ...place, vscpClass: 2, vscpType: 9, guid: 'B' },
    ],
    { 1: { t: [3000], value: [0] }, 2: { t: [1000, 3000, 5000], value: [1, 0, 1] } },
  );
  const kept = { types: { 20: [7], 2: [9, 10] }, guid: 'A', ...place };
  assert.deepEqual(await history.changes(seriesWith(kept), 0, 9000, 10), {
    times: [1, 3, 5],
    values: [1, 0, 1],
  });
  assert.deepEqual(asked[0]?.series, [1, 2]);
});

test('a level has its numbers in percent', async () => {
  const { history } = historyOf(
    [{ vscpClass: 20, vscpType: 40, kind: 'level', guid: 'A', zone: 7, subzone: 1 }],
    {},
  );
  const kept = { types: { 20: [40, 51] }, zone: 7, subzone: 1, index: 4, scale: 100 / 255 };
  const [band] = (await history.points([seriesWith(kept)], 0, 1000, 1000)).bands;
  assert.deepEqual([band?.min, band?.mean, band?.max], [[0], [20], [100]]);
});
