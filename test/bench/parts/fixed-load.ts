import type { BenchContext, PartResult } from '../bench-context.ts';
import { watchFlood } from '../bench-context.ts';
import { NaiveServer } from '../references.ts';
import { median, medianRatio } from '../statistics.ts';

const CLIENTS = 100;
const EVENTS_PER_SECOND = 2000;

/** CPU time at 200 000 delivered messages a second: 2 000 events a second to 100 clients. */
export async function fixedLoad(bench: BenchContext): Promise<PartResult> {
  const host = await bench.startDriver();
  const naive = await NaiveServer.start();
  try {
    const ours = await bench.connectReceivers(host, { count: CLIENTS });
    const simple = await bench.connectPlain(naive.port, { count: CLIENTS });
    const driverCpu: number[] = [];
    const naiveCpu: number[] = [];
    let delivered = 0;
    let naiveDelivered = 0;
    for (let round = 0; round <= bench.plan.rounds; round++) {
      await host.startFeed({ rate: EVENTS_PER_SECOND });
      const window = await watchFlood(bench, ours, () => host.usage());
      await host.stopFeed();
      await naive.startFeed(EVENTS_PER_SECOND);
      const reference = await watchFlood(bench, simple, () => naive.usage());
      await naive.stopFeed();
      // The first round warms up both.
      if (round === 0) continue;
      driverCpu.push(window.cpuPerSecond);
      naiveCpu.push(reference.cpuPerSecond);
      delivered = window.messagesPerSecond;
      naiveDelivered = reference.messagesPerSecond;
    }
    await Promise.all([ours.stop(), simple.stop()]);
    return {
      figures: [
        {
          part: 'cpu',
          name: `CPU at ${EVENTS_PER_SECOND} events/s to ${CLIENTS} clients`,
          unit: 'CPU s/s',
          value: median(driverCpu),
          reference: median(naiveCpu),
          referenceName: `ws.send per client, ${Math.round(naiveDelivered / 1000)} k/s reached`,
          ratio: medianRatio(driverCpu, naiveCpu),
          note: `${Math.round(delivered / 1000)} k messages/s delivered`,
        },
      ],
    };
  } finally {
    await Promise.all([host.stop(), naive.stop()]);
  }
}
