/** A step that failed: what went wrong, how a person can fix it, and what the failed program printed. */
export class StepError extends Error {
  /**
   * @param {string} what one sentence
   * @param {{ remedy?: string, output?: string }} [details] `remedy` may hold several lines, commands included
   */
  constructor(what, details = {}) {
    super(what);
    this.name = 'StepError';
    this.remedy = details.remedy;
    this.output = details.output;
  }
}

const OUTPUT_LINES_SHOWN = 40;

/**
 * Runs one step and shows its name, its result and how long it took.
 * @template T
 * @param {string} title
 * @param {() => Promise<string | [string, T]>} work returns what was found or done, with a value where one is needed
 * @returns {Promise<T>}
 */
export async function step(title, work) {
  process.stdout.write(`${title} … `);
  const startedAt = Date.now();
  let result;
  try {
    result = await work();
  } catch (error) {
    process.stdout.write('failed\n');
    throw error;
  }
  const [done, value] = Array.isArray(result) ? result : [result, undefined];
  const seconds = (Date.now() - startedAt) / 1000;
  process.stdout.write(`${done}${seconds >= 1 ? ` (${seconds.toFixed(1)} s)` : ''}\n`);
  return value;
}

/** Writes to stderr what failed and how to fix it. */
export function reportFailure(error) {
  if (!(error instanceof StepError)) {
    process.stderr.write(`\nFailed: ${error?.stack ?? error}\n`);
    return;
  }
  const output = (error.output ?? '').trimEnd().split('\n').slice(-OUTPUT_LINES_SHOWN);
  const shown = output.join('\n') === '' ? '' : `${output.map((line) => `    ${line}`).join('\n')}\n`;
  process.stderr.write(`\nFailed: ${error.message}\n${shown}`);
  if (error.remedy !== undefined) process.stderr.write(`\nTo fix it: ${error.remedy}\n`);
}

/** Runs the main function of a script; a failure is reported and ends in exit code 1. */
export async function runScript(main) {
  try {
    await main();
  } catch (error) {
    reportFailure(error);
    process.exitCode = 1;
  }
}
