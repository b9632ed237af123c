/**
 * Runs test files with node:test, each in a process of its own with the options of this process, and reports:
 *     node --import tsx --import …/left-open.mjs run-files.mjs [--again] [--name PATTERN] FILE…
 * It starts the files in the given order. With --again a few files with failures get a second run, alone: what
 * passes then is told as unsteady and does not fail the whole.
 */
import { spawnSync } from 'node:child_process';
import { availableParallelism, cpus } from 'node:os';
import { run } from 'node:test';
import { report } from './reporter.mjs';

/**
 * A test file that takes longer than this hangs, even on a machine that does other things as well; a set-up
 * may take longer, and so may an emulated processor (test/support/time-factor.ts).
 */
const FILE_TIMEOUT_MS =
  Number(process.env.FILE_TIMEOUT_MINUTES ?? 10) * Number(process.env.TIME_FACTOR ?? 1) * 60 * 1000;
/** Many tests wait more than they reckon (for a delay after a failed login, for a page): one more than cores. */
const WORKERS = Math.min((availableParallelism?.() ?? cpus().length) + 1, 4);
/** More files with failures than these are no accident of timing. */
const MAX_UNSTEADY = 3;

const args = process.argv.slice(2);
const mayRunAgain = args[0] === '--again';
if (mayRunAgain) args.shift();
const name = args[0] === '--name' ? args.splice(0, 2)[1] : undefined;

const ending = new AbortController();
process.once('SIGTERM', () => ending.abort());

const events = run({
  files: args,
  signal: ending.signal,
  concurrency: WORKERS,
  timeout: FILE_TIMEOUT_MS,
  ...(name === undefined ? {} : { testNamePatterns: [name] }),
});

/** Runs each file once more, with nothing beside it; shows, away from the margin, what failed again. */
async function passAgain(files) {
  if (!mayRunAgain || files.length > MAX_UNSTEADY) return false;
  return files.every((file) => {
    const command = [...process.execArgv, process.argv[1], file];
    const options = { encoding: 'utf8', maxBuffer: Infinity, timeout: FILE_TIMEOUT_MS };
    const { status, stdout } = spawnSync(process.execPath, command, options);
    if (status !== 0) process.stdout.write(`\nAgain, alone:\n${stdout.replace(/^/gm, '    ')}\n`);
    return status === 0;
  });
}

let failures = 1;
const text = report(events, {
  isStrict: Boolean(process.env.CI),
  tellFailures: (count) => {
    failures = count;
  },
  files: args,
  passAgain,
});
for await (const part of text) process.stdout.write(part);
process.exitCode = failures === 0 ? 0 : 1;
