/**
 * Runs test files with node:test, each in a process of its own with the options of this process, and reports:
 *     node --import tsx --import …/left-open.mjs run-files.mjs [--name PATTERN] FILE…
 * It starts the files in the given order.
 */
import { availableParallelism, cpus } from 'node:os';
import { run } from 'node:test';
import { report } from './reporter.mjs';

/**
 * A test file that takes longer than this hangs, even on a machine that does other things as well; a set-up
 * may take longer, and so may an emulated processor (test/support/time-factor.ts).
 */
const FILE_TIMEOUT_MS =
  Number(process.env.FILE_TIMEOUT_MINUTES ?? 10) * Number(process.env.TIME_FACTOR ?? 1) * 60 * 1000;
const MAX_WORKERS = 4;

const args = process.argv.slice(2);
const name = args[0] === '--name' ? args.splice(0, 2)[1] : undefined;

const ending = new AbortController();
process.once('SIGTERM', () => ending.abort());

const events = run({
  files: args,
  signal: ending.signal,
  concurrency: Math.min(availableParallelism?.() ?? cpus().length, MAX_WORKERS),
  timeout: FILE_TIMEOUT_MS,
  ...(name === undefined ? {} : { testNamePatterns: [name] }),
});

let failures = 1;
const text = report(events, Boolean(process.env.CI), (count) => {
  failures = count;
});
for await (const part of text) process.stdout.write(part);
process.exitCode = failures === 0 ? 0 : 1;
