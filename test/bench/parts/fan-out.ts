import type { BenchContext, Curve, PartResult, Window } from '../bench-context.ts';
import { demandOrder, watchFlood } from '../bench-context.ts';
import type { DriverHost } from '../driver-host.ts';
import type { Figure } from '../figures.ts';
import type { LoadClient } from '../load-client.ts';
import { NaiveServer, PlainWriter, WRITER_MODULO } from '../references.ts';
import { median, medianRatio } from '../statistics.ts';

/** A short ring: what is still in it when a flood ends is delivered before the loss check. */
const FLOOD_SETTINGS = { 'max-incoming-queue-size': 4096 };
const DRAIN_TIMEOUT_MS = 20_000;

/** Series of the plot and of the figures. */
const DRIVER = 'driver';
const EQUAL = 'C writer, gathering equally';
const SIXTEEN = 'C writer, 16 frames a write';
const SINGLE = 'C writer, one frame a write';
const NAIVE = 'ws.send per client and event';

/** Floods the driver for one window; throws when an event was lost or came out of order. */
export async function floodDriver(
  bench: BenchContext,
  host: DriverHost,
  client: LoadClient,
): Promise<Window> {
  await client.reset();
  await host.startFeed();
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
): Promise<number> {
  await client.reset();
  await writer.startFlood(gather);
  const window = await watchFlood(bench, client);
  demandOrder(await client.snap(), 'plain writer');
  await writer.stopFlood();
  return window.messagesPerSecond;
}

async function floodNaive(bench: BenchContext, server: NaiveServer, client: LoadClient): Promise<number> {
  await client.reset();
  await server.startFeed(0);
  const window = await watchFlood(bench, client);
  const { lastSeq } = await server.stopFeed();
  if (!(await client.awaitEvent(lastSeq, DRAIN_TIMEOUT_MS))) throw new Error('naive server: events missing');
  demandOrder(await client.snap(), 'naive server');
  return window.messagesPerSecond;
}

interface Rounds {
  rates: Record<string, number[]>;
  windows: Window[];
}

/** Driver and references in alternation, all with the same number of clients connected. */
async function measure(bench: BenchContext, clients: number, host: DriverHost): Promise<Rounds> {
  const protocol = clients === 1 ? 'ws2' : 'mixed';
  const writer = await PlainWriter.start(bench.programs.writer);
  const naive = await NaiveServer.start();
  const ours = await bench.connectReceivers(host, { count: clients, protocol });
  const plain = await bench.connectPlain(writer.port, { count: clients, protocol, modulo: WRITER_MODULO });
  const simple = await bench.connectPlain(naive.port, { count: clients, protocol });
  const rates: Record<string, number[]> = {
    [DRIVER]: [],
    [EQUAL]: [],
    [SIXTEEN]: [],
    [SINGLE]: [],
    [NAIVE]: [],
  };
  const windows: Window[] = [];
  // The first flood of a process runs in code the engine has not compiled yet.
  await floodDriver(bench, host, ours);
  for (let round = 0; round < bench.plan.rounds; round++) {
    const window = await floodDriver(bench, host, ours);
    windows.push(window);
    rates[DRIVER]?.push(window.messagesPerSecond);
    const gather = window.bytesPerWrite / window.bytesPerMessage;
    rates[EQUAL]?.push(await floodWriter(bench, writer, plain, gather));
    rates[SIXTEEN]?.push(await floodWriter(bench, writer, plain, 16));
    rates[SINGLE]?.push(await floodWriter(bench, writer, plain, 1));
    rates[NAIVE]?.push(await floodNaive(bench, naive, simple));
  }
  await Promise.all([ours.stop(), plain.stop(), simple.stop()]);
  await Promise.all([writer.stop(), naive.stop()]);
  return { rates, windows };
}

function figuresOf(clients: number, { rates, windows }: Rounds): Figure[] {
  const ours = rates[DRIVER] ?? [];
  const gather = median(windows.map((window) => window.bytesPerWrite / window.bytesPerMessage));
  const cpu = median(windows.map((window) => window.cpuPerSecond));
  return [EQUAL, SIXTEEN, SINGLE, NAIVE].map((series): Figure => {
    const figure: Figure = {
      part: 'fanout',
      name: `fan-out to ${clients}, against ${series}`,
      unit: 'messages/s',
      value: median(ours),
      reference: median(rates[series] ?? []),
      referenceName: series,
      ratio: medianRatio(ours, rates[series] ?? []),
    };
    if (clients === 100 && series === EQUAL) figure.target = { kind: 'ratio', atLeast: 0.7 };
    if (clients === 100 && series === NAIVE) figure.target = { kind: 'ratio', atLeast: 8 };
    if (series === EQUAL) {
      figure.note = `${gather.toFixed(1)} frames a write, ${cpu.toFixed(2)} CPU s/s; nothing lost, in order`;
    }
    return figure;
  });
}

/** Delivered messages a second of a flood to 1 … 500 clients, half of them ws1 and half ws2. */
export async function fanOut(bench: BenchContext): Promise<PartResult> {
  const figures: Figure[] = [];
  const throughput: Curve = {};
  for (const clients of bench.plan.clientCounts) {
    const host = await bench.startDriver(FLOOD_SETTINGS);
    try {
      const rounds = await measure(bench, clients, host);
      figures.push(...figuresOf(clients, rounds));
      for (const [series, values] of Object.entries(rounds.rates)) {
        throughput[series] ??= [];
        throughput[series].push({ clients, value: median(values) });
      }
    } finally {
      await host.stop();
    }
  }
  return { figures, throughput };
}
