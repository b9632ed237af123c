/**
 * Lets every n-th call to the system fail, once and from then on, until the driver's life has no such call any more:
 *     npm run every-call [-- KIND…]
 * Prints a line for each life that was not as it should be, and a table of what happened.
 */
import { liveThrough } from './every-call.ts';
import { CALLS, type Call } from './failing-calls.ts';

/** What the lives of one kind of call came to. */
interface Row {
  lives: number;
  refused: number;
  served: number;
  failures: number;
  /** Steps that did not work while calls failed. */
  lost: Set<string>;
}

const wanted = process.argv.slice(2);
const unknown = wanted.find((word) => !(CALLS as readonly string[]).includes(word));
if (unknown !== undefined) {
  process.stderr.write(`There is no kind ${unknown}. Kinds: ${CALLS.join(' ')}\n`);
  process.exit(2);
}

/** No life makes that many calls of one kind; beyond it something else is wrong. */
const MOST = 500;

async function tryKind(call: Call, lasts: boolean): Promise<Row> {
  const row: Row = { lives: 0, refused: 0, served: 0, failures: 0, lost: new Set() };
  for (let nth = 1; nth <= MOST; nth++) {
    try {
      const { failed, refused, lost } = await liveThrough(call, nth, lasts);
      if (failed === 0) return row;
      row.lives++;
      row[refused ? 'refused' : 'served']++;
      for (const what of lost) row.lost.add(what);
    } catch (error) {
      row.lives++;
      row.failures++;
      process.stdout.write(`FAILED ${error instanceof Error ? error.message : error}\n`);
    }
  }
  throw new Error(`${call}: still failing after ${MOST} lives`);
}

let failures = 0;
let lives = 0;
process.stdout.write('call | how | lives | VSCPOpen 0 | served | steps lost meanwhile | failures\n');
for (const call of CALLS.filter((name) => wanted.length === 0 || wanted.includes(name))) {
  for (const lasts of [false, true]) {
    const row = await tryKind(call, lasts);
    failures += row.failures;
    lives += row.lives;
    const cells = [row.lives, row.refused, row.served, [...row.lost].join(', ') || '-', row.failures];
    process.stdout.write(`${call} | ${lasts ? 'from the n-th on' : 'the n-th'} | ${cells.join(' | ')}\n`);
  }
}
process.exitCode = failures === 0 ? 0 : 1;
if (lives === 0) throw new Error('no call failed in any life: nothing was tried');
