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
/** The growth of the sessions from which on the costs are judged. */
const JUDGED_FROM = 100;

/** Which events the flood consists of: all for the same session, or each for another one, by its type or GUID. */
type Spread = 'one' | 'all' | 'guid';
const SPREADS: readonly Spread[] = ['one', 'all', 'guid'];

const SPREAD_TEXT: Record<Spread, string> = {
  one: 'distinct filters, all events match the same one',
  all: 'distinct filters, each event matches another one',
  guid: 'distinct GUID filters, each event matches another one',
};
const MOST_GROWTH: Record<Spread, number> = { one: 10, all: 4, guid: 4 };

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
  await host.startFeed({ types: spread === 'all' ? sessions : 1, guids: spread === 'guid' ? sessions : 1 });
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

/** The median cost of a flood after one to warm up. */
async function medianCost(
  bench: BenchContext,
  host: DriverHost,
  client: LoadClient,
  sessions: number,
  spread: Spread,
): Promise<number> {
  await client.expectStride(spread === 'one' ? 1 : sessions);
  await costPerEvent(bench, host, client, sessions, spread);
  const rounds: number[] = [];
  for (let round = 0; round < bench.plan.rounds; round++) {
    rounds.push(await costPerEvent(bench, host, client, sessions, spread));
  }
  return median(rounds);
}

/** The costs of all floods with this many sessions; the logins take longer than the floods. */
async function measure(bench: BenchContext, sessions: number): Promise<Record<Spread, number>> {
  const host = await bench.startDriver(FLOOD_SETTINGS);
  try {
    const byType = await bench.connectReceivers(host, { count: sessions, filter: 'type' });
    const one = await medianCost(bench, host, byType, sessions, 'one');
    const all = await medianCost(bench, host, byType, sessions, 'all');
    await byType.stop();
    const byGuid = await bench.connectReceivers(host, { count: sessions, filter: 'guid' });
    const guid = await medianCost(bench, host, byGuid, sessions, 'guid');
    await byGuid.stop();
    return { one, all, guid };
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
      name: `${sessions} sessions with ${SPREAD_TEXT[spread]}`,
      unit: 'CPU µs/event',
      value: costs[spread],
    };
    if (fewest === undefined || index === 0) return figure;
    figure.reference = fewest.costs[spread];
    figure.referenceName = `${fewest.sessions} sessions`;
    figure.ratio = costs[spread] / fewest.costs[spread];
    const growth = sessions / fewest.sessions;
    if (growth >= JUDGED_FROM) figure.target = { kind: 'ratio', atMost: MOST_GROWTH[spread] };
    return figure;
  });
}

/**
 * Cost of an event that exactly one of 10 … 1 000 sessions with distinct filters takes. "One": the write
 * to the client is gathered alike whatever the number of sessions, so the filters alone make the difference;
 * "all" and "guid": every session gets its share, so the writes grow with the sessions while the events in each become
 * fewer.
 */
export async function filters(bench: BenchContext): Promise<PartResult> {
  const measured: { sessions: number; costs: Record<Spread, number> }[] = [];
  for (const sessions of bench.plan.filterCounts)
    measured.push({ sessions, costs: await measure(bench, sessions) });
  return { figures: SPREADS.flatMap((spread) => curveOf(spread, measured)) };
}
