import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  type Buckets,
  joinRecent,
  lonelyRows,
  niceStep,
  toCsv,
} from '../../examples/hmi/src/views/plot/plot-data.ts';

type Cells = (number | null)[];

const band = (mean: Cells) => ({ mean, min: mean, max: mean });
/** Buckets of ten seconds, beginning at 0. */
const buckets = (...means: Cells[]): Buckets => ({
  times: Array.from(means[0] ?? [], (_, i) => i * 10 + 5),
  stepS: 10,
  bands: means.map(band),
});
const lastFilled = (row: Cells): number =>
  row.reduce<number>((last, value, at) => (value === null ? last : at), -1);
const NOTHING = { times: [], values: [] };

describe('joining the history with what the page has heard', () => {
  it('takes the values after the last bucket that has any, for each series by itself', () => {
    const recent = { times: [12, 31, 47], values: [90, 91, 92] };
    const { times, bands } = joinRecent(buckets([1, 2, 3, null], [4, 5, null, null]), [recent, recent]);
    assert.deepEqual(times, [5, 15, 25, 31, 35, 47]);
    assert.deepEqual(bands[0]?.mean, [1, 2, 3, 91, undefined, 92]);
    assert.deepEqual(bands[1]?.mean, [4, 5, undefined, 91, undefined, 92]);
  });

  it('a series without history shows what the page has heard', () => {
    const { times, bands } = joinRecent(buckets([null, null]), [{ times: [3, 9], values: [1, 2] }]);
    assert.deepEqual(times, [3, 5, 9, 15]);
    assert.deepEqual(bands[0]?.mean, [1, undefined, 2, null]);
  });

  it('a hole is a gap when it is longer than usual, in the mean and in its edges', () => {
    const every2 = [1, null, 1, null, 1, null, 1];
    const row = [...every2, null, null, null, null, null, null, ...every2];
    const [joined] = joinRecent(buckets(row), [NOTHING]).bands;
    const expected = row.map((value, at) => (value === null && (at < 7 || at > 12) ? undefined : value));
    assert.deepEqual(joined?.mean, expected);
    assert.deepEqual([joined?.min, joined?.max], [expected, expected]);
  });

  it('a sensor that reports once an hour has no gaps among buckets of seconds', () => {
    const row: Cells = Array.from({ length: 721 }, (_, at) => (at % 360 === 0 ? at : null));
    const [joined] = joinRecent(buckets(row), [NOTHING]).bands;
    assert.ok(joined?.mean.every((value) => value !== null));
  });

  it('never loses a value, and keeps the times ascending', () => {
    const cells = fc.array(fc.option(fc.integer(), { nil: null }), { maxLength: 30 });
    const heard = fc.uniqueArray(fc.integer({ min: 0, max: 500 }), { maxLength: 20 });
    fc.assert(
      fc.property(cells, heard, (row, seconds) => {
        const times = seconds.sort((a, b) => a - b);
        const shown = joinRecent(buckets(row), [{ times, values: times }]);
        assert.deepEqual(
          shown.times,
          [...new Set(shown.times)].sort((a, b) => a - b),
        );
        const [{ mean } = { mean: [] }] = shown.bands;
        assert.equal(mean.length, shown.times.length);
        const last = lastFilled(row) * 10 + 10;
        const kept =
          row.filter((value) => value !== null).length + times.filter((time) => time > last).length;
        const counted = mean.filter((value) => typeof value === 'number').length;
        assert.equal(counted, row.some((value) => value !== null) ? kept : times.length);
      }),
    );
  });
});

describe('points', () => {
  it('are drawn where a value has a gap on either side', () => {
    assert.deepEqual(lonelyRows([1, null, 2, undefined, 3, null, undefined, 4]), [0, 7]);
    assert.deepEqual(lonelyRows([undefined, 1, undefined]), [1]);
    assert.deepEqual(lonelyRows([null, null]), []);
  });
});

describe('the length of a bucket', () => {
  it('has a name, and is the shortest that keeps within the number', () => {
    assert.equal(niceStep(3600, 400), 10);
    assert.equal(niceStep(86_400, 400), 300);
    assert.equal(niceStep(365 * 86_400, 400), 86_400);
    assert.equal(niceStep(365 * 86_400, 150), 7 * 86_400);
    assert.equal(niceStep(5, 500), 1);
    assert.equal(niceStep(100 * 365 * 86_400, 500), 73 * 86_400);
  });
});

describe('CSV', () => {
  it('has the rows in sight, with their times in UTC and nothing where there is nothing', () => {
    const shown = {
      times: [0, 10, 20, 30],
      bands: [
        { mean: [1.5, null, 2, 9], min: [1, null, 2, 9], max: [2, null, 2, 9] },
        { mean: [undefined, null, -3, 9], min: [undefined, null, -4, 9], max: [undefined, null, -1, 9] },
      ],
    };
    assert.equal(
      toCsv(shown, ['A °C', 'B "x"'], true, 0, 25),
      [
        'time,"A °C mean","A °C min","A °C max","B ""x"" mean","B ""x"" min","B ""x"" max"',
        '1970-01-01T00:00:00.000Z,1.5,1,2,,,',
        '1970-01-01T00:00:20.000Z,2,2,2,-3,-4,-1',
        '',
      ].join('\r\n'),
    );
    assert.match(
      toCsv(shown, ['A', 'B'], false, 0, 5),
      /^time,"A","B"\r\n1970-01-01T00:00:00.000Z,1.5,\r\n$/,
    );
  });

  it('a name that a spreadsheet would take for a formula is a text', () => {
    const shown = { times: [], bands: [] };
    assert.equal(toCsv(shown, ['=1+1', '-2'], false, 0, 1), `time,"'=1+1","'-2"\r\n`);
  });
});
