import { setTimeout as sleep } from 'node:timers/promises';
import type { BenchContext, PartResult } from '../bench-context.ts';
import { demandOrder } from '../bench-context.ts';
import type { DriverHost } from '../driver-host.ts';
import type { LoadClient } from '../load-client.ts';

const FAST_CLIENTS = 10;
const STOPPED_CLIENTS = 2;
const SAMPLE_MS = 5000;
/** The share of the time after which caches, pools and heap have reached their size. */
const SETTLED_SHARE = 0.2;
const DRAIN_TIMEOUT_MS = 20_000;

async function connectStopped(bench: BenchContext, host: DriverHost): Promise<LoadClient> {
  const stopped = await bench.connectReceivers(host, { count: STOPPED_CLIENTS });
  await stopped.readRate(0);
  return stopped;
}

/**
 * The host's memory in MB over a long flood beside readers that stopped; the driver closes those now and
 * then.
 */
async function sampleMemory(bench: BenchContext, host: DriverHost, minutes: number): Promise<number[]> {
  const samples: number[] = [];
  const endMs = Date.now() + minutes * 60_000;
  let stopped = await connectStopped(bench, host);
  while (Date.now() < endMs) {
    await sleep(SAMPLE_MS);
    const { rssKb } = await host.usage();
    samples.push(rssKb / 1024);
    if ((await stopped.snap()).closed === 0) continue;
    await stopped.stop();
    stopped = await connectStopped(bench, host);
  }
  await stopped.stop();
  return samples;
}

/** Memory over `bench.minutes` of flood; this is not part of the standard run. */
export async function growth(bench: BenchContext): Promise<PartResult> {
  const host = await bench.startDriver();
  try {
    const fast = await bench.connectReceivers(host, { count: FAST_CLIENTS });
    await host.startFeed();
    const samples = await sampleMemory(bench, host, bench.minutes);
    const feed = await host.stopFeed();
    const complete = await fast.awaitEvent(feed.lastSeq, DRAIN_TIMEOUT_MS);
    demandOrder(await fast.snap(), 'growth');
    if (!complete) throw new Error('growth: events missing');
    await fast.stop();
    const settled = samples.slice(Math.floor(samples.length * SETTLED_SHARE));
    const middle = settled.length >> 1;
    const early = Math.max(...settled.slice(0, middle));
    const late = Math.max(...settled.slice(middle));
    return {
      figures: [
        {
          part: 'growth',
          name: `peak memory late in ${bench.minutes} minutes of flood beside ${STOPPED_CLIENTS} stopped readers`,
          unit: 'MB',
          value: late,
          reference: early,
          referenceName: 'earlier',
          ratio: late / early,
          target: { kind: 'ratio', atMost: 1.05 },
          note: `${Math.round(feed.written / 1e6)} M events written; nothing lost by the ${FAST_CLIENTS} that read`,
        },
      ],
    };
  } finally {
    await host.stop();
  }
}
