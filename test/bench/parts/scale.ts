import { setTimeout as sleep } from 'node:timers/promises';
import { type BenchContext, demandOrder, type PartResult } from '../bench-context.ts';
import { loginOf } from '../driver-host.ts';
import type { Figure } from '../figures.ts';
import { LoadClient } from '../load-client.ts';
import { FeedingBroker, NodeGroup } from '../node-group.ts';
import { humanNumber, median, medianRatio } from '../statistics.ts';

const PART = 'scale';
const ALONE = 'one process alone';
const EVENTS_PER_SECOND = 50;
/** Where no client is connected: a node that only reads. */
const UNHEARD_PER_SECOND = 1000;
const SETTLE_MS = 1000;
const DRAIN_TIMEOUT_MS = 30_000;
/** A message may cost workers so much more than it costs one process. */
const MOST_RATIO = 1.15;

interface Round {
  /** CPU time of the nodes per delivered message. */
  perMessageUs: number;
  /** CPU time of the broker per event and node. */
  brokerUs: number;
}

/** One group of nodes with its clients. */
class Stage {
  readonly name: string;
  readonly nodes: number;
  readonly group: NodeGroup;
  readonly rounds: Round[] = [];
  clients: LoadClient | undefined;
  emptyKb = 0;
  fullKb = 0;
  spread: number[] = [];

  private constructor(name: string, nodes: number, group: NodeGroup) {
    this.name = name;
    this.nodes = nodes;
    this.group = group;
  }

  static async start(broker: FeedingBroker, workers: number | undefined): Promise<Stage> {
    const group = await NodeGroup.start(broker, workers);
    const name = workers === undefined ? ALONE : `${workers} worker${workers === 1 ? '' : 's'}`;
    return new Stage(name, workers ?? 1, group);
  }

  /** CPU time per event while nobody is connected, in µs. */
  async unheard(broker: FeedingBroker, windowMs: number): Promise<number> {
    broker.feed(this.group.root, UNHEARD_PER_SECOND);
    await sleep(windowMs);
    const before = broker.nextSeq;
    const from = await this.group.usage();
    await sleep(windowMs);
    const to = await this.group.usage();
    const events = broker.nextSeq - before;
    broker.stopFeed();
    return (to.cpuNs - from.cpuNs) / events / 1000;
  }

  async connect(bench: BenchContext): Promise<void> {
    this.emptyKb = await this.group.memory();
    this.clients = await LoadClient.connect(bench.programs.client, {
      port: this.group.port,
      count: bench.plan.scaleClients,
      login: loginOf('receiver'),
      spread: true,
    });
    await sleep(SETTLE_MS);
    this.fullKb = await this.group.memory();
    this.spread = await this.group.clients();
  }

  async round(bench: BenchContext, broker: FeedingBroker): Promise<Round> {
    const { clients } = this;
    if (clients === undefined) throw new Error(`${this.name}: no clients`);
    await clients.reset();
    broker.feed(this.group.root, EVENTS_PER_SECOND);
    await bench.warmUp();
    const firstSeq = broker.nextSeq;
    const brokerFrom = await broker.usage();
    const from = await this.group.usage();
    const before = await clients.snap();
    await sleep(2 * bench.plan.windowMs);
    const after = await clients.snap();
    const to = await this.group.usage();
    const brokerTo = await broker.usage();
    const events = broker.nextSeq - firstSeq;
    const lastSeq = broker.stopFeed();
    if (!(await clients.awaitEvent(lastSeq, DRAIN_TIMEOUT_MS)))
      throw new Error(`${this.name}: events missing`);
    demandOrder(await clients.snap(), this.name);
    return {
      perMessageUs: (to.cpuNs - from.cpuNs) / (after.messages - before.messages) / 1000,
      brokerUs: (brokerTo.cpuNs - brokerFrom.cpuNs) / events / this.nodes / 1000,
    };
  }

  async stop(): Promise<void> {
    await this.clients?.stop();
    await this.group.stop();
  }
}

function figuresOf(stage: Stage, alone: Stage): Figure[] {
  const costs = (of: Stage): number[] => of.rounds.map(({ perMessageUs }) => perMessageUs);
  const perMessageUs = median(costs(stage));
  const cost: Figure = {
    part: PART,
    name: `${stage.name}: CPU per message`,
    unit: 'µs',
    value: perMessageUs,
    note: `${humanNumber(1e6 / perMessageUs)} messages per CPU second`,
  };
  const memory: Figure = {
    part: PART,
    name: `${stage.name}: memory of a node with its clients`,
    unit: 'MB',
    value: stage.fullKb / 1024,
    note: `${stage.spread.join(' + ')} clients; ${humanNumber(stage.emptyKb / 1024)} MB without`,
  };
  const broker: Figure = {
    part: PART,
    name: `${stage.name}: CPU of the broker per event and node`,
    unit: 'µs',
    value: median(stage.rounds.map(({ brokerUs }) => brokerUs)),
  };
  if (stage === alone) return [cost, memory, broker];
  const compared: Figure = {
    ...cost,
    reference: median(costs(alone)),
    referenceName: ALONE,
    ratio: medianRatio(costs(stage), costs(alone)),
    target: { kind: 'ratio', atMost: MOST_RATIO },
  };
  return [compared, memory, broker];
}

/** What nodes on one broker cost: a process alone, and as many clients on one, two and four workers. */
export async function scale(bench: BenchContext): Promise<PartResult> {
  const broker = await FeedingBroker.start();
  const stages: Stage[] = [];
  try {
    const alone = await Stage.start(broker, undefined);
    stages.push(alone);
    const windowMs = 2 * bench.plan.windowMs;
    const unheardUs: number[] = [];
    for (let round = 0; round <= bench.plan.rounds; round++) {
      const cost = await alone.unheard(broker, windowMs);
      // The first round warms up.
      if (round > 0) unheardUs.push(cost);
    }
    for (const workers of bench.plan.scaleWorkers) stages.push(await Stage.start(broker, workers));
    for (const stage of stages) await stage.connect(bench);
    for (let round = 0; round <= bench.plan.rounds; round++) {
      for (const stage of stages) {
        const result = await stage.round(bench, broker);
        if (round > 0) stage.rounds.push(result);
      }
    }
    const load = `${bench.plan.scaleClients} clients, ${EVENTS_PER_SECOND} events/s`;
    return {
      figures: [
        {
          part: PART,
          name: 'CPU of a node per event, without clients',
          unit: 'µs',
          value: median(unheardUs),
          note: `below: ${load} to all`,
        },
        ...stages.flatMap((stage) => figuresOf(stage, alone)),
      ],
    };
  } finally {
    for (const stage of stages) await stage.stop();
    await broker.stop();
  }
}
