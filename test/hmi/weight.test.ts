import assert from 'node:assert/strict';
import { it } from 'node:test';
import { buildPart } from '../../scripts/build.mjs';
import { FIRST_VIEW_LIMIT, firstViewBytes } from '../../scripts/build-hmi.mjs';

it(`the first view of the panel weighs at most ${FIRST_VIEW_LIMIT} bytes, compressed`, async (t) => {
  await buildPart('buildHmi');
  const bytes = await firstViewBytes();
  t.diagnostic(`${bytes} bytes`);
  assert.ok(bytes > 10_000 && bytes <= FIRST_VIEW_LIMIT, `${bytes} bytes`);
});
