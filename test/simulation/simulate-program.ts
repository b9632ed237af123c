import './clock.ts';
import { parseArgs } from 'node:util';
import { describeFailure, simulate } from './campaign.ts';

const usage = `usage: npm run simulate -- [--steps N] [--seed N]
Runs the server, its host and its clients in simulated time, N steps (1 000 000) or more: seeds from N (1) on, each
a script of its own. What fails is told with its seed and the fewest operations that show it.
`;

const { values } = parseArgs({
  options: {
    steps: { type: 'string', default: '1000000' },
    seed: { type: 'string', default: '1' },
    help: { type: 'boolean' },
  },
});

async function main(): Promise<void> {
  const [steps, seed] = [Number(values.steps), Number(values.seed)];
  if (values.help || !Number.isSafeInteger(steps) || !Number.isSafeInteger(seed) || steps < 1) {
    process.stdout.write(usage);
    process.exitCode = values.help ? 0 : 1;
    return;
  }
  const { failure, ...result } = await simulate(seed, steps);
  process.stdout.write(`${JSON.stringify(result)}\n`);
  if (failure === undefined) return;
  process.stdout.write(describeFailure(failure));
  process.exitCode = 1;
}

await main();
process.exit();
