import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fuzzLibrary } from './fuzz-run.ts';

/** Repeat a failing run by hand: `npm run fuzz -- --seed N --messages N`. */
const SEED = Number(process.env.FUZZ_SEED ?? 1);
const MESSAGES = Number(process.env.FUZZ_MESSAGES ?? 30_000);

test(`each of ${MESSAGES} seeded hostile messages gets the one right reply, and a bystander is served`, async (context) => {
  const result = await fuzzLibrary(SEED, MESSAGES);
  assert.ok(result.messages >= MESSAGES);
  assert.ok(result.acceptedEvents > MESSAGES / 50, 'the campaign has to get events through as well');
  context.diagnostic(`seed ${SEED}: ${JSON.stringify(result)}`);
});
