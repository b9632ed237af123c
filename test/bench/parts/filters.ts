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
/** "Far slower" is a tenth of the growth of sessions × filters; it is judged from this growth on. */
const FAR_SLOWER_FROM = 100;

/** Which events the flood consists of. */
type Spread = 'one' | 'all';
const SPREADS: readonly Spread[] = ['one', 'all'];

const SPREAD_TEXT: Record<Spread, string> = {
  one: 'all events match the same one',
  all: 'each event matches another one',
};

/** The driver's CPU microseconds per event: those of the host's process without the thread that writes. */
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

/** The costs of both floods with this many sessions; the logins take longer than the floods. */
async function measure(bench: BenchContext, sessions: number): Promise<Record<Spread, number>> {
  const host = await bench.startDriver(FLOOD_SETTINGS);
  try {
    const client = await bench.connectReceivers(host, { count: sessions, filter: true });
    const costs = { one: 0, all: 0 };
    for (const spread of SPREADS) {
      await client.expectStride(spread === 'all' ? sessions : 1);
      await costPerEvent(bench, host, client, sessions, spread);
      const rounds: number[] = [];
      for (let round = 0; round < bench.plan.rounds; round++) {
        rounds.push(await costPerEvent(bench, host, client, sessions, spread));
      }
      costs[spread] = median(rounds);
    }
    await client.stop();
    return costs;
  } finally {
    await host.stop();
  }
}

/** One figure per number of sessions, compared with that for the fewest. */
function curveOf(
  spread: Spread,
  measured: readonly { sessions: number; costs: Record<Spread, number> }[],
): Figure[] {
  const fewest = measured[0];
  return measured.map(({ sessions, costs }, index): Figure => {
    const figure: Figure = {
      part: 'filters',
      name: `${sessions} sessions with distinct filters, ${SPREAD_TEXT[spread]}`,
      unit: 'CPU µs/event',
      value: costs[spread],
    };
    if (fewest === undefined || index === 0) return figure;
    figure.reference = fewest.costs[spread];
    figure.referenceName = `${fewest.sessions} sessions`;
    figure.ratio = costs[spread] / fewest.costs[spread];
    const growth = sessions / fewest.sessions;
    if (growth >= FAR_SLOWER_FROM && spread === 'one') figure.target = { kind: 'ratio', atMost: growth / 10 };
    return figure;
  });
}

/**
 * Cost of an event that exactly one of 10 … 1 000 sessions with distinct filters takes. "One": the write
 * to the client is gathered alike whatever the number of sessions, so the filters alone make the difference;
 * "all": every session gets its share, so the writes grow with the sessions while the events in each become fewer;
 * what that costs is the system calls', so it is shown without a target.
 */
export async function filters(bench: BenchContext): Promise<PartResult> {
  const measured: { sessions: number; costs: Record<Spread, number> }[] = [];
  for (const sessions of bench.plan.filterCounts)
    measured.push({ sessions, costs: await measure(bench, sessions) });
  return { figures: SPREADS.flatMap((spread) => curveOf(spread, measured)) };
}
