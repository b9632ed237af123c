import { setTimeout as sleep } from 'node:timers/promises';
import type { BenchContext, Curve, PartResult, Window } from '../bench-context.ts';
import { demandOrder, watchFlood } from '../bench-context.ts';
import type { DriverHost } from '../driver-host.ts';
import type { Figure } from '../figures.ts';
import type { LoadClient } from '../load-client.ts';
import { NaiveServer, PlainWriter, WRITER_MODULO } from '../references.ts';
import { humanNumber, median, medianRatio } from '../statistics.ts';

/** The ring is short: what is still in it when a flood ends is delivered before the loss check. */
const FLOOD_SETTINGS = { 'max-incoming-queue-size': 4096 };
const DRAIN_TIMEOUT_MS = 20_000;

/** The series of the plot and of the figures. */
const DRIVER = 'driver';
const EQUAL = 'C writer, gathering equally';
const SIXTEEN = 'C writer, 16 frames a write';
const SINGLE = 'C writer, one frame a write';
const NAIVE = 'ws.send per client and event';
const REFERENCES = [EQUAL, SIXTEEN, SINGLE, NAIVE] as const;

/** Floods the driver for one window, after `settleMs` and the warm-up; throws when an event was lost or came out of order. */
export async function floodDriver(
  bench: BenchContext,
  host: DriverHost,
  client: LoadClient,
  settleMs = 0,
): Promise<Window> {
  await client.reset();
  await host.startFeed();
  await sleep(settleMs);
  const window = await watchFlood(bench, client, () => host.usage());
  const feed = await host.stopFeed();
  const complete = await client.awaitEvent(feed.lastSeq, DRAIN_TIMEOUT_MS);
  const end = await client.snap();
  demandOrder(end, 'driver');
  if (!complete || end.firstSeq !== feed.firstSeq) {
    throw new Error(
      `driver: events ${end.firstSeq}–${end.lastSeq} came of ${feed.firstSeq}–${feed.lastSeq}, ${end.messages} messages`,
    );
  }
  return window;
}

async function floodWriter(
  bench: BenchContext,
  writer: PlainWriter,
  client: LoadClient,
  gather: number,
): Promise<Window> {
  await client.reset();
  await writer.startFlood(gather);
  const window = await watchFlood(bench, client, () => writer.usage());
  demandOrder(await client.snap(), 'plain writer');
  await writer.stopFlood();
  return window;
}

async function floodNaive(bench: BenchContext, server: NaiveServer, client: LoadClient): Promise<Window> {
  await client.reset();
  await server.startFeed(0);
  const window = await watchFlood(bench, client, () => server.usage());
  const { lastSeq } = await server.stopFeed();
  if (!(await client.awaitEvent(lastSeq, DRAIN_TIMEOUT_MS))) throw new Error('naive server: events missing');
  demandOrder(await client.snap(), 'naive server');
  return window;
}

/** The windows of each series, one per round. */
type Rounds = Map<string, Window[]>;

/** Driver and references in alternation, all with the same number of clients connected. */
async function measure(bench: BenchContext, clients: number, host: DriverHost): Promise<Rounds> {
  const protocol = clients === 1 ? 'ws2' : 'mixed';
  const writer = await PlainWriter.start(bench.programs.writer);
  const naive = await NaiveServer.start();
  const ours = await bench.connectReceivers(host, { count: clients, protocol });
  const plain = await bench.connectPlain(writer.port, { count: clients, protocol, modulo: WRITER_MODULO });
  const simple = await bench.connectPlain(naive.port, { count: clients, protocol });
  const rounds: Rounds = new Map([DRIVER, ...REFERENCES].map((series) => [series, []]));
  const add = (series: string, window: Window): unknown => rounds.get(series)?.push(window);
  // The first floods of a process run in code the engine has not compiled yet.
  await floodDriver(bench, host, ours);
  await floodNaive(bench, naive, simple);
  for (let round = 0; round < bench.plan.rounds; round++) {
    const window = await floodDriver(bench, host, ours);
    add(DRIVER, window);
    const gather = window.bytesPerWrite / window.bytesPerMessage;
    add(EQUAL, await floodWriter(bench, writer, plain, gather));
    add(SIXTEEN, await floodWriter(bench, writer, plain, 16));
    add(SINGLE, await floodWriter(bench, writer, plain, 1));
    add(NAIVE, await floodNaive(bench, naive, simple));
  }
  await Promise.all([ours.stop(), plain.stop(), simple.stop()]);
  await Promise.all([writer.stop(), naive.stop()]);
  return rounds;
}

export const ratesOf = (windows: readonly Window[]): number[] =>
  windows.map((window) => window.messagesPerSecond);

/** Messages per second of the server's CPU time, which other programs on the machine disturb least. */
export const perCpuOf = (windows: readonly Window[]): number[] =>
  windows.map((window) => window.messagesPerSecond / window.cpuPerSecond);

/** The ratios to reach, by number of clients and series. */
const TARGETS: Record<string, number> = {
  [`1 ${SIXTEEN}`]: 0.8,
  [`100 ${EQUAL}`]: 0.7,
  [`100 ${NAIVE}`]: 8,
  [`500 ${EQUAL}`]: 0.9,
};

function figuresOf(clients: number, rounds: Rounds): Figure[] {
  const driver = rounds.get(DRIVER) ?? [];
  const gather = median(driver.map((window) => window.bytesPerWrite / window.bytesPerMessage));
  return REFERENCES.map((series): Figure => {
    const reference = rounds.get(series) ?? [];
    const perCpu = medianRatio(perCpuOf(driver), perCpuOf(reference));
    const figure: Figure = {
      part: 'fanout',
      name: `fan-out to ${clients}, against ${series}`,
      unit: 'messages/s',
      value: median(ratesOf(driver)),
      reference: median(ratesOf(reference)),
      referenceName: series,
      ratio: medianRatio(ratesOf(driver), ratesOf(reference)),
      note: `ratio per CPU second ${humanNumber(perCpu)}`,
    };
    const atLeast = TARGETS[`${clients} ${series}`];
    if (atLeast !== undefined) figure.target = { kind: 'ratio', atLeast };
    if (series === EQUAL) figure.note += `; ${humanNumber(gather)} frames a write; nothing lost, in order`;
    return figure;
  });
}

/** Delivered messages per second of a flood to 1 … 500 clients, half of them ws1 and half ws2. */
export async function fanOut(bench: BenchContext): Promise<PartResult> {
  const figures: Figure[] = [];
  const throughput: Curve = {};
  for (const clients of bench.plan.clientCounts) {
    const host = await bench.startDriver(FLOOD_SETTINGS);
    try {
      const rounds = await measure(bench, clients, host);
      figures.push(...figuresOf(clients, rounds));
      for (const [series, windows] of rounds) {
        throughput[series] ??= [];
        throughput[series].push({ clients, value: median(ratesOf(windows)) });
      }
    } finally {
      await host.stop();
    }
  }
  return { figures, throughput };
}
