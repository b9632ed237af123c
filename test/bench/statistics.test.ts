import assert from 'node:assert/strict';
import { test } from 'node:test';
import { humanNumber, median, medianRatio } from './statistics.ts';

const MEDIANS: [number[], number][] = [
  [[3], 3],
  [[5, 1, 3], 3],
  [[4, 1, 3, 2], 2.5],
  [[2, 2, 9], 2],
];

for (const [values, expected] of MEDIANS) {
  test(`the median of ${values.join(', ')} is ${expected}`, () => {
    assert.equal(median(values), expected);
  });
}

test('the median of nothing is not a number', () => {
  assert.ok(Number.isNaN(median([])));
});

test('median leaves its input in order', () => {
  const values = [3, 1, 2];
  median(values);
  assert.deepEqual(values, [3, 1, 2]);
});

test('a ratio of alternating rounds compares each round with its own reference', () => {
  assert.equal(medianRatio([10, 20, 90], [10, 10, 30]), 2);
});

const NUMBERS: [number, string][] = [
  [0.012345, '0.0123'],
  [1, '1'],
  [12.34, '12.3'],
  [123.4, '123'],
  [1234567, '1 234 567'],
  [-4321.5, '-4 321'],
  [Number.NaN, '–'],
];

for (const [value, expected] of NUMBERS) {
  test(`the number ${value} reads ${expected}`, () => {
    assert.equal(humanNumber(value), expected);
  });
}
