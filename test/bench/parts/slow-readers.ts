import type { BenchContext, PartResult, Window } from '../bench-context.ts';
import type { DriverHost } from '../driver-host.ts';
import type { Figure } from '../figures.ts';
import type { LoadClient } from '../load-client.ts';
import { humanNumber, median, medianRatio } from '../statistics.ts';
import { floodDriver, perCpuOf, ratesOf } from './fan-out.ts';

const FLOOD_SETTINGS = { 'max-incoming-queue-size': 4096 };
const FAST_CLIENTS = 20;
const LAGGARDS = 2;
/** After this time the laggards' queues are full and the driver knows who reads. */
const SETTLE_MS = 1000;

/** How the laggards read, in bytes per second each. */
const KINDS = [
  { name: 'stopped', bytesPerSecond: 0 },
  { name: 'slow (200 kB/s)', bytesPerSecond: 200_000 },
] as const;

/** The throughput of the fast clients with laggards connected. */
async function withLaggards(
  bench: BenchContext,
  host: DriverHost,
  fast: LoadClient,
  bytesPerSecond: number,
): Promise<Window> {
  const laggards = await bench.connectReceivers(host, { count: LAGGARDS, protocol: 'mixed' });
  await laggards.readRate(bytesPerSecond);
  const window = await floodDriver(bench, host, fast, SETTLE_MS);
  await laggards.stop();
  return window;
}

/** Delivered messages per second of clients that read, without and with clients that do not. */
export async function slowReaders(bench: BenchContext): Promise<PartResult> {
  const host = await bench.startDriver(FLOOD_SETTINGS);
  try {
    const fast = await bench.connectReceivers(host, { count: FAST_CLIENTS });
    await floodDriver(bench, host, fast, SETTLE_MS);
    const before = await host.usage();
    const alone: Window[] = [];
    const beside = KINDS.map((): Window[] => []);
    for (let round = 0; round < bench.plan.rounds; round++) {
      alone.push(await floodDriver(bench, host, fast, SETTLE_MS));
      for (const [index, kind] of KINDS.entries()) {
        beside[index]?.push(await withLaggards(bench, host, fast, kind.bytesPerSecond));
      }
    }
    const after = await host.usage();
    await fast.stop();
    const figures = KINDS.map((kind, index): Figure => {
      const windows = beside[index] ?? [];
      const perCpu = medianRatio(perCpuOf(windows), perCpuOf(alone));
      return {
        part: 'slow',
        name: `${FAST_CLIENTS} clients beside ${LAGGARDS} ${kind.name} readers`,
        unit: 'messages/s',
        value: median(ratesOf(windows)),
        reference: median(ratesOf(alone)),
        referenceName: 'without them',
        ratio: medianRatio(ratesOf(windows), ratesOf(alone)),
        target: { kind: 'ratio', atLeast: 0.95 },
        note: `ratio per CPU second ${humanNumber(perCpu)}; nothing lost by the ${FAST_CLIENTS}; host memory ${Math.round(before.rssKb / 1024)} → ${Math.round(after.rssKb / 1024)} MB`,
      };
    });
    return { figures };
  } finally {
    await host.stop();
  }
}
