import { parseArgs } from 'node:util';
import { fuzzLibrary } from './fuzz-run.ts';

const usage = `usage: npm run fuzz -- [--messages N] [--seed N]
Sends N seeded hostile messages (1 000 000) to the built driver in the C host and checks every reply.
Without --seed a new seed is taken and printed; a failure prints what repeats it.
`;

const { values } = parseArgs({
  options: { messages: { type: 'string' }, seed: { type: 'string' }, help: { type: 'boolean' } },
});

async function main(): Promise<void> {
  if (values.help) {
    process.stdout.write(usage);
    return;
  }
  const seed = Number(values.seed ?? Date.now() % 1_000_000);
  const messages = Number(values.messages ?? 1_000_000);
  if (!Number.isSafeInteger(seed) || !Number.isSafeInteger(messages) || messages < 1) throw new Error(usage);
  process.stdout.write(`seed ${seed}, ${messages} messages\n`);
  const began = performance.now();
  let reported = 0;
  try {
    const result = await fuzzLibrary(seed, messages, (sent) => {
      if (sent - reported < messages / 20) return;
      reported = sent;
      process.stdout.write(`${sent} sent, ${Math.round((performance.now() - began) / 1000)} s\n`);
    });
    process.stdout.write(`${JSON.stringify(result)}: every reply as it should be\n`);
  } catch (error) {
    process.stdout.write(`FAILED, repeat with: npm run fuzz -- --seed ${seed} --messages ${messages}\n`);
    throw error;
  }
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.stack : error}\n`);
  process.exitCode = 1;
});
