import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { loadScript } from '../scripts/load-script.ts';
import { freePort } from './free-port.ts';
import { TemporaryFolders } from './temporary-folders.ts';
import { stretched } from './time-factor.ts';

type Found = { programs: string; env: Record<string, string> } | { reason: string };
const { rabbitmq } = await loadScript<{ rabbitmq(): Found }>('setup/rabbitmq.mjs');

const START_TIMEOUT_MS = stretched(240_000);
const OUTPUT_KEPT = 5000;
const LOOPBACK = ['-kernel', 'inet_dist_use_interface', '{127,0,0,1}'];
/** The usual ones, with one scheduler that sleeps when it has nothing to do. */
const SERVER = [
  ...['-noinput', '-s', 'rabbit', 'boot', '-boot', 'start_sasl', '-start_epmd', 'false'],
  ...['+W', 'w', '+B', 'i', '+S', '1:1', '+sbwt', 'none', '+sbwtdcpu', 'none', '+sbwtdio', 'none'],
  ...['-syslog', 'logger', '[]', '-syslog', 'syslog_error_logger', 'false'],
];

/** Why there is no RabbitMQ here; `skip` of node:test. */
export function noRabbitmq(): { skip: string | false } {
  const found = rabbitmq();
  return { skip: 'reason' in found && found.reason };
}

interface Member {
  name: string;
  mqttPort: number;
  distributionPort: number;
}

async function distinctPorts(count: number): Promise<number[]> {
  const ports = new Set<number>();
  while (ports.size < count) ports.add(await freePort());
  return [...ports];
}

/** RabbitMQ servers of the Debian package as one cluster on 127.0.0.1, where they speak MQTT. They end with the test. */
export class RabbitCluster {
  readonly #folder: string;
  readonly #epmdPort: number;
  readonly #members: readonly Member[];
  readonly #processes = new Map<string, ChildProcess>();

  private constructor(folder: string, epmdPort: number, members: readonly Member[]) {
    this.#folder = folder;
    this.#epmdPort = epmdPort;
    this.#members = members;
  }

  static async start(context: Pick<TestContext, 'after'>, size: number): Promise<RabbitCluster> {
    const folders = new TemporaryFolders('websocksrv-rabbitmq-');
    const [epmdPort = 0, ...ports] = await distinctPorts(1 + 2 * size);
    const members = Array.from({ length: size }, (_, index) => ({
      name: `member${index}@localhost`,
      mqttPort: ports[2 * index] ?? 0,
      distributionPort: ports[2 * index + 1] ?? 0,
    }));
    const cluster = new RabbitCluster(folders.next(), epmdPort, members);
    context.after(async () => {
      for (const name of cluster.#processes.keys()) await cluster.#kill(name);
      folders.removeAll();
    });
    await cluster.#run('epmd', 'epmd', []);
    // The first one founds the cluster.
    await cluster.start(0);
    await Promise.all(members.slice(1).map((_, index) => cluster.start(index + 1)));
    return cluster;
  }

  /** Where each member speaks MQTT. */
  get urls(): string[] {
    return this.#members.map(({ mqttPort }) => `mqtt://127.0.0.1:${mqttPort}`);
  }

  /** Starts a member, again if it was killed; resolves when it is one of the cluster and serves. */
  async start(index: number): Promise<void> {
    const member = this.#members[index] as Member;
    const folder = join(this.#folder, member.name);
    await mkdir(folder, { recursive: true });
    // The founder would look for the others for a while.
    const known = index === 0 ? [member] : this.#members;
    const config = join(folder, 'rabbitmq.conf');
    const plugins = join(folder, 'plugins');
    await writeFile(plugins, '[rabbitmq_mqtt].');
    const lines = [
      ...['listeners.tcp = none', `mqtt.listeners.tcp.1 = 127.0.0.1:${member.mqttPort}`],
      ...[
        'mqtt.allow_anonymous = true',
        'mqtt.durable_queue_type = quorum',
        'disk_free_limit.absolute = 1MB',
      ],
      'cluster_formation.peer_discovery_backend = classic_config',
      ...known.map(({ name }, at) => `cluster_formation.classic_config.nodes.${at + 1} = ${name}`),
    ];
    await writeFile(config, [...lines, ''].join('\n'));
    const child = await this.#run(member.name, 'erlexec', [...SERVER, ...LOOPBACK], {
      RABBITMQ_NODENAME: member.name,
      RABBITMQ_DIST_PORT: String(member.distributionPort),
      RABBITMQ_MNESIA_BASE: folder,
      RABBITMQ_LOG_BASE: folder,
      RABBITMQ_LOGS: '-',
      RABBITMQ_ENABLED_PLUGINS_FILE: plugins,
      RABBITMQ_CONFIG_FILE: config,
      RABBITMQ_CONF_ENV_FILE: '/dev/null',
    });
    await untilItSays(child, 'Server startup complete');
  }

  /** Ends a member as a failing machine does: nobody is told. */
  async kill(index: number): Promise<void> {
    await this.#kill(this.#members[index]?.name ?? '');
  }

  async #run(
    name: string,
    program: string,
    args: readonly string[],
    environment: Record<string, string> = {},
  ): Promise<ChildProcess> {
    const found = rabbitmq();
    if ('reason' in found) throw new Error(found.reason);
    const child = spawn(join(found.programs, program), args, {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: {
        ...process.env,
        ...found.env,
        // The secret that members share is a file in there.
        HOME: this.#folder,
        ERL_EPMD_PORT: String(this.#epmdPort),
        ERL_EPMD_ADDRESS: '127.0.0.1',
        ...environment,
      },
    });
    this.#processes.set(name, child);
    await once(child, 'spawn');
    return child;
  }

  async #kill(name: string): Promise<void> {
    const child = this.#processes.get(name);
    this.#processes.delete(name);
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  }
}

/** Waits for a text on a program's standard output, which is read to its end. @throws when it ends or takes too long */
async function untilItSays(child: ChildProcess, text: string): Promise<void> {
  let output = '';
  let timer: NodeJS.Timeout | undefined;
  await new Promise<void>((resolve, reject) => {
    const fail = (why: string): void => reject(new Error(`${why}:\n${output}`));
    timer = setTimeout(() => fail(`it did not say "${text}" in time`), START_TIMEOUT_MS);
    child.once('exit', (code, signal) => fail(`it ended with ${code ?? signal}`));
    child.stdout?.setEncoding('utf8').on('data', (part: string) => {
      output = (output + part).slice(-OUTPUT_KEPT);
      if (output.includes(text)) resolve();
    });
  }).finally(() => clearTimeout(timer));
}
