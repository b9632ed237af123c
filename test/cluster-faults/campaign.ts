import { setTimeout as sleep } from 'node:timers/promises';
import { SeededRandom } from '../support/seeded-random.ts';
import { stretched } from '../support/time-factor.ts';
import { Cluster, type ClusterNode, type Scope } from './cluster.ts';
import { FaultClient } from './fault-client.ts';
import { type Figures, History, type Violation } from './history.ts';

/** However slow the machine is, so that no run proves nothing. */
const FEWEST_ROUNDS = 3;
/** One client in ten sends. */
const SENDERS_SHARE = 10;
const EVENTS_PER_SECOND = 30;
/** What the broker keeps for a node that is away; less than what comes in the longest standstill. */
const BROKER_QUEUE = 100;
/** The longest standstill; together with the death of a node it is shorter, see `FAULTS`. */
const LONGEST_MS = 6000;
const SHORT_MS = 1000;
/** Longer than a node waits between two tries to reach the broker. */
const DUE_MS = stretched(60_000);
/** How long all clients may take to come back, and events to get everywhere. */
const PATIENCE_MS = stretched(120_000);
/** A loss is told two to three seconds after it shows. */
const TOLD_AFTER_MS = 4000;
/** How often the verdict is asked for at the end, while losses are still being told. */
const FINAL_TRIES = 10;

export interface CampaignOptions {
  minutes: number;
  clientsPerNode: number;
  seed: number;
  /** Takes what happens, line by line. */
  say(line: string): void;
}

export interface CampaignResult {
  /** How often each fault happened. */
  faults: Record<string, number>;
  figures: Figures;
  violations: Violation[];
}

/**
 * Kills, stops and cuts off the parts of a cluster while its clients send and receive, one or two faults at a
 * time. Between two of them all parts have to have heard of each other: what a node lost shows only in the next
 * event of the same sender, which must not be dead by then. For the same reason no long standstill goes with a
 * kill, because the broker's bound could then drop the last events of the dead.
 */
export class Campaign {
  readonly #cluster: Cluster;
  readonly #random: SeededRandom;
  readonly #options: CampaignOptions;
  readonly #history = new History(DUE_MS);
  readonly #clients: FaultClient[] = [];
  /** One at each node, not over the load balancer. */
  readonly #keepers: FaultClient[] = [];
  readonly #faults: Record<string, number> = {};
  #isOver = false;

  private constructor(cluster: Cluster, options: CampaignOptions) {
    this.#cluster = cluster;
    this.#options = options;
    this.#random = new SeededRandom(options.seed);
  }

  static async run(scope: Scope, options: CampaignOptions): Promise<CampaignResult> {
    const lines = [`max_queued_messages ${BROKER_QUEUE}`, 'max_inflight_messages 20'];
    const count = options.clientsPerNode * 3;
    const campaign = new Campaign(await Cluster.start(scope, count, {}, lines), options);
    scope.after(() => campaign.#end());
    return campaign.#run(count);
  }

  async #run(count: number): Promise<CampaignResult> {
    const { minutes, say } = this.#options;
    const lifeOf = (node: number) => this.#cluster.node(node).life;
    for (const { number, port } of this.#cluster.nodes) {
      this.#keepers.push(new FaultClient(`ws://127.0.0.1:${port}/ws1`, this.#history, lifeOf, number));
    }
    for (let index = 0; index < count; index++) {
      this.#clients.push(new FaultClient(`${this.#cluster.url}/ws1`, this.#history, lifeOf));
    }
    await this.#untilAllAreThere();
    say(`${count} clients are there`);
    const load = this.#load();
    const endsAt = performance.now() + minutes * 60_000;
    await this.#untilAllHaveHeard();
    for (let round = 0; round < FEWEST_ROUNDS || performance.now() < endsAt; round++) {
      await this.#disaster();
      await this.#untilAllHaveHeard();
      await sleep(this.#random.int(2000));
    }
    this.#isOver = true;
    await load;
    await this.#untilAllAreThere();
    await this.#untilAllHaveHeard();
    let violations = this.#history.judge();
    for (let tries = 0; violations.length > 0 && tries < FINAL_TRIES; tries++) {
      await sleep(TOLD_AFTER_MS);
      await this.#untilAllHaveHeard();
      violations = this.#history.judge();
    }
    return { faults: this.#faults, figures: this.#history.figures(), violations };
  }

  async #end(): Promise<void> {
    this.#isOver = true;
    for (const node of this.#cluster.nodes) node.signal('SIGCONT');
    await Promise.all([...this.#clients, ...this.#keepers].map((client) => client.end()));
  }

  /** Single events and small bursts, of changing clients. */
  async #load(): Promise<void> {
    // Of its own, so that the clock does not decide about the faults.
    const random = new SeededRandom(this.#options.seed + 1);
    const senders = Math.ceil(this.#clients.length / SENDERS_SHARE);
    while (!this.#isOver) {
      const burst = 1 + random.int(5);
      const sender = this.#clients[random.int(senders)];
      for (let count = 0; count < burst; count++) sender?.send();
      await sleep((burst * 1000) / EVENTS_PER_SECOND);
    }
  }

  async #untilAllAreThere(): Promise<void> {
    const all = [...this.#clients, ...this.#keepers];
    await this.#until('all clients are there', () => all.every(({ connection }) => connection !== undefined));
  }

  /** All nodes serve, and each has got an event of each other one. */
  async #untilAllHaveHeard(): Promise<void> {
    for (const node of this.#cluster.nodes) await node.untilHealthy();
    await Promise.all(this.#keepers.map((keeper) => this.#untilHeard(keeper)));
  }

  async #untilHeard(keeper: FaultClient): Promise<void> {
    const others = this.#keepers.filter((other) => other !== keeper);
    let number: number | undefined;
    let sender = keeper.connection;
    await this.#until('all nodes hear of each other', () => {
      const sentMs = sender?.sent[(number ?? 0) - 1]?.sentMs ?? 0;
      // Nobody gets what was sent before he came back.
      const isMissed = others.some(({ connection }) => (connection?.openMs ?? 0) > sentMs);
      const isOld = sender === undefined || sender !== keeper.connection || isMissed;
      if (isOld || number === undefined || sender?.sent[number - 1]?.answer === 'refused') {
        sender = keeper.connection;
        number = keeper.send();
      }
      const sent = number;
      const id = sender?.id;
      if (sent === undefined || id === undefined) return false;
      if (sender?.sent[sent - 1]?.answer !== 'accepted') return false;
      return others.every(({ connection }) => connection?.hasGot(id, sent));
    });
  }

  async #until(what: string, condition: () => boolean): Promise<void> {
    const untilMs = performance.now() + PATIENCE_MS;
    while (!condition()) {
      if (performance.now() > untilMs) throw new Error(`seed ${this.#options.seed}, not in time: ${what}`);
      await sleep(50);
    }
  }

  /** One fault, or two at once. */
  async #disaster(): Promise<void> {
    const first = this.#random.pick(this.#cluster.nodes);
    const kind = this.#random.pick(FAULT_NAMES);
    const isKill = kind.startsWith('kill');
    const duration = this.#random.int(isKill ? SHORT_MS : LONGEST_MS);
    const doing = [this.#fault(kind, first, duration)];
    if (this.#random.chance(0.4)) {
      const others = this.#cluster.nodes.filter((node) => node !== first);
      const second = others[this.#random.int(others.length)] as ClusterNode;
      doing.push(this.#fault(this.#random.pick(MILD_FAULTS), second, this.#random.int(SHORT_MS)));
    }
    await Promise.all(doing);
  }

  async #fault(kind: FaultName, node: ClusterNode, durationMs: number): Promise<void> {
    this.#faults[kind] = (this.#faults[kind] ?? 0) + 1;
    this.#options.say(`${kind}: node ${node.number}, ${durationMs} ms`);
    await FAULTS[kind](node, this.#cluster, durationMs);
  }
}

const FAULTS = {
  'kill a node': async (node: ClusterNode, _: Cluster, ms: number) => {
    await node.kill();
    await sleep(ms);
    await node.start();
  },
  'kill the broker': async (_: ClusterNode, { broker }: Cluster, ms: number) => {
    await broker.stop();
    await sleep(ms);
    await broker.start();
  },
  'stop a node': async (node: ClusterNode, _: Cluster, ms: number) => {
    node.signal('SIGSTOP');
    await sleep(ms);
    node.signal('SIGCONT');
  },
  'stop the broker': async (_: ClusterNode, { broker }: Cluster, ms: number) => {
    broker.signal('SIGSTOP');
    await sleep(ms);
    broker.signal('SIGCONT');
  },
  'stall the network of a node': async ({ proxy }: ClusterNode, _: Cluster, ms: number) => {
    proxy.stall();
    await sleep(ms);
    proxy.resume();
  },
  'cut the network of a node': async ({ proxy }: ClusterNode, _: Cluster, ms: number) => {
    proxy.isDown = true;
    proxy.cut();
    await sleep(ms);
    proxy.isDown = false;
  },
  'lose what the broker answers, then cut': async ({ proxy }: ClusterNode, _: Cluster, ms: number) => {
    proxy.isDeaf = true;
    await sleep(Math.min(ms, SHORT_MS));
    proxy.isDown = true;
    proxy.cut();
    proxy.isDeaf = false;
    await sleep(50);
    proxy.isDown = false;
  },
} as const;
type FaultName = keyof typeof FAULTS;
const FAULT_NAMES = Object.keys(FAULTS) as [FaultName, ...FaultName[]];
/** Those that end nobody, and may go together with any other. */
const MILD_FAULTS = [
  'stop a node',
  'stall the network of a node',
  'cut the network of a node',
] as const satisfies readonly FaultName[];
