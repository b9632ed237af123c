import { relative } from 'node:path';
import { Readable } from 'node:stream';
import { spec as SpecReporter } from 'node:test/reporters';
import { fileURLToPath } from 'node:url';
import { isAllowed } from './skips.mjs';

const SUMMARY_LINE = /^(tests|suites|pass|fail|cancelled|skipped|todo|duration_ms) ([\d.]+)$/;

const summaryEntry = ({ type, data }) =>
  type === 'test:diagnostic' && data.nesting === 0 ? SUMMARY_LINE.exec(data.message) : null;

/** A skipped test in the form of the list of allowed ones; undefined for all other events. */
function skipOf({ type, data }) {
  if (type !== 'test:pass' || data.skip === undefined || data.skip === false) return undefined;
  return { name: data.name, reason: typeof data.skip === 'string' ? data.skip : undefined };
}

/** Node 18 has the file as a URL. */
const pathOf = (file) => relative(process.cwd(), file.startsWith('file:') ? fileURLToPath(file) : file);

const MESSAGE_LENGTH = 400;
const COLOUR = new RegExp(`${String.fromCharCode(27)}\\[\\d+m`, 'g');

/** An error on one line, with the line of the test's file: often nothing but the last lines of a log is kept. */
function inOneLine(error, file) {
  const message = String(error?.message ?? 'no message')
    .replace(COLOUR, '')
    .replace(/\s+/g, ' ');
  const frames = String(error?.stack).split('\n');
  const [, line] = /:(\d+):\d+\)?$/.exec(frames.find((frame) => frame.includes(file)) ?? '') ?? [];
  return `${message.slice(0, MESSAGE_LENGTH)}${line === undefined ? '' : ` (line ${line})`}`;
}

/** A failed test with its file; undefined for a test that failed only because its parts did. */
function failureOf({ type, data }) {
  if (type !== 'test:fail' || data.details?.error?.failureType === 'subtestsFailed') return undefined;
  if (data.todo !== undefined && data.todo !== false) return undefined;
  const error = data.details?.error?.cause ?? data.details?.error;
  return `  ${pathOf(data.file)}: ${data.name}: ${inOneLine(error, data.file)}\n`;
}

const describe = ({ name, reason }) => `  ${name}: ${reason ?? 'no reason given'}\n`;

/** The headings over what failed, what fuzzing found, and what passed only when it was run again; scripts/ci.mjs repeats them. */
export const FAILED_HEADING = 'Failed tests:';
export const FOUND_HEADING = 'Found by fuzzing (each is a defect):';
export const UNSTEADY_HEADING =
  'Unsteady tests, which passed when their file was run again, alone (each is a defect):';

/**
 * The test files with failures. Node 20 tells of the end of each file; Node 18 only where a failed test is
 * written, which may be a helper.
 */
class FailingFiles {
  #isTold = false;
  #ended = new Set();
  #written = new Set();

  add({ type, data }) {
    if (type === 'test:complete') {
      this.#isTold = true;
      if (data.nesting === 0 && data.details.passed === false) this.#ended.add(pathOf(data.name));
    }
    if (type === 'test:fail') this.#written.add(pathOf(data.file ?? data.name));
  }

  /** Which of the given files failed; undefined when a failure cannot be put down to one of them. */
  among(files) {
    const known = this.#isTold ? this.#ended : this.#written;
    const failing = files.filter((file) => known.has(pathOf(file)));
    const isWhole = this.#isTold || failing.length === this.#written.size;
    return isWhole && failing.length > 0 ? failing : undefined;
  }
}

/** The skips that count as failures; changes `summary` accordingly. */
function refuse(skips, summary) {
  const refused = skips.filter((skip) => !isAllowed(skip));
  summary.set('fail', (summary.get('fail') ?? 0) + refused.length);
  summary.set('skipped', (summary.get('skipped') ?? 0) - refused.length);
  return refused.map(
    (skip) => `  skipped without leave (scripts/test/skips.mjs has the list):${describe(skip)}`,
  );
}

/**
 * Node's own spec reporter, then what was skipped and why, what failed, and the summary: people and CI logs
 * look at the last lines.
 * @param {AsyncIterable<object>} source events of node:test
 * @param {object} options
 * @param {boolean} options.isStrict a skip that is not in the list of allowed ones counts as a failure
 * @param {(failures: number) => void} options.tellFailures called once, before the end
 * @param {string[]} options.files the paths of the test files
 * @param {(failing: string[]) => Promise<boolean>} options.passAgain whether test files with failures pass when
 *     they are run again
 */
export async function* report(source, { isStrict, tellFailures, files, passAgain }) {
  const summary = new Map();
  const skips = [];
  const failures = [];
  const failing = new FailingFiles();
  async function* withoutSummary() {
    for await (const event of source) {
      const entry = summaryEntry(event);
      const skip = skipOf(event);
      if (skip !== undefined) skips.push(skip);
      const failure = failureOf(event);
      if (failure !== undefined) failures.push(failure);
      failing.add(event);
      if (entry === null) yield event;
      else summary.set(entry[1], Number(entry[2]));
    }
  }
  yield* Readable.from(withoutSummary()).pipe(new SpecReporter());
  const suspects = failing.among(files);
  if (suspects !== undefined && (await passAgain(suspects))) {
    yield `\n${UNSTEADY_HEADING}\n${failures.splice(0).join('')}`;
    const failed = (summary.get('fail') ?? 0) + (summary.get('cancelled') ?? 0);
    summary
      .set('pass', (summary.get('pass') ?? 0) + failed)
      .set('fail', 0)
      .set('cancelled', 0);
  }
  if (skips.length > 0) yield `\nSkipped:\n${skips.map(describe).join('')}`;
  if (isStrict) failures.push(...refuse(skips, summary));
  if (failures.length > 0) yield `\n${FAILED_HEADING}\n${failures.join('')}`;
  tellFailures((summary.get('fail') ?? 0) + (summary.get('cancelled') ?? 0));
  yield '\n';
  for (const [name, value] of summary) yield `# ${name} ${value}\n`;
}
