import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { withBuildLock } from './build/lock.mjs';
import { build } from './build.mjs';
import { root } from './project.mjs';
import { reportFailure, runScript, StepError } from './setup/progress.mjs';
import { setUp } from './setup/set-up.mjs';
import { runChecks, sourceFiles } from './test/checks.mjs';
import { whyLeftOut } from './test/skips.mjs';

/** The time limit of all tests together, on a machine that does other things as well. */
const TOTAL_TIMEOUT_MS = 40 * 60 * 1000;
/** The tests that take longest come first, so that they do not run alone at the end. */
const LONGEST = [
  ...['test/soak/', 'test/cluster-faults/', 'test/hostile/', 'test/native/', 'test/scripts/', 'test/hmi/'],
  'test/driver/',
];
/** Shared by all targets (test/coverage-fuzz). */
const COVERAGE_FUZZ_MINUTES = 2;
/** Lengths of the tests that prove more the longer they run; a variable that is already set is kept. */
const LONG_FORM = {
  ...{ SOAK_MINUTES: '2', FUZZ_MESSAGES: '200000', HTTP_FUZZ_REQUESTS: '50000' },
  ...{ SIMULATED_STEPS: '300000', CLUSTER_FAULTS_MINUTES: '2' },
};

const usage = `usage: npm test                     checks and all tests
       npm test -- --long          also with sanitizers, fuzzing led by coverage, a long soak and a long fuzz
       npm test -- WORD…           test files whose path contains one of the words, without the checks
       npm test -- --name PATTERN  only tests whose name matches (Node's --test-name-pattern)

In a run of all tests a few files with failures get a second run, alone; what passes then is named at the end as
unsteady. With CI set in the environment, a skipped test that scripts/test/skips.mjs does not name is a failure.
`;

function parseArguments(args) {
  const words = [];
  let name;
  let isLong = false;
  for (let i = 0; i < args.length; i++) {
    if (args[i] === '--help') return undefined;
    if (args[i] === '--name') name = args[++i];
    else if (args[i] === '--long') isLong = true;
    else words.push(args[i]);
  }
  return { words, name, isLong, isWhole: words.length === 0 && name === undefined };
}

/** The test files whose path contains one of the words; those that take longest come first. */
function testFiles(words) {
  const rank = (path) => {
    const at = LONGEST.findIndex((part) => path.startsWith(part));
    return at < 0 ? LONGEST.length : at;
  };
  return sourceFiles('test', ['.test.ts'])
    .filter((path) => words.length === 0 || words.some((word) => path.includes(word)))
    .sort((a, b) => rank(a) - rank(b));
}

/** Runs another script to its end; resolves to whether it succeeded. */
function runNode(args, env = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, {
      cwd: root,
      stdio: ['ignore', 'inherit', 'inherit'],
      env: { ...process.env, ...env },
    });
    const timer = setTimeout(() => child.kill('SIGTERM'), TOTAL_TIMEOUT_MS);
    child.on('error', reject);
    child.on('exit', (code) => {
      clearTimeout(timer);
      resolve(code === 0);
    });
  });
}

/** Runs node:test over the files; its output is the last thing on the terminal. */
function runTests(files, { name, isLong, isWhole }) {
  const leftOut = {};
  for (const file of files) {
    const reason = whyLeftOut(readFileSync(join(root, file), 'utf8'));
    if (reason !== undefined) leftOut[file] = reason;
  }
  const runnable = files.filter((file) => leftOut[file] === undefined);
  if (runnable.length < files.length) runnable.push(join('scripts', 'test', 'left-out.mjs'));
  const inTest = (file) => join(root, 'scripts', 'test', file);
  const options = ['--import', 'tsx', '--import', pathToFileURL(inTest('left-open.mjs')).href];
  const pattern = name === undefined ? [] : ['--name', name];
  const again = isWhole ? ['--again'] : [];
  return runNode([...options, inTest('run-files.mjs'), ...again, ...pattern, ...runnable], {
    LEFT_OUT: JSON.stringify(leftOut),
    ...(isLong ? { ...LONG_FORM, ...process.env } : {}),
  });
}

await runScript(async () => {
  const wanted = parseArguments(process.argv.slice(2));
  if (wanted === undefined) {
    process.stdout.write(usage);
    return;
  }
  const files = testFiles(wanted.words);
  if (files.length === 0) throw new StepError(`no test file matches ${wanted.words.join(' ')}`);

  await withBuildLock(async () => build(await setUp({ withTestTools: true }), { withTests: true }));
  const failures = wanted.isWhole ? await runChecks() : [];
  for (const failure of failures) reportFailure(failure);
  if (failures.length > 0) {
    throw new StepError('the checks found problems; no test was run');
  }
  process.stdout.write('\n');
  if (wanted.isWhole && wanted.isLong) {
    if (!(await runNode([join(root, 'scripts', 'test-asan.mjs')]))) {
      throw new StepError('the tests with sanitizers failed', { remedy: 'npm run test:asan runs them.' });
    }
    const fuzz = ['--import', 'tsx', join(root, 'test', 'coverage-fuzz', 'fuzz-program.ts')];
    if (!(await runNode([...fuzz, '--tell', '--minutes', String(COVERAGE_FUZZ_MINUTES)]))) {
      throw new StepError('the fuzzing led by coverage does not work', {
        remedy: 'npm run fuzz:coverage runs it.',
      });
    }
  }
  process.exitCode = (await runTests(files, wanted)) ? 0 : 1;
});
