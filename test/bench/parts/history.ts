import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { WebSocket } from 'ws';
import { writePastYear } from '../../../examples/house/past-year.ts';
import type { BenchContext, PartResult } from '../bench-context.ts';
import { type DriverHost, loginOf } from '../driver-host.ts';
import type { Figure } from '../figures.ts';
import { median } from '../statistics.ts';
import { deviceFigures } from './history-device.ts';

const PART = 'history';
const SERIES = 100;
const FLOOD = 10_000;
const USUAL = 1000;
const SLOW_SYNC_MS = 300;
const STUCK_SYNC_MS = 5000;
/** So many that the writes in between, one in five seconds, are not one in a hundred. */
const QUESTIONS = 1000;
const BUCKETS = 300;
const DAY_MS = 86_400_000;
const PATIENCE_MS = 30_000;

/** Keys of a driver whose history writes as often as it can: its costs are not hidden by a long interval. */
function keysFor(stateDir: string): Record<string, unknown> {
  return { 'state-dir': stateDir, 'enable-history': true, 'history-interval': 5 };
}

/** A disk that is as slow as wanted (native/slow-sync.c). */
class SlowDisk {
  readonly variables: Record<string, string>;
  readonly #file: string;

  constructor(library: string, file: string) {
    this.#file = file;
    writeFileSync(file, Buffer.alloc(8));
    this.variables = { LD_PRELOAD: library, SLOW_SYNC: file };
  }

  delay(milliseconds: number): void {
    const words = readFileSync(this.#file);
    words.writeInt32LE(milliseconds);
    writeFileSync(this.#file, words, { flag: 'r+' });
  }

  /** Waits until another write to the disk begins. */
  async untilOneBegins(): Promise<void> {
    const before = this.#begun();
    for (const until = Date.now() + PATIENCE_MS; this.#begun() === before; await sleep(20)) {
      if (Date.now() > until) throw new Error(`${PART}: the history does not write`);
    }
  }

  #begun(): number {
    return readFileSync(this.#file).readInt32LE(4);
  }
}

interface Cost {
  cpuNs: number;
  values: number;
}

/** CPU time of the driver during a feed; that of the host's own threads is not counted. */
async function costOf({ plan }: BenchContext, host: DriverHost): Promise<Cost> {
  const before = await host.usage();
  await host.startFeed({ rate: FLOOD, types: SERIES });
  await sleep(2 * plan.longWindowMs);
  const feed = await host.stopFeed();
  const after = await host.usage();
  const hostNs = feed.cpuNs + after.readerCpuNs - before.readerCpuNs;
  return { cpuNs: after.cpuNs - before.cpuNs - hostNs, values: feed.written };
}

/** Lateness of the event loop while events come, ms. */
async function loopDelay(host: DriverHost, watchMs: number): Promise<{ p99Ms: number; maxMs: number }> {
  await scrape(host);
  await host.startFeed({ rate: USUAL, types: SERIES });
  await sleep(watchMs);
  await host.stopFeed();
  const text = await scrape(host);
  const read = (statistic: string): number => {
    const found = new RegExp(`event_loop_delay_seconds\\{statistic="${statistic}"\\} (\\S+)`).exec(text);
    if (found === null) throw new Error(`${PART}: the metrics lack the loop's ${statistic}`);
    return Number(found[1]) * 1000;
  };
  return { p99Ms: read('p99'), maxMs: read('max') };
}

async function scrape(host: DriverHost): Promise<string> {
  return (await fetch(`http://127.0.0.1:${host.port}/metrics`)).text();
}

/** CPU, memory and the loop, with a history and without one in turns. */
async function runningFigures(bench: BenchContext, folder: string): Promise<Figure[]> {
  const disk = new SlowDisk(bench.programs['slow-sync.so'], join(folder, 'slow'));
  const metrics = { 'enable-metrics': true };
  const without = await bench.startDriver(metrics, disk.variables);
  const keys = { ...metrics, ...keysFor(join(folder, 'running')) };
  const withIt = await bench.startDriver(keys, disk.variables);
  try {
    for (const host of [without, withIt]) await costOf(bench, host);
    const microseconds: number[] = [];
    for (let round = 0; round < bench.plan.rounds; round++) {
      const plain = await costOf(bench, without);
      const kept = await costOf(bench, withIt);
      microseconds.push((kept.cpuNs / kept.values - plain.cpuNs / plain.values) / 1000);
    }
    const memory = [(await without.usage()).rssKb, (await withIt.usage()).rssKb] as const;
    const watchMs = 4 * bench.plan.longWindowMs;
    const plain = await loopDelay(without, watchMs);
    const kept = await loopDelay(withIt, watchMs);
    disk.delay(SLOW_SYNC_MS);
    const slow = await loopDelay(withIt, watchMs);
    disk.delay(0);
    return [
      {
        ...{ part: PART, name: 'CPU a value, all threads, over a driver without it', unit: 'µs' },
        value: median(microseconds),
        target: { kind: 'value', atMost: 3 },
        note: `${FLOOD} values/s`,
      },
      {
        ...{ part: PART, name: 'memory over a driver without it', unit: 'MB' },
        value: (memory[1] - memory[0]) / 1024,
        target: { kind: 'value', atMost: 25 },
      },
      {
        ...{ part: PART, name: `event loop's lateness at ${USUAL} values/s, p99, over a driver without it` },
        ...{ unit: 'ms', value: kept.p99Ms - plain.p99Ms },
        target: { kind: 'value', atMost: 1 },
        note: `${kept.p99Ms.toFixed(2)} ms, without ${plain.p99Ms.toFixed(2)} ms`,
      },
      {
        ...{ part: PART, name: `the same with each fsync ${SLOW_SYNC_MS} ms slower, p99`, unit: 'ms' },
        value: slow.p99Ms,
        target: { kind: 'value', atMost: 20 },
        note: `worst ${slow.maxMs.toFixed(1)} ms`,
      },
    ];
  } finally {
    await Promise.all([without.stop(), withIt.stop()]);
  }
}

/** VSCPClose while an fsync is under way that takes long. */
async function closeFigure(bench: BenchContext, folder: string): Promise<Figure> {
  const disk = new SlowDisk(bench.programs['slow-sync.so'], join(folder, 'stuck'));
  const host = await bench.startDriver(keysFor(join(folder, 'closing')), disk.variables);
  try {
    await host.startFeed({ rate: USUAL, types: SERIES });
    await sleep(1000);
    disk.delay(STUCK_SYNC_MS);
    await disk.untilOneBegins();
    await host.stopFeed();
    const closeMs = await host.close();
    return {
      ...{ part: PART, name: `VSCPClose with an fsync of ${STUCK_SYNC_MS / 1000} s under way`, unit: 'ms' },
      value: closeMs,
      target: { kind: 'value', atMost: 2000 },
    };
  } finally {
    disk.delay(0);
    await host.stop();
  }
}

async function next(ws: WebSocket): Promise<string> {
  const [data] = await once(ws, 'message');
  return String(data);
}

/** Asks over ws2. @throws Error when the answer is an error */
async function ask(ws: WebSocket, command: string, args: object): Promise<string> {
  ws.send(JSON.stringify({ type: 'CMD', command, args }));
  const reply = await next(ws);
  if (!reply.includes('"+"')) throw new Error(`${PART}: ${command}: ${reply.slice(0, 200)}`);
  return reply;
}

/** How long questions for a span take while values come, ms, lowest first. */
async function questions(ws: WebSocket, ids: readonly number[], spanMs: number): Promise<number[]> {
  const times: number[] = [];
  for (let i = 0; i < QUESTIONS; i++) {
    const to = Date.now();
    const args = { series: [ids[i % ids.length]], from: to - spanMs, to, buckets: BUCKETS };
    const began = performance.now();
    await ask(ws, 'POINTS', args);
    times.push(performance.now() - began);
    await sleep(10);
  }
  return times.sort((a, b) => a - b);
}

/** A driver that opens with a year of history, and what it answers. */
async function questionFigures(bench: BenchContext, folder: string): Promise<Figure[]> {
  const state = join(folder, 'year');
  mkdirSync(state, { mode: 0o700 });
  await writePastYear(join(state, 'history.db'), () => undefined);
  const opens: { without: number[]; withIt: number[] } = { without: [], withIt: [] };
  for (let round = 0; round < bench.plan.rounds; round++) {
    for (const [times, keys] of [
      [opens.without, {}],
      [opens.withIt, keysFor(state)],
    ] as const) {
      const host = await bench.startDriver(keys);
      times.push(host.openMs);
      await host.stop();
    }
  }
  const host = await bench.startDriver(keysFor(state));
  const ws = new WebSocket(`ws://127.0.0.1:${host.port}/ws2`, { perMessageDeflate: false });
  try {
    await next(ws);
    await ask(ws, 'AUTH', loginOf('receiver'));
    const known = await seriesIds(ws);
    await host.startFeed({ rate: USUAL, types: SERIES });
    const figures = [];
    for (const [name, spanMs, atMost] of [
      ['24 hours', DAY_MS, 10],
      ['a year', 365 * DAY_MS, 25],
    ] as const) {
      const times = await questions(ws, known, spanMs);
      const at = (share: number): number => times[Math.floor(times.length * share)] ?? Number.NaN;
      figures.push({
        ...{
          part: PART,
          name: `POINTS of ${name} in ${BUCKETS} buckets, p99, at ${USUAL} values/s`,
          unit: 'ms',
        },
        value: at(0.99),
        target: { kind: 'value' as const, atMost },
        note: `p50 ${at(0.5).toFixed(1)} ms`,
      });
    }
    await host.stopFeed();
    return [openFigure(opens), ...figures];
  } finally {
    ws.terminate();
    await host.stop();
  }
}

/** The ids of the series of the past year, once the file is open. */
async function seriesIds(ws: WebSocket): Promise<number[]> {
  for (const until = Date.now() + PATIENCE_MS; ; await sleep(50)) {
    ws.send(JSON.stringify({ type: 'CMD', command: 'SERIES' }));
    const reply = JSON.parse(await next(ws)) as { args?: { series?: { id: number }[] } };
    const series = reply.args?.series ?? [];
    if (series.length >= SERIES) return series.map(({ id }) => id);
    if (Date.now() > until) throw new Error(`${PART}: ${series.length} series`);
  }
}

function openFigure({ without, withIt }: { without: number[]; withIt: number[] }): Figure {
  return {
    ...{ part: PART, name: 'VSCPOpen with a year of history', unit: 'ms', value: median(withIt) },
    reference: median(without),
    referenceName: 'without it',
    ratio: median(withIt) / median(without),
    target: { kind: 'ratio', atMost: 1.1 },
  };
}

/** What a lasting history costs, and how fast it answers. */
export async function history(bench: BenchContext): Promise<PartResult> {
  const folder = mkdtempSync(join(tmpdir(), 'websocksrv-history-'));
  try {
    const running = await runningFigures(bench, folder);
    const close = await closeFigure(bench, folder);
    if (!bench.plan.historyYear) return { figures: [...running, close] };
    const asked = await questionFigures(bench, folder);
    return { figures: [...running, close, ...asked, ...deviceFigures(PART, (name) => join(folder, name))] };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
