/**
 * Runs all tests on this machine in their long form, then the README's commands on a bare Debian 12. The
 * summary of both is the last thing on the terminal; the exit code is 0 only when everything passed.
 */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { root } from './project.mjs';
import { FAILED_HEADING, FOUND_HEADING, UNSTEADY_HEADING } from './test/reporter.mjs';

/** The time limit of each single stage; it is generous because it only ends what hangs. */
const STAGE_TIMEOUT_MS = 40 * 60 * 1000;
const STAGES = [
  { title: 'npm test on this machine', command: ['npm', 'test', '--', '--long'] },
  {
    title: 'the README on a bare Debian 12',
    command: [process.execPath, join(root, 'scripts', 'machines', 'fresh-clone.mjs')],
  },
];
const COUNTED = ['tests', 'suites', 'pass', 'fail', 'cancelled', 'skipped', 'todo'];

/** Adds up the summaries in the output of node:test as its lines come, and keeps the names of what failed or is unsteady. */
class Tally {
  counts = new Map(COUNTED.map((name) => [name, 0]));
  named = new Map([FAILED_HEADING, FOUND_HEADING, UNSTEADY_HEADING].map((heading) => [heading, []]));
  #underWay;

  add(line) {
    if (this.#underWay !== undefined && line.startsWith('  ')) this.#underWay.push(line);
    else this.#underWay = this.named.get(line);
    const [, name, count] = /^# (\w+) (\d+)$/.exec(line) ?? [];
    if (this.counts.has(name)) this.counts.set(name, this.counts.get(name) + Number(count));
  }

  get failures() {
    return this.counts.get('fail') + this.counts.get('cancelled');
  }
}

/** Runs one stage in a process group of its own so that all of it can be ended; resolves to its exit code. */
function runStage(command, tally) {
  const [program, ...args] = command;
  return new Promise((resolve) => {
    const child = spawn(program, args, {
      cwd: root,
      stdio: ['ignore', 'pipe', 'inherit'],
      detached: true,
    });
    const end = () => process.kill(-child.pid, 'SIGKILL');
    const endAll = () => {
      end();
      process.exit(1);
    };
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, endAll);
    const timer = setTimeout(end, STAGE_TIMEOUT_MS);
    let rest = '';
    child.stdout.setEncoding('utf8').on('data', (text) => {
      process.stdout.write(text);
      const lines = (rest + text).split('\n');
      rest = lines.pop();
      for (const line of lines) tally.add(line);
    });
    child.on('error', (error) => {
      process.stderr.write(`${program}: ${error.message}\n`);
      resolve(127);
    });
    child.on('close', (code) => {
      clearTimeout(timer);
      for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.off(signal, endAll);
      tally.add(rest);
      resolve(code ?? 128);
    });
  });
}

const startedAt = Date.now();
const total = new Tally();
const results = [];
for (const { title, command } of STAGES) {
  process.stdout.write(`\n=== ${title}\n\n`);
  const before = total.failures;
  const stageStartedAt = Date.now();
  const code = await runStage(command, total);
  // What fails before or between tests is a failure too.
  if (code !== 0 && total.failures === before) total.counts.set('fail', total.counts.get('fail') + 1);
  const seconds = Math.round((Date.now() - stageStartedAt) / 1000);
  results.push(`${code === 0 ? 'passed' : `FAILED (exit code ${code})`}: ${title}, ${seconds} s`);
  if (code !== 0) process.exitCode = 1;
}
process.stdout.write(`\n=== all together\n\n${results.join('\n')}\n\n`);
for (const [heading, lines] of total.named) {
  if (lines.length > 0) process.stdout.write(`${heading}\n${lines.join('\n')}\n\n`);
}
for (const [name, count] of total.counts) process.stdout.write(`# ${name} ${count}\n`);
process.stdout.write(`# duration_ms ${Date.now() - startedAt}\n`);
