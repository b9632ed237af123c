import { parseArgs } from 'node:util';
import { Campaign } from './campaign.ts';
import type { Scope } from './cluster.ts';
import { rollingRestart } from './rolling-restart.ts';

const usage = `usage: npm run cluster-faults -- [--minutes N] [--clients N] [--seed N]
Three servers behind haproxy on one broker, N clients a server (300, at least 2). First each server is restarted in turn, as an
administrator does. Then servers, broker and networks are killed, stopped and cut off for N minutes (10), in an order
that follows from the seed (1). What was accepted has to come to everybody once and in order, or to be told as lost.
`;

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '10' },
    clients: { type: 'string', default: '300' },
    seed: { type: 'string', default: '1' },
    help: { type: 'boolean' },
  },
});

/** What users of a service behind a load balancer may notice of a restart. */
const BACK_WITHIN_MS = 5000;

/** Runs something, and ends what it started in the reverse order, also when the program is interrupted. */
async function within<T>(run: (scope: Scope) => Promise<T>): Promise<T> {
  const ends: (() => unknown)[] = [];
  const endAll = async (): Promise<void> => {
    for (let end = ends.pop(); end !== undefined; end = ends.pop()) await end();
  };
  const interrupt = (): void => void endAll().finally(() => process.exit(1));
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, interrupt);
  try {
    return await run({ after: (end) => ends.push(end) });
  } finally {
    await endAll();
    for (const signal of ['SIGINT', 'SIGTERM']) process.off(signal, interrupt);
  }
}

async function main(): Promise<void> {
  const [minutes, clientsPerNode, seed] = [values.minutes, values.clients, values.seed].map(Number) as [
    number,
    number,
    number,
  ];
  if (values.help || !(minutes > 0) || !(clientsPerNode >= 2) || !Number.isSafeInteger(seed)) {
    process.stdout.write(usage);
    process.exitCode = values.help ? 0 : 1;
    return;
  }
  const say = (line: string): void => void process.stdout.write(`${line}\n`);
  say(`3 x ${clientsPerNode} clients, ${minutes} minutes, seed ${seed}`);
  const rolling = await within((scope) => rollingRestart(scope, clientsPerNode, say));
  say(JSON.stringify(rolling));
  if (rolling.slowestMs > BACK_WITHIN_MS) {
    say(`FAILED: a client was back after ${rolling.slowestMs} ms only`);
    process.exitCode = 1;
  }
  const { violations, ...result } = await within((scope) =>
    Campaign.run(scope, { minutes, clientsPerNode, seed, say }),
  );
  say(JSON.stringify(result, undefined, 2));
  for (const { kind, text } of violations) say(`FAILED ${kind}: ${text}`);
  if (violations.length > 0) process.exitCode = 1;
  else say('what was accepted came once and in order, or was told as lost');
}

await main();
