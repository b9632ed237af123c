import { setTimeout as sleep } from 'node:timers/promises';
import type { BenchContext, PartResult } from '../bench-context.ts';
import { demandOrder } from '../bench-context.ts';
import type { DriverHost } from '../driver-host.ts';
import type { Figure } from '../figures.ts';
import type { LoadClient } from '../load-client.ts';
import { median } from '../statistics.ts';

const FLOOD_SETTINGS = { 'max-incoming-queue-size': 4096 };
const DRAIN_TIMEOUT_MS = 10_000;
const DRAIN_POLL_MS = 20;

/** Which events the flood consists of. */
type Spread = 'one' | 'all';

const SPREAD_TEXT: Record<Spread, string> = {
  one: 'all events match the same one',
  all: 'each event matches another one',
};

/** CPU microseconds of the driver per event: the host's process without the thread that writes. */
async function costPerEvent(
  bench: BenchContext,
  host: DriverHost,
  client: LoadClient,
  sessions: number,
  spread: Spread,
): Promise<number> {
  await client.reset();
  const from = await host.usage();
  await host.startFeed({ types: spread === 'all' ? sessions : 1 });
  await sleep(bench.plan.windowMs);
  const feed = await host.stopFeed();
  const deadline = Date.now() + DRAIN_TIMEOUT_MS;
  let snapshot = await client.snap();
  while (snapshot.messages < feed.written && Date.now() < deadline) {
    await sleep(DRAIN_POLL_MS);
    snapshot = await client.snap();
  }
  const to = await host.usage();
  demandOrder(snapshot, 'filters');
  if (snapshot.messages !== feed.written) {
    throw new Error(`filters: ${feed.written} written, ${snapshot.messages} delivered`);
  }
  return (to.cpuNs - from.cpuNs - feed.cpuNs) / feed.written / 1000;
}

async function measure(bench: BenchContext, sessions: number, spread: Spread): Promise<number> {
  const host = await bench.startDriver(FLOOD_SETTINGS);
  try {
    const stride = spread === 'all' ? sessions : 1;
    const client = await bench.connectReceivers(host, { count: sessions, filter: true, stride });
    await costPerEvent(bench, host, client, sessions, spread);
    const costs: number[] = [];
    for (let round = 0; round < bench.plan.rounds; round++) {
      costs.push(await costPerEvent(bench, host, client, sessions, spread));
    }
    await client.stop();
    return median(costs);
  } finally {
    await host.stop();
  }
}

/**
 * Cost of an event that exactly one of 10 … 1 000 sessions with distinct filters takes. "One": the write
 * to the client is gathered alike whatever the number of sessions, so the filters alone make the difference;
 * "all": every session gets its share, so gathering shrinks as the sessions grow.
 */
export async function filters(bench: BenchContext): Promise<PartResult> {
  const figures: Figure[] = [];
  for (const spread of ['one', 'all'] as const) {
    let fewest: { sessions: number; cost: number } | undefined;
    for (const sessions of bench.plan.filterCounts) {
      const cost = await measure(bench, sessions, spread);
      fewest ??= { sessions, cost };
      const figure: Figure = {
        part: 'filters',
        name: `${sessions} sessions with distinct filters, ${SPREAD_TEXT[spread]}`,
        unit: 'CPU µs/event',
        value: cost,
      };
      if (sessions !== fewest.sessions) {
        figure.reference = fewest.cost;
        figure.referenceName = `${fewest.sessions} sessions`;
        figure.ratio = cost / fewest.cost;
        // "Far slower": a tenth of the growth of sessions × filters.
        figure.target = { kind: 'ratio', atMost: sessions / fewest.sessions / 10 };
        if (sessions / fewest.sessions < 100) delete figure.target;
      }
      figures.push(figure);
    }
  }
  return { figures };
}
