import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type ServeProcess, startServe } from '../cli/serve-cli.ts';
import { startBalancer, statusOf, untilStatus } from '../support/balancer.ts';
import { Broker } from '../support/broker.ts';
import { freePort } from '../support/free-port.ts';
import { TcpProxy } from '../support/tcp-proxy.ts';
import { TemporaryFolders } from '../support/temporary-folders.ts';
import { stretched } from '../support/time-factor.ts';
import { quickUser } from '../support/users.ts';
import type { NodeLife } from './history.ts';

/** What ends with a test, or with the program. */
export interface Scope {
  after(end: () => unknown): void;
}

const PROOF_PAUSE_MS = 200;
const PROOF_TIMEOUT_MS = 1000;
/** How long a node may take until it serves again: its waits for a broker grow to 30 s. */
const HEALTHY_TIMEOUT_MS = stretched(120_000);

/** A `serve` process with a network of its own to the broker. */
export class ClusterNode {
  readonly number: number;
  readonly port: number;
  /** Stands between node and broker. */
  readonly proxy: TcpProxy;
  life: NodeLife;
  readonly #scope: Scope;
  readonly #config: string;
  #server: ServeProcess | undefined;

  private constructor(scope: Scope, number: number, port: number, proxy: TcpProxy, config: string) {
    this.#scope = scope;
    this.number = number;
    this.port = port;
    this.proxy = proxy;
    this.#config = config;
    this.life = { node: number, provenMs: 0 };
  }

  static async create(
    scope: Scope,
    number: number,
    broker: Broker,
    folder: string,
    keys: { mqtt?: Record<string, unknown>; [key: string]: unknown },
  ): Promise<ClusterNode> {
    const [port, proxy] = [await freePort(), await TcpProxy.start(scope, broker.port)];
    const users = join(folder, 'users.json');
    writeFileSync(users, JSON.stringify({ users: [quickUser('admin', 'admin')] }), { mode: 0o600 });
    const config = join(folder, `node${number}.json`);
    const all = {
      interface: `ws://127.0.0.1:${port}`,
      'path-users': users,
      'trusted-proxies': '127.0.0.1',
      'max-clients': 0,
      'enable-metrics': true,
      ...keys,
      mqtt: { url: `mqtt://127.0.0.1:${proxy.port}`, 'node-number': number, ...keys.mqtt },
    };
    writeFileSync(config, JSON.stringify(all), { mode: 0o600 });
    return new ClusterNode(scope, number, port, proxy, config);
  }

  async start(): Promise<void> {
    this.life = { node: this.number, provenMs: 0 };
    this.#server = await startServe(this.#scope, this.#config);
  }

  /** Ends it as a failing machine does. */
  async kill(): Promise<void> {
    this.life.killedMs = performance.now();
    await this.#end('SIGKILL');
  }

  /** Ends it as `systemctl stop` does. */
  async stop(): Promise<void> {
    await this.#end('SIGTERM');
  }

  signal(signal: 'SIGSTOP' | 'SIGCONT'): void {
    this.#server?.process.kill(signal);
  }

  /** Looks whether the broker has all that the node has accepted. */
  async prove(): Promise<void> {
    const { life } = this;
    const beganMs = performance.now();
    const answer = await fetch(`http://127.0.0.1:${this.port}/metrics`, {
      headers: { connection: 'close' },
      signal: AbortSignal.timeout(PROOF_TIMEOUT_MS),
    })
      .then((response) => response.text())
      .catch(() => '');
    if (/^vscp_websocksrv_queue_events\{queue="to_host"\} 0$/m.test(answer)) life.provenMs = beganMs;
  }

  async untilHealthy(): Promise<void> {
    const untilMs = performance.now() + HEALTHY_TIMEOUT_MS;
    while ((await statusOf(this.port, '/healthz')) !== 200) {
      if (performance.now() > untilMs) throw new Error(`node ${this.number} is not well again`);
      await sleep(50);
    }
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#server?.process;
    this.#server = undefined;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill(signal);
    await ended;
  }
}

/** Some nodes behind haproxy, on one broker. */
export class Cluster {
  readonly broker: Broker;
  readonly nodes: readonly [ClusterNode, ...ClusterNode[]];
  /** Of the load balancer. */
  readonly url: string;
  #isOver = false;

  private constructor(broker: Broker, nodes: readonly [ClusterNode, ...ClusterNode[]], url: string) {
    this.broker = broker;
    this.nodes = nodes;
    this.url = url;
  }

  /**
   * @param clients how many the load balancer has to let in
   * @param keys of each node's configuration, beside those that it needs
   * @param brokerLines more lines of mosquitto's configuration
   */
  static async start(
    scope: Scope,
    clients: number,
    keys: { mqtt?: Record<string, unknown>; [key: string]: unknown } = {},
    brokerLines: readonly string[] = [],
  ): Promise<Cluster> {
    const folders = new TemporaryFolders('websocksrv-cluster-');
    scope.after(() => folders.removeAll());
    const folder = folders.next();
    const broker = await Broker.start(scope, brokerLines);
    const create = (number: number) => ClusterNode.create(scope, number, broker, folder, keys);
    const nodes = [await create(1), await create(2), await create(3)] as const;
    await Promise.all(nodes.map((node) => node.start()));
    const ports = nodes.map(({ port }) => port);
    const port = await startBalancer(scope, ports, { maxClients: clients * 2 + 100, checkMs: 2000 });
    await untilStatus(port, '/healthz', 200);
    const cluster = new Cluster(broker, nodes, `ws://127.0.0.1:${port}`);
    const proving = nodes.map((node) => cluster.#prove(node));
    scope.after(async () => {
      cluster.#isOver = true;
      await Promise.all(proving);
    });
    return cluster;
  }

  node(number: number): ClusterNode {
    const node = this.nodes[number - 1];
    if (node === undefined) throw new Error(`there is no node ${number}`);
    return node;
  }

  async #prove(node: ClusterNode): Promise<void> {
    for (; !this.#isOver; await sleep(PROOF_PAUSE_MS)) await node.prove();
  }
}
