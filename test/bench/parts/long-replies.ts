import { setTimeout as sleep } from 'node:timers/promises';
import { WebSocket } from 'ws';
import type { BenchContext, PartResult } from '../bench-context.ts';
import { demandOrder } from '../bench-context.ts';
import { type DriverHost, loginOf } from '../driver-host.ts';
import type { Figure } from '../figures.ts';
import type { LatencyFigures, LoadClient } from '../load-client.ts';
import { median } from '../statistics.ts';

const PART = 'replies';
const REMEMBERED = 10_000;
const EVENTS_PER_SECOND = 200;
const TIMEOUT_MS = 30_000;
const TARGET_MS = 5;

interface Question {
  name: string;
  word: 'LAST' | 'HISTORY';
  /** Unanswered at once; 0 = nobody asks. */
  pipelined: number;
}

const QUESTIONS: readonly Question[] = [
  { name: 'nobody asks', word: 'LAST', pipelined: 0 },
  { name: 'LAST of 10 000 again and again', word: 'LAST', pipelined: 1 },
  { name: 'HISTORY of 10 000 again and again', word: 'HISTORY', pipelined: 1 },
  { name: 'HISTORY of 10 000, 20 at once', word: 'HISTORY', pipelined: 20 },
];

/** Somebody who asks again as soon as there is an answer. */
class Asker {
  answers = 0;
  #ends = false;
  #waiting = 0;
  #idle: () => void = () => undefined;
  readonly #ws: WebSocket;

  private constructor(ws: WebSocket) {
    this.#ws = ws;
  }

  static async connect(port: number): Promise<Asker> {
    const ws = new WebSocket(`ws://127.0.0.1:${port}/ws2`, { perMessageDeflate: false });
    await next(ws);
    ws.send(JSON.stringify({ type: 'CMD', command: 'AUTH', args: loginOf('receiver') }));
    const reply = await next(ws);
    if (!reply.includes('"+"')) throw new Error(`${PART}: login failed: ${reply}`);
    return new Asker(ws);
  }

  begin({ word, pipelined }: Question): void {
    const text = JSON.stringify({ type: 'CMD', command: word, args: { limit: REMEMBERED } });
    this.answers = 0;
    this.#ends = pipelined === 0;
    this.#ws.on('message', () => {
      this.answers++;
      this.#waiting--;
      if (!this.#ends) this.#ask(text);
      else if (this.#waiting === 0) this.#idle();
    });
    for (let i = 0; i < pipelined; i++) this.#ask(text);
  }

  async end(): Promise<void> {
    this.#ends = true;
    if (this.#waiting > 0) {
      await new Promise<void>((resolve) => {
        this.#idle = resolve;
      });
    }
    this.#ws.removeAllListeners('message');
  }

  close(): void {
    this.#ws.terminate();
  }

  #ask(text: string): void {
    this.#waiting++;
    this.#ws.send(text);
  }
}

function next(ws: WebSocket): Promise<string> {
  return new Promise((resolve, reject) => {
    ws.once('message', (data) => resolve(String(data)));
    ws.once('error', reject);
  });
}

interface Round {
  latency: LatencyFigures;
  answersPerSecond: number;
}

async function measure(
  { plan }: BenchContext,
  host: DriverHost,
  client: LoadClient,
  asker: Asker,
  question: Question,
): Promise<Round> {
  asker.begin(question);
  await sleep(200);
  await client.reset();
  const before = asker.answers;
  await host.startFeed({ rate: EVENTS_PER_SECOND, stamped: true, types: 40_000 });
  await sleep(plan.longWindowMs);
  const answers = asker.answers - before;
  const feed = await host.stopFeed();
  const complete = await client.awaitEvent(feed.lastSeq, TIMEOUT_MS);
  const snapshot = await client.snap();
  await asker.end();
  demandOrder(snapshot, PART);
  if (!complete) throw new Error(`${PART}: events missing`);
  return { latency: snapshot.latency, answersPerSecond: answers / (plan.longWindowMs / 1000) };
}

function figure({ name, pipelined }: Question, rounds: readonly Round[]): Figure {
  const worst = Math.max(...rounds.map(({ latency }) => latency.maxNs)) / 1e6;
  const answers = median(rounds.map(({ answersPerSecond }) => answersPerSecond)).toFixed(1);
  return {
    part: PART,
    name: `${name}: VSCPWrite → another client, p99`,
    unit: 'ms',
    value: median(rounds.map(({ latency }) => latency.p99Ns / 1e6)),
    note: `worst ${worst.toFixed(1)} ms${pipelined > 0 ? `, ${answers} answers/s` : ''}`,
    target: { kind: 'value', atMost: TARGET_MS },
  };
}

/** How long other clients wait for their events while somebody asks for all that the driver remembers. */
export async function longReplies(bench: BenchContext): Promise<PartResult> {
  const host = await bench.startDriver({ 'last-values': REMEMBERED, 'history-size': REMEMBERED });
  try {
    const client = await bench.connectReceivers(host, { count: 1, stamped: true });
    const asker = await Asker.connect(host.port);
    await host.startFeed({ types: 40_000, stamped: true, rate: 20_000 });
    await sleep(1500);
    const { lastSeq } = await host.stopFeed();
    await client.awaitEvent(lastSeq, TIMEOUT_MS);
    const rounds = QUESTIONS.map((): Round[] => []);
    for (let round = 0; round < bench.plan.rounds; round++) {
      for (const [index, question] of QUESTIONS.entries()) {
        rounds[index]?.push(await measure(bench, host, client, asker, question));
      }
    }
    asker.close();
    await client.stop();
    return { figures: QUESTIONS.map((question, index) => figure(question, rounds[index] ?? [])) };
  } finally {
    await host.stop();
  }
}
