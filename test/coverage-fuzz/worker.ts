/**
 * Runs one target under libFuzzer in a process of its own, for a limited time. It is bundled with all that the
 * targets read, instrumented; build.ts says how.
 *     node worker.cjs '{"target":…,"seconds":…,…}'
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { TARGETS } from './targets.ts';
import { type Finding, RESULT_FILE, type WorkerJob, type WorkerResult } from './worker-job.ts';

interface Engine {
  run(args: readonly string[], counters: Uint8Array, target: (input: Buffer) => void): void;
  leave(code: number): never;
}

/** Made by the first line of the bundle. */
declare const __reached: Uint8Array;

const MAX_FINDINGS = 50;
const LOOK_AT_CLOCK_EVERY = 256;
const MAX_INPUT_BYTES = 4096;

const job = JSON.parse(process.argv[2] ?? '') as WorkerJob;
const engine = createRequire(__filename)(job.engine) as Engine;
const target = TARGETS[job.target];
if (target === undefined) throw new Error(`no target is called ${job.target}`);
const findings = new Map<string, Finding>();
const deadline = performance.now() + job.seconds * 1000;
let runs = 0;

function attempt(input: Buffer): void {
  try {
    target?.(input);
  } catch (error) {
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    // The same place of the source is the same finding, whatever its message shows of the input.
    const place = /\n\s+at .*/.exec(text.slice(text.indexOf('\n    at ')))?.[0] ?? text;
    const known = findings.get(place);
    if (known === undefined ? findings.size < MAX_FINDINGS : input.length < known.input.length) {
      findings.set(place, { error: text, input: input.toString('latin1') });
    }
  }
}

/** The counters an input reaches, by how often: 1, 2, 3, 4-7, 8-15, … */
function features(input: Buffer): string[] {
  __reached.fill(0);
  attempt(input);
  const found: string[] = [];
  for (let index = 0; index < job.counters; index++) {
    const count = __reached[index] ?? 0;
    if (count > 0) found.push(`${index}/${count < 4 ? count : 32 - Math.clz32(count) + 1}`);
  }
  return found;
}

function summarise(): WorkerResult {
  const files = readdirSync(job.corpusFolder).map((name) => readFileSync(join(job.corpusFolder, name)));
  files.sort((a, b) => a.length - b.length);
  const reached = new Set<string>();
  const inputs: string[] = [];
  for (const input of files) {
    const fresh = features(input).filter((feature) => !reached.has(feature));
    if (fresh.length === 0) continue;
    for (const feature of fresh) reached.add(feature);
    inputs.push(input.toString('latin1'));
  }
  const numbers = new Set([...reached].map((feature) => Number.parseInt(feature, 10)));
  return { runs, inputs, reached: [...numbers].sort((a, b) => a - b), findings: [...findings.values()] };
}

engine.run(
  [
    'coverage-fuzz',
    job.corpusFolder,
    `-dict=${job.dictionary}`,
    `-artifact_prefix=${job.resultFolder}/`,
    `-max_len=${MAX_INPUT_BYTES}`,
    '-timeout=20',
    '-rss_limit_mb=2048',
    '-verbosity=0',
  ],
  __reached.subarray(0, job.counters),
  (input) => {
    attempt(input);
    runs++;
    if (runs % LOOK_AT_CLOCK_EVERY !== 0 || performance.now() < deadline) return;
    writeFileSync(join(job.resultFolder, RESULT_FILE), JSON.stringify(summarise()));
    engine.leave(0);
  },
);
