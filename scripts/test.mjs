import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';
import { join } from 'node:path';
import { withBuildLock } from './build/lock.mjs';
import { build } from './build.mjs';
import { root } from './project.mjs';
import { reportFailure, runScript, StepError } from './setup/progress.mjs';
import { setUp } from './setup/set-up.mjs';
import { runChecks, sourceFiles } from './test/checks.mjs';

/** A test file that takes longer hangs. */
const FILE_TIMEOUT_MS = 5 * 60 * 1000;
/** All tests together; continuous integration gives 20 minutes to everything. */
const TOTAL_TIMEOUT_MS = 15 * 60 * 1000;

const usage = `usage: npm test                     checks and all tests
       npm test -- WORD…           test files whose path holds one of the words, without the checks
       npm test -- --name PATTERN  only tests whose name matches (Node's --test-name-pattern)
`;

function parseArguments(args) {
  const words = [];
  let name;
  for (let i = 0; i < args.length; i++) {
    if (args[i] === '--help') return undefined;
    if (args[i] === '--name') name = args[++i];
    else words.push(args[i]);
  }
  return { words, name };
}

function atLeast(major, minor) {
  const [ownMajor, ownMinor] = process.versions.node.split('.').map(Number);
  return ownMajor > major || (ownMajor === major && ownMinor >= minor);
}

/** Tests in a browser: playwright-core needs Node 20, all else here runs on 18 too. */
function needsNewerNode(file) {
  return !atLeast(20, 0) && /playwright-core|\/stage\.ts'/.test(readFileSync(join(root, file), 'utf8'));
}

/** Options of the test runner as far as this Node has them. */
function runnerOptions(name) {
  const options = ['--import', 'tsx', '--test'];
  options.push(`--test-reporter=${join(root, 'scripts', 'test', 'reporter.mjs')}`);
  options.push('--test-reporter-destination=stdout');
  if (atLeast(20, 11)) {
    const workers = Math.min(availableParallelism?.() ?? cpus().length, 4);
    options.push(`--test-timeout=${FILE_TIMEOUT_MS}`, `--test-concurrency=${workers}`);
  }
  if (name !== undefined) options.push(`--test-name-pattern=${name}`);
  return options;
}

/** Continuous integration also runs what drives the shim with sanitizers built in (npm run test:asan). */
async function runSanitized() {
  const script = join(root, 'scripts', 'test-asan.mjs');
  const code = await new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [script], { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] });
    child.on('error', reject);
    child.on('exit', resolve);
  });
  if (code !== 0)
    throw new StepError('the tests with sanitizers failed', { remedy: 'npm run test:asan runs them.' });
}

/** Runs node:test over the files; its output is the last thing on the terminal. */
function runTests(files, name) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [...runnerOptions(name), ...files], {
      cwd: root,
      stdio: ['ignore', 'inherit', 'inherit'],
    });
    const timer = setTimeout(() => child.kill('SIGINT'), TOTAL_TIMEOUT_MS);
    child.on('error', reject);
    child.on('exit', (code, signal) => {
      clearTimeout(timer);
      resolve(signal === null ? code : 1);
    });
  });
}

await runScript(async () => {
  const wanted = parseArguments(process.argv.slice(2));
  if (wanted === undefined) {
    process.stdout.write(usage);
    return;
  }
  const files = sourceFiles('test', ['.test.ts']).filter(
    (path) => wanted.words.length === 0 || wanted.words.some((word) => path.includes(word)),
  );
  if (files.length === 0) throw new StepError(`no test file matches ${wanted.words.join(' ')}`);
  const leftOut = files.filter(needsNewerNode);
  const runnable = files.filter((file) => !leftOut.includes(file));
  // Without a file, the runner would look for some by itself.
  if (runnable.length === 0) throw new StepError(`${files.join(' ')}: Node 20 is needed for that`);

  await withBuildLock(async () => build(await setUp({ withTestTools: true })));
  const isWholeRun = wanted.words.length === 0 && wanted.name === undefined;
  const failures = isWholeRun ? await runChecks() : [];
  for (const failure of failures) reportFailure(failure);
  if (failures.length > 0) {
    throw new StepError('the checks found something to mend; no test was run');
  }
  if (leftOut.length > 0) process.stdout.write(`Left out, for they need Node 20: ${leftOut.join(' ')}\n`);
  process.stdout.write('\n');
  if (isWholeRun && process.env.CI) await runSanitized();
  process.exitCode = await runTests(runnable, wanted.name);
});
