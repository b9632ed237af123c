import type { BenchContext, PartResult } from '../bench-context.ts';
import { median } from '../statistics.ts';

const CLIENTS = 100;

/**
 * How long VSCPOpen takes, for the first time in a process and again, and VSCPClose with clients connected.
 */
export async function lifecycle(bench: BenchContext): Promise<PartResult> {
  const firstOpens: number[] = [];
  const laterOpens: number[] = [];
  const closes: number[] = [];
  for (let round = 0; round < bench.plan.rounds; round++) {
    const host = await bench.startDriver();
    firstOpens.push(host.openMs);
    try {
      const clients = await bench.connectReceivers(host, { count: CLIENTS });
      closes.push(await host.close());
      await clients.stop();
      laterOpens.push(await host.open());
    } finally {
      await host.stop();
    }
  }
  const common = { part: 'lifecycle', unit: 'ms' };
  return {
    figures: [
      {
        ...common,
        name: 'VSCPOpen, first in the process',
        value: median(firstOpens),
        target: { kind: 'value', atMost: 100 },
      },
      {
        ...common,
        name: 'VSCPOpen, again',
        value: median(laterOpens),
        target: { kind: 'value', atMost: 100 },
      },
      {
        ...common,
        name: `VSCPClose with ${CLIENTS} clients`,
        value: median(closes),
        target: { kind: 'value', atMost: 100 },
        note: `worst ${Math.max(...closes).toFixed(1)} ms`,
      },
    ],
  };
}
