import { setTimeout as sleep } from 'node:timers/promises';
import type { BenchContext, Curve, PartResult } from '../bench-context.ts';
import { demandOrder } from '../bench-context.ts';
import type { DriverHost } from '../driver-host.ts';
import type { Figure } from '../figures.ts';
import type { LatencyFigures, LoadClient } from '../load-client.ts';
import { NaiveServer } from '../references.ts';
import { median, medianRatio } from '../statistics.ts';

const REFERENCE = 'bare ws echo';
const DRIVER = 'driver';
const MAX_ROUNDS = 3;
const SPARSE_PER_SECOND = 5;
const DRAIN_TIMEOUT_MS = 5000;

interface Load {
  eventsPerSecond: number;
  clients: number;
  /** Compared with the targets; the others are points of the curve. */
  judged: boolean;
}

function loadsOf(bench: BenchContext): Load[] {
  const curve = bench.plan.clientCounts.map((clients): Load => {
    return { eventsPerSecond: 100, clients, judged: clients === 1 || clients === 100 };
  });
  const busy = [1, 100].map((clients): Load => ({ eventsPerSecond: 1000, clients, judged: true }));
  return [...curve, ...busy, { eventsPerSecond: SPARSE_PER_SECOND, clients: 1, judged: true }];
}

/** How long one round of a load takes; few events are enough where they are sparse. */
function roundMs({ plan: { latencyEvents, windowMs } }: BenchContext, load: Load): number {
  const events = load.eventsPerSecond === SPARSE_PER_SECOND ? latencyEvents.sparse : latencyEvents.close;
  return Math.max(2 * windowMs, (1000 * events) / load.eventsPerSecond);
}

interface RoundResult {
  latency: LatencyFigures;
  /** The durations of the calls of VSCPWrite. */
  duration?: LatencyFigures;
}

async function driverRound(
  bench: BenchContext,
  host: DriverHost,
  client: LoadClient,
  load: Load,
): Promise<RoundResult> {
  await client.reset();
  const random = load.eventsPerSecond === SPARSE_PER_SECOND;
  await host.startFeed({ rate: load.eventsPerSecond, stamped: true, random });
  await sleep(roundMs(bench, load));
  const feed = await host.stopFeed();
  const complete = await client.awaitEvent(feed.lastSeq, DRAIN_TIMEOUT_MS);
  const snapshot = await client.snap();
  demandOrder(snapshot, 'driver');
  if (!complete) throw new Error('driver: events missing');
  return { latency: snapshot.latency, duration: feed.duration };
}

/** One client sends stamped texts, and the server sends each to all: with one client this is an echo. */
async function echoRound(bench: BenchContext, client: LoadClient, load: Load): Promise<RoundResult> {
  await client.reset();
  await client.startSending(load.eventsPerSecond, 0);
  await sleep(roundMs(bench, load));
  const nextSeq = await client.stopSending();
  await client.awaitEvent(nextSeq - 1, DRAIN_TIMEOUT_MS);
  const snapshot = await client.snap();
  demandOrder(snapshot, 'echo');
  return { latency: snapshot.latency };
}

/** Brings both servers' code to the state that a daemon's code has after some minutes. */
async function warmUp(
  bench: BenchContext,
  host: DriverHost,
  ours: LoadClient,
  echo: LoadClient,
): Promise<void> {
  await host.startFeed({ rate: 2000, stamped: true });
  await echo.startSending(2000, 0);
  await sleep(2 * bench.plan.windowMs);
  await echo.stopSending();
  const feed = await host.stopFeed();
  await ours.awaitEvent(feed.lastSeq, DRAIN_TIMEOUT_MS);
}

interface LoadResult {
  driver: RoundResult[];
  echo: RoundResult[];
}

async function measure(bench: BenchContext, loads: readonly Load[], clients: number): Promise<LoadResult[]> {
  const host = await bench.startDriver();
  const server = await NaiveServer.start();
  try {
    const ours = await bench.connectReceivers(host, { count: clients, stamped: true });
    const echo = await bench.connectPlain(server.port, { count: clients, stamped: true });
    await warmUp(bench, host, ours, echo);
    const results: LoadResult[] = [];
    for (const load of loads) {
      const result: LoadResult = { driver: [], echo: [] };
      for (let round = 0; round < Math.min(bench.plan.rounds, MAX_ROUNDS); round++) {
        result.driver.push(await driverRound(bench, host, ours, load));
        result.echo.push(await echoRound(bench, echo, load));
      }
      results.push(result);
    }
    await Promise.all([ours.stop(), echo.stop()]);
    return results;
  } finally {
    await Promise.all([host.stop(), server.stop()]);
  }
}

type Percentile = 'p50Ns' | 'p99Ns';
/** The most that the driver may take of the echo's time, with one client and with many. */
const MOST_RATIO: Record<Percentile, { one: number; many: number }> = {
  p50Ns: { one: 1.15, many: 2 },
  p99Ns: { one: 1.25, many: 3 },
};

const microseconds = (rounds: readonly RoundResult[], percentile: Percentile): number[] =>
  rounds.map((round) => round.latency[percentile] / 1000);

function figureOf(load: Load, result: LoadResult, percentile: Percentile): Figure {
  const ours = microseconds(result.driver, percentile);
  const theirs = microseconds(result.echo, percentile);
  const clients = `${load.clients} ${load.clients === 1 ? 'client' : 'clients'}`;
  const figure: Figure = {
    part: 'latency',
    name: `VSCPWrite → client, ${load.eventsPerSecond} events/s, ${clients}, ${percentile.slice(0, 3)}`,
    unit: 'µs',
    value: median(ours),
    reference: median(theirs),
    referenceName: REFERENCE,
    ratio: medianRatio(ours, theirs),
  };
  const { one, many } = MOST_RATIO[percentile];
  if (load.judged) figure.target = { kind: 'ratio', atMost: load.clients === 1 ? one : many };
  return figure;
}

function durationFigure(load: Load, result: LoadResult): Figure {
  const durations = result.driver.flatMap((round) => (round.duration ? [round.duration] : []));
  return {
    part: 'latency',
    name: `a call of VSCPWrite, ${load.eventsPerSecond} events/s, ${load.clients} clients, p99`,
    unit: 'µs',
    value: median(durations.map((duration) => duration.p99Ns / 1000)),
    note: `worst ${Math.round(Math.max(...durations.map((duration) => duration.maxNs)) / 1000)} µs`,
  };
}

/** The time from VSCPWrite to the client's read, compared with a bare `ws` echo (or broadcast) process. */
export async function latency(bench: BenchContext): Promise<PartResult> {
  const figures: Figure[] = [];
  const curve: Curve = {};
  const all = loadsOf(bench);
  for (const clients of new Set(all.map((load) => load.clients))) {
    const loads = all.filter((load) => load.clients === clients);
    const results = await measure(bench, loads, clients);
    for (const [index, result] of results.entries()) {
      const load = loads[index];
      if (!load) continue;
      for (const percentile of ['p50Ns', 'p99Ns'] as const) {
        const figure = figureOf(load, result, percentile);
        figures.push(figure);
        if (load.eventsPerSecond !== 100) continue;
        const name = percentile.slice(0, 3);
        for (const [series, value] of [
          [`${DRIVER} ${name}`, figure.value],
          [`${REFERENCE} ${name}`, figure.reference ?? Number.NaN],
        ] as const) {
          curve[series] ??= [];
          curve[series].push({ clients, value });
        }
      }
      if (load.eventsPerSecond === 1000) figures.push(durationFigure(load, result));
    }
  }
  return { figures, latencyUs: curve };
}
