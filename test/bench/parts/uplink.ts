import { setTimeout as sleep } from 'node:timers/promises';
import type { BenchContext, PartResult } from '../bench-context.ts';
import type { DriverHost } from '../driver-host.ts';
import type { Figure } from '../figures.ts';
import type { LoadClient } from '../load-client.ts';
import { median } from '../statistics.ts';

const WINDOW_EVENTS = 1000;
/** Events a second to reach; at half of it (or of what is reached) the latency is judged. */
const targetPerSecond = (senders: number): number => (senders === 1 ? 100_000 : 300_000);

interface Outcome {
  eventsPerSecond: number;
  p50Ms: number;
  p99Ms: number;
  /** CPU time of the driver per event. */
  cpuUs: number;
}

/** One run at a rate (0 = as fast as the window of unanswered events allows). */
async function run(
  bench: BenchContext,
  host: DriverHost,
  client: LoadClient,
  rate: number,
): Promise<Outcome> {
  await client.reset();
  await host.received(true);
  await client.startSending(rate, WINDOW_EVENTS);
  await bench.warmUp();
  const usageFrom = await host.usage();
  const from = await host.received();
  await sleep(bench.plan.windowMs);
  const to = await host.received();
  const usageTo = await host.usage();
  await client.stopSending();
  await host.demandRead((await client.answered()).acks);
  const cpuNs = usageTo.cpuNs - usageFrom.cpuNs - (usageTo.readerCpuNs - usageFrom.readerCpuNs);
  return {
    cpuUs: cpuNs / (to.events - from.events) / 1000,
    eventsPerSecond: ((to.events - from.events) * 1e9) / (to.atNs - from.atNs),
    p50Ms: to.latency.p50Ns / 1e6,
    p99Ms: to.latency.p99Ns / 1e6,
  };
}

function figuresOf(
  senders: number,
  floods: readonly Outcome[],
  halves: readonly Outcome[],
  half: number,
): Figure[] {
  const who = senders === 1 ? '1 client' : `${senders} clients`;
  const flood = median(floods.map((outcome) => outcome.eventsPerSecond));
  return [
    {
      part: 'uplink',
      name: `client → VSCPRead, ${who}, ${WINDOW_EVENTS} unanswered each`,
      unit: 'events/s',
      value: flood,
      target: { kind: 'value', atLeast: targetPerSecond(senders) },
      note: `p99 ${median(floods.map((outcome) => outcome.p99Ms)).toFixed(2)} ms, ${median(
        floods.map((outcome) => outcome.cpuUs),
      ).toFixed(1)} CPU µs/event; all answered and read`,
    },
    {
      part: 'uplink',
      name: `client → VSCPRead, ${who}, ${Math.round(half)} events/s, p99`,
      unit: 'ms',
      value: median(halves.map((outcome) => outcome.p99Ms)),
      target: { kind: 'value', atMost: 5 },
      note: `p50 ${median(halves.map((outcome) => outcome.p50Ms)).toFixed(2)} ms at ${Math.round(
        median(halves.map((outcome) => outcome.eventsPerSecond)),
      )} events/s`,
    },
  ];
}

async function measure(bench: BenchContext, senders: number): Promise<Figure[]> {
  const host = await bench.startDriver();
  try {
    const client = await bench.connectSenders(host, { count: senders, stamped: true });
    await run(bench, host, client, 0);
    const floods: Outcome[] = [];
    for (let round = 0; round < bench.plan.rounds; round++) floods.push(await run(bench, host, client, 0));
    const half =
      Math.min(targetPerSecond(senders), median(floods.map((outcome) => outcome.eventsPerSecond))) / 2;
    const halves: Outcome[] = [];
    for (let round = 0; round < bench.plan.rounds; round++) halves.push(await run(bench, host, client, half));
    await client.stop();
    return figuresOf(senders, floods, halves, half);
  } finally {
    await host.stop();
  }
}

/** Events per second from clients to VSCPRead, and their latency at half the wanted load. */
export async function uplink(bench: BenchContext): Promise<PartResult> {
  return { figures: [...(await measure(bench, 1)), ...(await measure(bench, 10))] };
}
