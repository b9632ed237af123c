import { Readable } from 'node:stream';
import { spec as SpecReporter } from 'node:test/reporters';
import { isAllowed } from './skips.mjs';

const SUMMARY_LINE = /^(tests|suites|pass|fail|cancelled|skipped|todo|duration_ms) ([\d.]+)$/;

const summaryEntry = ({ type, data }) =>
  type === 'test:diagnostic' && data.nesting === 0 ? SUMMARY_LINE.exec(data.message) : null;

/** A skipped test as the list of allowed ones names it; undefined for all other events. */
function skipOf({ type, data }) {
  if (type !== 'test:pass' || data.skip === undefined || data.skip === false) return undefined;
  return { name: data.name, reason: typeof data.skip === 'string' ? data.skip : undefined };
}

const describe = ({ name, reason }) => `  ${name}: ${reason ?? 'no reason given'}\n`;

/** The skips, and which of them are failures; `summary` is changed accordingly. */
function* reportSkips(skips, summary, isStrict) {
  if (skips.length === 0) return;
  yield `\nSkipped:\n${skips.map(describe).join('')}`;
  const refused = isStrict ? skips.filter((skip) => !isAllowed(skip)) : [];
  if (refused.length === 0) return;
  yield `\nSkipped without leave, and so failed (scripts/test/skips.mjs has the list):\n`;
  yield refused.map(describe).join('');
  summary.set('fail', summary.get('fail') + refused.length);
  summary.set('skipped', summary.get('skipped') - refused.length);
}

/**
 * Node's own spec reporter, then what was skipped and why, then the summary: the last lines are what a person and
 * a CI log look at.
 * @param {AsyncIterable<object>} source events of node:test
 * @param {boolean} isStrict a skip that is not in the list of allowed ones counts as a failure
 * @param {(failures: number) => void} tellFailures called once, before the end
 */
export async function* report(source, isStrict, tellFailures) {
  const summary = new Map();
  const skips = [];
  async function* withoutSummary() {
    for await (const event of source) {
      const entry = summaryEntry(event);
      const skip = skipOf(event);
      if (skip !== undefined) skips.push(skip);
      if (entry === null) yield event;
      else summary.set(entry[1], Number(entry[2]));
    }
  }
  yield* Readable.from(withoutSummary()).pipe(new SpecReporter());
  yield* reportSkips(skips, summary, isStrict);
  tellFailures((summary.get('fail') ?? 0) + (summary.get('cancelled') ?? 0));
  yield '\n';
  for (const [name, value] of summary) yield `# ${name} ${value}\n`;
}
