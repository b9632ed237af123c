import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { test } from 'node:test';
import { readCorpus } from './corpus.ts';
import { COUNTERS, instrument } from './instrument.ts';
import { PLANTED, TARGETS } from './targets.ts';
import { SHIM } from './worker-job.ts';

for (const [name, target] of Object.entries(TARGETS)) {
  if (name === PLANTED) continue;
  test(`${name}: every input that reached something, or once failed, is read as it should be`, () => {
    const inputs = readCorpus(name);
    assert.ok(inputs.length > 0);
    for (const input of inputs) {
      try {
        target(Buffer.from(input, 'latin1'));
      } catch (error) {
        throw new Error(`input ${JSON.stringify(input)}: ${error instanceof Error ? error.stack : error}`);
      }
    }
  });
}

test('each file of inputs belongs to a target', () => {
  const files = readdirSync(new URL('../fixtures/coverage-fuzz/', import.meta.url));
  assert.deepEqual(files.sort(), [...Object.keys(TARGETS), SHIM].map((name) => `${name}.json`).sort());
});

test('each branch of instrumented source counts by itself', () => {
  const source = `export const run = (value: number): string => {
  if (value > 10) return 'much';
  for (let i = 0; i < value; i++) if (i === 3) break;
  return value === 7 && value > 0 ? 'seven' : 'few';
};`;
  const { code, counters, words } = instrument(source, 'sample.ts', 0);
  assert.deepEqual(words, ['much', 'seven', 'few']);
  const body = code.replace('export const run =', 'return');
  const reached = new Uint8Array(counters);
  const run = new Function(COUNTERS, body)(reached) as (value: number) => string;
  const reach = (value: number): string[] => {
    reached.fill(0);
    run(value);
    return [...reached.entries()].filter(([, count]) => count > 0).map(([at, count]) => `${at}:${count}`);
  };
  const ways = [11, 2, 7].map((value) => reach(value).join(' '));
  assert.equal(new Set(ways).size, 3, ways.join(', '));
  assert.ok(ways.every((way) => way.length > 0));
  assert.ok(
    reach(2).some((each) => each.endsWith(':2')),
    'the body of the loop counts its rounds',
  );
});
