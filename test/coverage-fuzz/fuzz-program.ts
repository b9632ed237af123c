import { parseArgs } from 'node:util';
import { FOUND_HEADING } from '../../scripts/test/reporter.mjs';
import { buildFuzzer } from './build.ts';
import { fuzzTarget, type Outcome } from './campaign.ts';
import { readCorpus, writeCorpus } from './corpus.ts';
import { PLANTED, TARGETS } from './targets.ts';
import { SHIM } from './worker-job.ts';

/** Enough for the planted fault, on a busy machine too. */
const PLANTED_SECONDS = 10;
const NAMES = [...Object.keys(TARGETS).filter((name) => name !== PLANTED), SHIM];

const usage = `usage: npm run fuzz:coverage -- [--minutes N] [--target NAME]… [--keep] [--tell]
Fuzzes what reads foreign bytes with libFuzzer, which is led by what each input reaches in the source: N minutes
(10) shared by the targets. --keep puts inputs that reach something new, and what failed, among those that each
npm test reads again (test/fixtures/coverage-fuzz). With --tell only a fuzzer that finds nothing it should fails: what
chance finds is no defect of the change at hand, and is named at the end.
Targets: ${NAMES.join(' ')}
`;

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '10' },
    target: { type: 'string', multiple: true },
    keep: { type: 'boolean' },
    tell: { type: 'boolean' },
    help: { type: 'boolean' },
  },
});

function tell({ target, runs, inputs, reached, branches, findings }: Outcome): void {
  const count = (value: number, width: number): string => String(value).padStart(width);
  const share = `${count(reached, 5)} of ${count(branches, 5)} branches (${Math.round((100 * reached) / branches)} %)`;
  const counts = `${count(runs, 10)} runs  ${count(inputs.length, 5)} inputs  ${findings.length} findings`;
  process.stdout.write(`${target.padEnd(14)} ${counts}${branches === 0 ? '' : share}\n`);
  for (const { error, input } of findings) {
    process.stdout.write(`\n  input ${JSON.stringify(input)}\n  ${error.replaceAll('\n', '\n  ')}\n\n`);
  }
}

async function main(): Promise<void> {
  const minutes = Number(values.minutes);
  const targets = values.target ?? NAMES;
  const unknown = targets.find((name) => !NAMES.includes(name));
  if (values.help || unknown !== undefined || !(minutes > 0)) {
    process.stdout.write(unknown === undefined ? usage : `no target is called ${unknown}\n${usage}`);
    process.exitCode = values.help ? 0 : 1;
    return;
  }
  const built = await buildFuzzer();
  process.stdout.write(`${built.counters} branches in ${built.files.length} sources\n`);
  const { findings } = await fuzzTarget(built, PLANTED, PLANTED_SECONDS);
  if (findings.length !== 1)
    throw new Error('the fault planted for the fuzzer was not found: it finds nothing');
  const found: string[] = [];
  for (const target of targets) {
    const outcome = await fuzzTarget(built, target, (minutes * 60) / targets.length);
    tell(outcome);
    found.push(
      ...outcome.findings.map(({ error }) => `  ${target}: ${error.replace(/\s+/g, ' ').slice(0, 400)}\n`),
    );
    if (!values.keep) continue;
    const failed = outcome.findings.map(({ input }) => input);
    writeCorpus(
      target,
      outcome.inputs.length === 0 ? [...readCorpus(target), ...failed] : [...outcome.inputs, ...failed],
    );
  }
  if (found.length === 0) return;
  process.stdout.write(`\n${FOUND_HEADING}\n${found.join('')}\n`);
  process.exitCode = values.tell ? 0 : 1;
}

await main();
