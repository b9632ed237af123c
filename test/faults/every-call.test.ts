/**
 * Every n-th call to the system fails, once or from then on: a choice of what `npm run every-call` tries whole.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { liveThrough } from './every-call.ts';
import type { Call } from './failing-calls.ts';

/** Whether VSCPOpen gives 0, and says why, instead of serving. */
const REFUSES = true;
const SERVES = false;

/** Each of these ended the host, blocked its clients or is the first of its kind. */
const CHOICE: [call: Call, nth: number, lasts: boolean, refused: boolean][] = [
  ['malloc', 1, true, REFUSES],
  ['mmap', 1, false, REFUSES],
  ['pthread_create', 1, false, REFUSES],
  ['socketpair', 1, false, REFUSES],
  ['pipe', 1, false, REFUSES],
  ['socket', 2, true, REFUSES],
  ['accept', 1, true, SERVES],
  ['read', 1, true, REFUSES],
  ['write', 2, true, SERVES],
  ['open', 2, true, REFUSES],
  ['rename', 1, true, SERVES],
  ['fsync', 1, true, SERVES],
];

for (const [call, nth, lasts, refused] of CHOICE) {
  const which = `${call} ${nth}${lasts ? ' and all after it' : ''}`;
  test(`${which} fails: ${refused ? 'VSCPOpen gives 0' : 'the driver serves'}, and all works afterwards`, async () => {
    const outcome = await liveThrough(call, nth, lasts);
    assert.ok(outcome.failed > 0, 'nothing failed');
    assert.equal(outcome.refused, refused, JSON.stringify(outcome));
  });
}
