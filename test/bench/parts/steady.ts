import { setTimeout as sleep } from 'node:timers/promises';
import { type BenchContext, demandOrder, type PartResult, windowBetween } from '../bench-context.ts';
import type { DriverHost } from '../driver-host.ts';
import type { Figure, Target } from '../figures.ts';
import type { LatencyFigures, LoadClient, Usage } from '../load-client.ts';
import { PlainWriter, WRITER_MODULO } from '../references.ts';
import { median, medianRatio } from '../statistics.ts';

/** A load as it is in daily life: many clients, events at a steady rate. */
interface Load {
  clients: number;
  eventsPerSecond: number;
  /**
   * The bound for the ratio of the driver's CPU time per message to that of the C program, which sends each
   * by itself.
   */
  target?: Target;
}

const PART = 'steady';
const LOADS: readonly Load[] = [
  { clients: 100, eventsPerSecond: 100 },
  { clients: 100, eventsPerSecond: 2000, target: { kind: 'ratio', atMost: 1.3 } },
  { clients: 1000, eventsPerSecond: 200, target: { kind: 'ratio', atMost: 1.3 } },
  { clients: 10_000, eventsPerSecond: 20, target: { kind: 'ratio', atMost: 1.1 } },
];
const WITH_WINDOW = { clients: 100, eventsPerSecond: 2000 };
const C_LOOP = 'C send loop';
const MIN_EVENTS = 40;
const DRAIN_TIMEOUT_MS = 30_000;
/** Makes each write contain one event, as the C program's writes do. */
const ONE_BY_ONE = { 'gather-ms': 0 };

function nameOf({ clients, eventsPerSecond }: Load): string {
  return `${eventsPerSecond} events/s to ${clients} clients`;
}

function roundMs(bench: BenchContext, load: Load): number {
  return Math.max(2 * bench.plan.windowMs, (1000 * MIN_EVENTS) / load.eventsPerSecond);
}

/** The server's CPU time over one round of a load: per delivered message in µs, and in s/s. */
async function watch(
  bench: BenchContext,
  load: Load,
  client: LoadClient,
  usage: () => Promise<Usage>,
): Promise<{ perMessageUs: number; perSecond: number }> {
  await bench.warmUp();
  const usageFrom = await usage();
  const from = await client.snap();
  await sleep(roundMs(bench, load));
  const usageTo = await usage();
  const to = await client.snap();
  demandOrder(to, nameOf(load));
  const { cpuPerSecond, messagesPerSecond } = windowBetween(from, to, { from: usageFrom, to: usageTo });
  return { perMessageUs: (1e6 * cpuPerSecond) / messagesPerSecond, perSecond: cpuPerSecond };
}

async function driverRound(bench: BenchContext, load: Load, host: DriverHost, client: LoadClient) {
  await client.reset();
  await host.startFeed({ rate: load.eventsPerSecond });
  const result = await watch(bench, load, client, () => host.usage());
  const { lastSeq } = await host.stopFeed();
  if (!(await client.awaitEvent(lastSeq, DRAIN_TIMEOUT_MS)))
    throw new Error(`${nameOf(load)}: events missing`);
  return result;
}

/** Measures driver and C program in alternation, both with all clients connected. */
async function againstC(bench: BenchContext, load: Load): Promise<Figure> {
  const host = await bench.startDriver(ONE_BY_ONE);
  const writer = await PlainWriter.start(bench.programs.writer);
  try {
    const count = load.clients;
    const ours = await bench.connectReceivers(host, { count, spread: true });
    const theirs = await bench.connectPlain(writer.port, { count, spread: true, modulo: WRITER_MODULO });
    const driver: number[] = [];
    const reference: number[] = [];
    for (let round = 0; round <= bench.plan.rounds; round++) {
      const own = await driverRound(bench, load, host, ours);
      await theirs.reset();
      await writer.startSteady(load.eventsPerSecond);
      const plain = await watch(bench, load, theirs, () => writer.usage());
      await writer.stopFlood();
      // The first round warms up both.
      if (round === 0) continue;
      driver.push(own.perMessageUs);
      reference.push(plain.perMessageUs);
    }
    await Promise.all([ours.stop(), theirs.stop()]);
    const figure: Figure = {
      part: PART,
      name: `CPU per message without gathering, ${nameOf(load)}`,
      unit: 'µs',
      value: median(driver),
      reference: median(reference),
      referenceName: C_LOOP,
      ratio: medianRatio(driver, reference),
    };
    return load.target === undefined ? figure : { ...figure, target: load.target };
  } finally {
    await Promise.all([host.stop(), writer.stop()]);
  }
}

/** CPU time and latency as configured by default, where writes hold several events. */
async function withWindow(bench: BenchContext, load: Load): Promise<Figure[]> {
  const host = await bench.startDriver();
  try {
    const client = await bench.connectReceivers(host, { count: load.clients, stamped: true });
    const cpu: number[] = [];
    const latencies: LatencyFigures[] = [];
    for (let round = 0; round <= bench.plan.rounds; round++) {
      await client.reset();
      await host.startFeed({ rate: load.eventsPerSecond, stamped: true });
      const { perSecond } = await watch(bench, load, client, () => host.usage());
      await host.stopFeed();
      if (round === 0) continue;
      cpu.push(perSecond);
      latencies.push((await client.snap()).latency);
    }
    await client.stop();
    const name = `default gathering, ${nameOf(load)}`;
    return [
      { part: PART, name, unit: 'CPU s/s', value: median(cpu), target: { kind: 'value', atMost: 0.3 } },
      {
        part: PART,
        name: `${name}, p50`,
        unit: 'ms',
        value: median(latencies.map(({ p50Ns }) => p50Ns / 1e6)),
        target: { kind: 'value', atMost: 1.5 },
      },
    ];
  } finally {
    await host.stop();
  }
}

/** One client that receives, among many that may not, and the same client alone, in turns. */
async function amongIdle(bench: BenchContext, others: number): Promise<Figure> {
  const load: Load = { clients: 1, eventsPerSecond: 200 };
  const crowded = { host: await bench.startDriver(), cpu: [] as number[] };
  const lonely = { host: await bench.startDriver(), cpu: [] as number[] };
  try {
    // For users who may receive, events would wait even while their channel is closed; and the driver does not keep
    // thousands of clients that are not logged in.
    const idle = await bench.connectSenders(crowded.host, { count: others, spread: true });
    const stages = [];
    for (const stage of [crowded, lonely])
      stages.push({ ...stage, client: await bench.connectReceivers(stage.host, { count: 1 }) });
    for (let round = 0; round <= bench.plan.rounds; round++) {
      for (const { host, client, cpu } of stages) {
        const { perSecond } = await driverRound(bench, load, host, client);
        if (round > 0) cpu.push(perSecond);
      }
    }
    await Promise.all([idle, ...stages.map(({ client }) => client)].map((client) => client.stop()));
    return {
      part: PART,
      name: `one receiver among ${others} clients without the right to, 200 events/s`,
      unit: 'CPU s/s',
      value: median(crowded.cpu),
      reference: median(lonely.cpu),
      referenceName: 'the same client alone',
      ratio: medianRatio(crowded.cpu, lonely.cpu),
      target: { kind: 'value', atMost: 0.05 },
    };
  } finally {
    for (const { host } of [crowded, lonely]) await host.stop();
  }
}

/** What a delivered message costs in daily life, beside a C program that does nothing but send(). */
export async function steady(bench: BenchContext): Promise<PartResult> {
  const { steadyClients: most, steadyUnjudged } = bench.plan;
  const figures: Figure[] = [];
  for (const load of LOADS) {
    const isWanted = load.clients <= most && (steadyUnjudged || load.target !== undefined);
    if (isWanted) figures.push(await againstC(bench, load));
  }
  figures.push(...(await withWindow(bench, WITH_WINDOW)));
  figures.push(await amongIdle(bench, most));
  return { figures };
}
