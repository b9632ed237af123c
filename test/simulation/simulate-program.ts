import './clock.ts';
import { parseArgs } from 'node:util';
import { describeFailure, OPS_A_RUN, simulate } from './campaign.ts';

const usage = `usage: npm run simulate -- [--steps N] [--seed N] [--operations N]
Runs the server, its host and its clients in simulated time, N steps (1 000 000) or more: seeds from N (1) on, each
a script of N operations (${OPS_A_RUN}; 35 000 make a million steps). What fails is told with its seed and the
fewest operations that show it.
`;

const { values } = parseArgs({
  options: {
    steps: { type: 'string', default: '1000000' },
    seed: { type: 'string', default: '1' },
    operations: { type: 'string', default: String(OPS_A_RUN) },
    help: { type: 'boolean' },
  },
});

async function main(): Promise<void> {
  const [steps, seed, ops] = [values.steps, values.seed, values.operations].map(Number) as [
    number,
    number,
    number,
  ];
  if (values.help || ![steps, seed, ops].every(Number.isSafeInteger) || steps < 1 || ops < 1) {
    process.stdout.write(usage);
    process.exitCode = values.help ? 0 : 1;
    return;
  }
  const { failure, ...result } = await simulate(seed, steps, ops, (of, run) =>
    process.stdout.write(`seed ${of}: ${JSON.stringify(run)}\n`),
  );
  process.stdout.write(`${JSON.stringify(result)}\n`);
  if (failure === undefined) return;
  process.stdout.write(describeFailure(failure));
  process.exitCode = 1;
}

await main();
process.exit();
