import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Built, CACHE } from './build.ts';
import { readCorpus } from './corpus.ts';
import type { Finding, WorkerJob, WorkerResult } from './worker-job.ts';
import { RESULT_FILE, SHIM } from './worker-job.ts';

/** Longer than a target may take for one input, which libFuzzer watches. */
const GRACE_MS = 90_000;

export interface Outcome {
  target: string;
  runs: number;
  inputs: string[];
  findings: Finding[];
  /** Branches reached, and branches in the sources of which any was reached. */
  reached: number;
  branches: number;
}

/** Fuzzes one target for a while, beginning with the inputs that are kept. */
export async function fuzzTarget(built: Built, target: string, seconds: number): Promise<Outcome> {
  const folder = await mkdtemp(join(CACHE, `${target}-`));
  try {
    const job: WorkerJob = {
      ...{ target, seconds, engine: built.engine, counters: built.counters, dictionary: built.dictionary },
      ...{ corpusFolder: join(folder, 'corpus'), resultFolder: join(folder, 'result') },
    };
    await mkdir(job.corpusFolder);
    for (const input of readCorpus(target)) {
      const bytes = Buffer.from(input, 'latin1');
      await writeFile(join(job.corpusFolder, createHash('sha1').update(bytes).digest('hex')), bytes);
    }
    await mkdir(job.resultFolder);
    return await (target === SHIM ? fuzzShim(built, job) : fuzzJavaScript(built, job));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Resolves to the end of what a program printed. */
function runProgram(program: string, args: readonly string[], seconds: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    const timer = setTimeout(() => child.kill('SIGKILL'), seconds * 1000 + GRACE_MS);
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        output = (output + text).slice(-20_000);
      });
    }
    child.once('error', reject);
    child.once('close', (code, signal) => {
      clearTimeout(timer);
      resolve(`${output}\nended with ${signal ?? code}`);
    });
  });
}

/** The inputs with which libFuzzer itself ended: they took too long or too much memory, or a check failed. */
function artifactsIn(folder: string, output: string): Finding[] {
  return readdirSync(folder).map((name) => ({
    error: `${name}: ${output}`,
    input: readFileSync(join(folder, name), 'latin1'),
  }));
}

async function fuzzShim({ shimFuzzer }: Built, job: WorkerJob): Promise<Outcome> {
  const { corpusFolder, resultFolder, seconds } = job;
  const merged = `${corpusFolder}-merged`;
  await mkdir(merged);
  const limits = [
    `-max_total_time=${Math.ceil(seconds)}`,
    '-print_final_stats=1',
    '-max_len=4096',
    '-timeout=20',
  ];
  const args = [corpusFolder, ...limits, `-artifact_prefix=${resultFolder}/`];
  const output = await runProgram(shimFuzzer, args, seconds);
  const findings = artifactsIn(resultFolder, output);
  const [, runs] = /number_of_executed_units:\s*(\d+)/.exec(output) ?? [];
  if (runs === undefined && findings.length === 0) throw new Error(`${SHIM}: ${output}`);
  await runProgram(shimFuzzer, ['-merge=1', merged, corpusFolder], seconds);
  const inputs = readdirSync(merged).map((name) => readFileSync(join(merged, name), 'latin1'));
  return { target: SHIM, runs: Number(runs ?? 0), inputs, findings, reached: 0, branches: 0 };
}

async function fuzzJavaScript(built: Built, job: WorkerJob): Promise<Outcome> {
  const { target, resultFolder, seconds } = job;
  const output = await runProgram(process.execPath, [built.worker, JSON.stringify(job)], seconds);
  const file = join(resultFolder, RESULT_FILE);
  if (!existsSync(file)) {
    const findings = artifactsIn(resultFolder, output);
    if (findings.length === 0) throw new Error(`${target}: ${output}`);
    return { target, runs: 0, inputs: [], findings, reached: 0, branches: 0 };
  }
  const { reached, ...result } = JSON.parse(readFileSync(file, 'utf8')) as WorkerResult;
  const isIn = ({ first, counters }: Built['files'][number]): boolean =>
    reached.some((number) => number >= first && number < first + counters);
  const branches = built.files.filter(isIn).reduce((sum, { counters }) => sum + counters, 0);
  return { target, ...result, reached: reached.length, branches };
}
