import { Agent, request } from 'node:http';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { BenchContext, PartResult } from '../bench-context.ts';
import type { DriverHost } from '../driver-host.ts';
import type { Figure } from '../figures.ts';
import type { LoadClient } from '../load-client.ts';
import { median, medianRatio } from '../statistics.ts';

const PART = 'http';
const SENDERS = 10;
const BATCHES = [1, 100] as const;
const READERS = 100;
const READ_RATE = 500;
const CREDENTIALS = `Basic ${Buffer.from('receiver:secret').toString('base64')}`;
/** Data as native/event-frame.h numbers and stamps an event: all digits 0. */
const EVENT = { class: 10, type: 6, data: Array(11).fill(100) };

interface Outcome {
  perSecond: number;
  /** The driver's CPU time per event, or per delivered message. */
  cpuUs: number;
}

/** The CPU time of the host's process without its own reading thread, in nanoseconds. */
async function driverCpuNs(host: DriverHost): Promise<{ atNs: number; cpuNs: number }> {
  const { atNs, cpuNs, readerCpuNs } = await host.usage();
  return { atNs, cpuNs: cpuNs - readerCpuNs };
}

/** Measures what `count` grows by, and what the driver spends on it, over the plan's window. */
async function over(
  bench: BenchContext,
  host: DriverHost,
  count: () => Promise<number> | number,
): Promise<Outcome> {
  await bench.warmUp();
  const from = await driverCpuNs(host);
  const before = await count();
  await sleep(2 * bench.plan.windowMs);
  const events = (await count()) - before;
  const to = await driverCpuNs(host);
  if (events === 0) throw new Error(`${PART}: nothing came in the window`);
  return {
    perSecond: (events * 1e9) / (to.atNs - from.atNs),
    cpuUs: (to.cpuNs - from.cpuNs) / events / 1000,
  };
}

/** Clients that post one request after the other, each over a connection that stays open. */
export class Posters {
  accepted = 0;
  #ends = false;
  #failure: Error | undefined;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: SENDERS });
  readonly #loops: Promise<void>[];

  constructor(port: number, batch: number) {
    const body = JSON.stringify(batch === 1 ? EVENT : Array.from({ length: batch }, () => EVENT));
    this.#loops = Array.from({ length: SENDERS }, async () => {
      while (!this.#ends && this.#failure === undefined) {
        try {
          await this.#post(port, body);
          this.accepted += batch;
        } catch (error) {
          this.#failure = error as Error;
        }
      }
    });
  }

  #post(port: number, body: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const headers = {
        authorization: CREDENTIALS,
        'content-type': 'application/json',
        'content-length': body.length,
      };
      const path = '/api/v1/events';
      const call = request({ host: '127.0.0.1', port, path, method: 'POST', agent: this.#agent, headers });
      call.on('error', reject);
      call.on('response', (response) => {
        response.resume().on('error', reject);
        response.on('end', () => {
          if (response.statusCode === 200) resolve();
          else reject(new Error(`POST /events was answered with ${response.statusCode}`));
        });
      });
      call.end(body);
    });
  }

  async stop(): Promise<void> {
    this.#ends = true;
    await Promise.all(this.#loops);
    this.#agent.destroy();
    if (this.#failure !== undefined) throw this.#failure;
  }
}

async function postRound(bench: BenchContext, host: DriverHost, batch: number): Promise<Outcome> {
  await host.received(true);
  const posters = new Posters(host.port, batch);
  let outcome: Outcome;
  try {
    outcome = await over(bench, host, () => posters.accepted);
  } finally {
    await posters.stop();
  }
  await host.demandRead(posters.accepted);
  return outcome;
}

async function ws2Round(
  bench: BenchContext,
  host: DriverHost,
  client: LoadClient,
  batch: number,
): Promise<Outcome> {
  await host.received(true);
  await client.reset();
  await client.startSending(0, batch);
  const outcome = await over(bench, host, async () => (await client.snap()).acks);
  await client.stopSending();
  const { acks } = await client.answered();
  await host.demandRead(acks);
  return outcome;
}

/** Their events are numbered and stamped, as the host demands. */
export function ws2Senders(bench: BenchContext, host: DriverHost): Promise<LoadClient> {
  return bench.connectSenders(host, { count: SENDERS, protocol: 'ws2', stamped: true });
}

/** The same number of events is under way at once over HTTP as over ws2. */
async function sending(bench: BenchContext, batch: number): Promise<Figure> {
  const host = await bench.startDriver();
  try {
    const client = await ws2Senders(bench, host);
    const http: Outcome[] = [];
    const ws2: Outcome[] = [];
    for (let round = 0; round <= bench.plan.rounds; round++) {
      const ours = await postRound(bench, host, batch);
      const theirs = await ws2Round(bench, host, client, batch);
      // The first round warms up both.
      if (round === 0) continue;
      http.push(ours);
      ws2.push(theirs);
    }
    await client.stop();
    const what = batch === 1 ? 'one event each' : `${batch} events each`;
    return {
      ...compared(`POST /events of ${SENDERS} clients, ${what}: CPU per event`, http, ws2),
      note: `${rate(http)} events/s, ws2 with as many unanswered ${rate(ws2)}`,
    };
  } finally {
    await host.stop();
  }
}

/** Readers of the event stream; they count events by the line that begins each. */
class StreamReaders {
  events = 0;
  closed = 0;
  readonly #sockets: Socket[] = [];

  static async open(port: number): Promise<StreamReaders> {
    const readers = new StreamReaders();
    for (let n = 0; n < READERS; n++) await readers.#add(port);
    return readers;
  }

  async #add(port: number): Promise<void> {
    const socket = connect(port, '127.0.0.1');
    this.#sockets.push(socket);
    const head = `GET /api/v1/events HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nAuthorization: ${CREDENTIALS}\r\n\r\n`;
    socket.write(head);
    await new Promise<void>((resolve, reject) => {
      socket.once('error', reject);
      socket.once('data', (bytes) => {
        if (/^HTTP\/1\.1 200 /.test(bytes.toString('latin1', 0, 16))) resolve();
        else reject(new Error(`GET /events: ${bytes.toString('latin1', 0, 60)}`));
      });
    });
    socket.on('data', (bytes) => this.#count(bytes));
    socket.on('close', () => this.closed++);
  }

  #count(bytes: Buffer): void {
    for (let at = bytes.indexOf('\ndata:'); at >= 0; at = bytes.indexOf('\ndata:', at + 6)) this.events++;
  }

  stop(): void {
    for (const socket of this.#sockets) socket.removeAllListeners('close').destroy();
  }
}

async function steadily(bench: BenchContext, host: DriverHost, count: () => Promise<number> | number) {
  await host.startFeed({ rate: READ_RATE });
  try {
    return await over(bench, host, count);
  } finally {
    await host.stopFeed();
  }
}

async function receiving(bench: BenchContext): Promise<Figure> {
  const sse: Outcome[] = [];
  const ws2: Outcome[] = [];
  for (let round = 0; round <= bench.plan.rounds; round++) {
    const host = await bench.startDriver();
    try {
      const readers = await StreamReaders.open(host.port);
      const ours = await steadily(bench, host, () => readers.events);
      if (readers.closed > 0) throw new Error(`${PART}: the driver closed ${readers.closed} streams`);
      readers.stop();
      const client = await bench.connectReceivers(host, { count: READERS, protocol: 'ws2' });
      const theirs = await steadily(bench, host, async () => (await client.snap()).messages);
      await client.stop();
      if (round === 0) continue;
      sse.push(ours);
      ws2.push(theirs);
    } finally {
      await host.stop();
    }
  }
  return {
    ...compared(`events by SSE to ${READERS}, ${READ_RATE} events/s: CPU per message`, sse, ws2),
    note: `${rate(sse)} messages/s, ws2 ${rate(ws2)}`,
  };
}

const rate = (outcomes: readonly Outcome[]): number =>
  Math.round(median(outcomes.map(({ perSecond }) => perSecond)));

function compared(name: string, http: readonly Outcome[], ws2: readonly Outcome[]): Figure {
  const [ours, theirs] = [http, ws2].map((outcomes) => outcomes.map(({ cpuUs }) => cpuUs)) as [
    number[],
    number[],
  ];
  return {
    part: PART,
    name,
    unit: 'µs',
    value: median(ours),
    reference: median(theirs),
    referenceName: 'ws2',
    ratio: medianRatio(ours, theirs),
  };
}

/** What HTTP costs compared with ws2: sending one event and many at a time, and the live stream. */
export async function httpApi(bench: BenchContext): Promise<PartResult> {
  const figures: Figure[] = [];
  for (const batch of BATCHES) figures.push(await sending(bench, batch));
  figures.push(await receiving(bench));
  return { figures };
}
