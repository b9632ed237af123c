import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Figure, figureTable, type Target, targetMet, targetText } from './figures.ts';

function figure(value: number, ratio: number, target?: Target): Figure {
  return { part: 'x', name: 'speed', unit: 'm/s', value, ratio, ...(target ? { target } : {}) };
}

const CASES: [number, number, Target | undefined, boolean | undefined][] = [
  [10, 1, undefined, undefined],
  [10, 1, { kind: 'value', atLeast: 10 }, true],
  [9.9, 1, { kind: 'value', atLeast: 10 }, false],
  [10, 1, { kind: 'value', atMost: 10 }, true],
  [10.1, 1, { kind: 'value', atMost: 10 }, false],
  [0, 0.7, { kind: 'ratio', atLeast: 0.7 }, true],
  [99, 0.6, { kind: 'ratio', atLeast: 0.7 }, false],
  [Number.NaN, 1, { kind: 'value', atLeast: 1 }, false],
];

for (const [value, ratio, target, expected] of CASES) {
  test(`${value} (ratio ${ratio}) against ${JSON.stringify(target)} is ${expected}`, () => {
    assert.equal(targetMet(figure(value, ratio, target)), expected);
  });
}

test('a target is written with its direction and unit', () => {
  assert.equal(targetText(figure(1, 1, { kind: 'value', atMost: 20 })), '≤ 20 m/s');
  assert.equal(targetText(figure(1, 1, { kind: 'ratio', atLeast: 0.7 })), '≥ 0.7 ×');
});

test('the table has one row per figure, columns aligned, missed targets in capitals', () => {
  const rows = figureTable([figure(1, 2, { kind: 'value', atLeast: 3 }), figure(4, 5)]).split('\n');
  assert.equal(rows.length, 4);
  assert.equal(new Set(rows.map((row) => row.length)).size, 1);
  assert.match(rows[2] ?? '', /MISSED/);
  assert.doesNotMatch(rows[3] ?? '', /MISSED|met/);
});
