import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseOptions } from './options.ts';

const PARTS = ['fanout', 'cpu'];

test('without arguments everything runs at full length', () => {
  assert.deepEqual(parseOptions([], PARTS), {
    quick: false,
    help: false,
    plain: false,
    only: [],
    minutes: 10,
  });
});

test('all options are taken', () => {
  const args = [
    '--quick',
    '--only',
    'cpu, fanout',
    '--json',
    'a.json',
    '--svg',
    'b.svg',
    '--driver',
    'c.so',
    '--minutes',
    '2.5',
  ];
  assert.deepEqual(parseOptions(args, PARTS), {
    quick: true,
    help: false,
    plain: false,
    only: ['cpu', 'fanout'],
    minutes: 2.5,
    json: 'a.json',
    svg: 'b.svg',
    driver: 'c.so',
  });
});

for (const [args, reason] of [
  [['--fast'], /unknown option --fast/],
  [['--json'], /--json needs a value/],
  [['--minutes', 'ten'], /--minutes needs a number/],
  [['--only', 'disk'], /unknown part disk \(there are fanout, cpu\)/],
] as const) {
  test(`${args.join(' ')} is refused with the reason`, () => {
    assert.match(String(parseOptions(args, PARTS)), reason);
  });
}
