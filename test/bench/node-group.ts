import { rmSync } from 'node:fs';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import mqtt, { type MqttClient } from 'mqtt';
import { formatPayload } from '../../src/host/mqtt-payload.ts';
import { loadScript, ROOT } from '../scripts/load-script.ts';
import { makeEvent } from '../support/events.ts';
import { freePort } from '../support/free-port.ts';
import { configIn, makeServerFolder } from './driver-host.ts';
import { LineProcess } from './line-process.ts';

const { testTool } = await loadScript<{
  testTool(name: string): { program: string; env: NodeJS.ProcessEnv };
}>('setup/test-tools.mjs');

const CLI = join(ROOT, 'build', 'cli.mjs');
const START_TIMEOUT_MS = 60_000;
const POLL_MS = 50;
const SEQ_BYTES = 5;

/** CPU time and resident memory of processes. */
export interface ProcessUsage {
  cpuNs: number;
  rssKb: number;
}

/** What the scheduler counted for all threads of the processes. */
export async function usageOf(pids: readonly number[]): Promise<ProcessUsage> {
  const usage = { cpuNs: 0, rssKb: 0 };
  for (const pid of pids) {
    const tasks = await readdir(`/proc/${pid}/task`);
    const stats = await Promise.all(
      tasks.map((task) => readFile(`/proc/${pid}/task/${task}/schedstat`, 'latin1')),
    );
    for (const stat of stats) usage.cpuNs += Number(stat.split(' ')[0]);
    const status = await readFile(`/proc/${pid}/status`, 'latin1');
    usage.rssKb += Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]);
  }
  return usage;
}

/** A mosquitto with nothing but the benchmark on it, and a client that feeds it. */
export class FeedingBroker {
  readonly url: string;
  readonly #process: LineProcess;
  readonly #client: MqttClient;
  readonly #folder: string;
  #timer: NodeJS.Timeout | undefined;
  #nextSeq = 0;

  private constructor(url: string, process: LineProcess, client: MqttClient, folder: string) {
    this.url = url;
    this.#process = process;
    this.#client = client;
    this.#folder = folder;
  }

  static async start(): Promise<FeedingBroker> {
    const folder = await makeServerFolder();
    const port = await freePort();
    const config = join(folder, 'mosquitto.conf');
    const lines = [`listener ${port} 127.0.0.1`, 'allow_anonymous true', 'user root', 'log_type none', ''];
    await writeFile(config, lines.join('\n'));
    const { program, env } = testTool('mosquitto');
    const libraries = `LD_LIBRARY_PATH=${env.LD_LIBRARY_PATH ?? ''}`;
    const process = new LineProcess('mosquitto', ['env', libraries, program, '-c', config]);
    const url = `mqtt://127.0.0.1:${port}`;
    const client = await mqtt.connectAsync(url, { protocolVersion: 5, reconnectPeriod: POLL_MS }, true);
    return new FeedingBroker(url, process, client, folder);
  }

  get nextSeq(): number {
    return this.#nextSeq;
  }

  /** Publishes so many numbered events a second on a topic below `root`. */
  feed(root: string, eventsPerSecond: number): void {
    const beganMs = performance.now();
    const first = this.#nextSeq;
    this.#timer = setInterval(() => {
      const due = first + ((performance.now() - beganMs) / 1000) * eventsPerSecond;
      while (this.#nextSeq < due) this.#publish(root, this.#nextSeq++);
    }, 1);
  }

  /** @returns the number of the last event */
  stopFeed(): number {
    clearInterval(this.#timer);
    return this.#nextSeq - 1;
  }

  usage(): Promise<ProcessUsage> {
    return usageOf([this.#process.pid]);
  }

  async stop(): Promise<void> {
    this.stopFeed();
    await this.#client.endAsync(true);
    process.kill(this.#process.pid, 'SIGTERM');
    await this.#process.stop();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #publish(root: string, seq: number): void {
    const data = new Uint8Array(SEQ_BYTES);
    // As native/event-frame.c reads it: 100 + two decimal digits a byte.
    for (let at = SEQ_BYTES - 1, rest = seq; at >= 0; at--, rest = Math.floor(rest / 100))
      data[at] = 100 + (rest % 100);
    const payload = Buffer.from(formatPayload(makeEvent({ data }), 'json', 'ns'));
    this.#client.publish(`${root}/10/6`, payload, { qos: 1 });
  }
}

/** One server, or several workers, on a topic of their own at the broker. */
export class NodeGroup {
  readonly port: number;
  readonly root: string;
  readonly #process: LineProcess;
  readonly #folder: string;
  #pids: readonly number[] = [];

  private constructor(port: number, root: string, process: LineProcess, folder: string) {
    this.port = port;
    this.root = root;
    this.#process = process;
    this.#folder = folder;
  }

  /** @param workers undefined = one process alone */
  static async start(broker: FeedingBroker, workers: number | undefined): Promise<NodeGroup> {
    const folder = await makeServerFolder();
    const port = await freePort();
    const root = `bench/${port}`;
    const config = configIn(folder, {
      interface: `ws://127.0.0.1:${port}`,
      'enable-rest': false,
      'enable-metrics': true,
      mqtt: {
        ...{ url: broker.url, 'client-id': `bench-${port}` },
        ...{ subscribe: `${root}/#`, publish: `${root}/{{class}}/{{type}}` },
      },
    });
    const path = join(folder, 'node.json');
    await writeFile(path, JSON.stringify(config), { mode: 0o600 });
    const option = workers === undefined ? [] : ['--workers', String(workers)];
    const child = new LineProcess('serve', [process.execPath, CLI, 'serve', path, ...option]);
    const group = new NodeGroup(port, root, child, folder);
    await group.#untilOpen(workers ?? 1);
    return group;
  }

  /** Clients of each process. */
  async clients(): Promise<number[]> {
    const text = await (await fetch(`http://127.0.0.1:${this.port}/metrics`)).text();
    return [...text.matchAll(/^vscp_websocksrv_sessions_open(?:\{.*\})? (\d+)$/gm)].map(([, n]) => Number(n));
  }

  /** Of all processes, the one that serves nobody included. */
  usage(): Promise<ProcessUsage> {
    return usageOf([this.#process.pid, ...this.#pids]);
  }

  /** Resident memory of a process that serves, in kB. */
  async memory(): Promise<number> {
    const serving = this.#pids.length > 0 ? this.#pids : [this.#process.pid];
    return (await usageOf(serving)).rssKb / serving.length;
  }

  async stop(): Promise<void> {
    process.kill(this.#process.pid, 'SIGTERM');
    await this.#process.stop();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async #untilOpen(processes: number): Promise<void> {
    const deadline = Date.now() + START_TIMEOUT_MS;
    while ((await this.clients().catch(() => [])).length < processes) {
      if (Date.now() > deadline) {
        const log = await readFile(join(this.#folder, 'driver.log'), 'utf8').catch(() => 'no log');
        await this.stop();
        throw new Error(`serve does not open: ${log}`);
      }
      await sleep(POLL_MS);
    }
    const { pid } = this.#process;
    const children = await readFile(`/proc/${pid}/task/${pid}/children`, 'latin1');
    this.#pids = children.split(' ').filter(Boolean).map(Number);
  }
}
