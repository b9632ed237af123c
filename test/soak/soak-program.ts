import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { parseArgs } from 'node:util';
import { soakPlot } from './soak-plot.ts';
import { runSoak } from './soak-run.ts';

const usage = `usage: npm run soak -- [--minutes N] [--seed N] [--plot FILE]
Mixed load on the built driver in the C host for N minutes (10): clients that come and go, a slow reader, live
events, JSON API, legacy REST, tokens, a history, edits of the user database. Afterwards every event has to be
accounted for; a plot goes to build/soak.svg.
`;

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '10' },
    seed: { type: 'string', default: '1' },
    plot: { type: 'string', default: 'build/soak.svg' },
    help: { type: 'boolean' },
  },
});

async function main(): Promise<void> {
  const minutes = Number(values.minutes);
  if (values.help || !(minutes > 0 && minutes <= 24 * 60)) {
    process.stdout.write(usage);
    return;
  }
  process.stdout.write(`${minutes} minutes of mixed load, seed ${values.seed}\n`);
  const { samples, ...figures } = await runSoak(minutes, Number(values.seed));
  mkdirSync(dirname(values.plot), { recursive: true });
  writeFileSync(values.plot, soakPlot(samples));
  process.stdout.write(`${JSON.stringify(figures, undefined, 2)}\nall accounted for; plot: ${values.plot}\n`);
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.stack : error}\n`);
  process.exitCode = 1;
});
