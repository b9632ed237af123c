import { setTimeout as sleep } from 'node:timers/promises';
import type { BenchContext, PartResult } from '../bench-context.ts';
import type { LoadClient, Usage } from '../load-client.ts';
import { NaiveServer } from '../references.ts';
import { median } from '../statistics.ts';

/** The first connections grow pools and tables of the process; they are not counted. */
const FIRST_CLIENTS = 100;
const SETTLE_MS = 1000;
const MAX_ROUNDS = 3;

interface Memory {
  baseKb: number;
  perClientKb: number;
}

async function measure(
  bench: BenchContext,
  usage: () => Promise<Usage>,
  connect: (count: number) => Promise<LoadClient>,
): Promise<Memory> {
  const base = await usage();
  const first = await connect(FIRST_CLIENTS);
  await sleep(SETTLE_MS);
  const before = await usage();
  const second = await connect(bench.plan.idleClients);
  await sleep(SETTLE_MS);
  const after = await usage();
  await Promise.all([first.stop(), second.stop()]);
  return { baseKb: base.rssKb, perClientKb: (after.rssKb - before.rssKb) / bench.plan.idleClients };
}

async function measureDriver(bench: BenchContext): Promise<Memory> {
  const host = await bench.startDriver();
  try {
    return await measure(
      bench,
      () => host.usage(),
      (count) => bench.connectReceivers(host, { count, spread: true }),
    );
  } finally {
    await host.stop();
  }
}

async function measureBareLibrary(bench: BenchContext): Promise<Memory> {
  const server = await NaiveServer.start();
  try {
    return await measure(
      bench,
      () => server.usage(),
      (count) => bench.connectPlain(server.port, { count }),
    );
  } finally {
    await server.stop();
  }
}

/** Resident memory of the host's process, and per idle open client beyond what the bare library needs. */
export async function memory(bench: BenchContext): Promise<PartResult> {
  const ours: Memory[] = [];
  const bare: Memory[] = [];
  for (let round = 0; round < Math.min(bench.plan.rounds, MAX_ROUNDS); round++) {
    ours.push(await measureDriver(bench));
    bare.push(await measureBareLibrary(bench));
  }
  const perClient = median(ours.map((memory) => memory.perClientKb));
  const perClientBare = median(bare.map((memory) => memory.perClientKb));
  return {
    figures: [
      {
        part: 'memory',
        name: 'host process with the driver open, no clients',
        unit: 'MB',
        value: median(ours.map((memory) => memory.baseKb)) / 1024,
        target: { kind: 'value', atMost: 60 },
      },
      {
        part: 'memory',
        name: `per idle open client (${bench.plan.idleClients}), over the bare ws library`,
        unit: 'kB',
        value: perClient - perClientBare,
        target: { kind: 'value', atMost: 8 },
        note: `driver ${perClient.toFixed(1)} kB, bare library ${perClientBare.toFixed(1)} kB`,
      },
    ],
  };
}
