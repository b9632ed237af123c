import { setTimeout as sleep } from 'node:timers/promises';
import { DriverHost, loginOf } from './driver-host.ts';
import type { Figure } from './figures.ts';
import { type ConnectOptions, LoadClient, type Snapshot, type Usage } from './load-client.ts';
import type { Programs } from './native-build.ts';

/** How long and how often things are measured. */
export interface Plan {
  /** Rounds in which driver and references alternate; medians are reported. */
  rounds: number;
  warmupMs: number;
  windowMs: number;
  /** For figures in which rare pauses count. */
  longWindowMs: number;
  /** Numbers of clients of the fan-out and latency curves. */
  clientCounts: readonly number[];
  /** Events of one round of a latency: where they come close together, and single ones. */
  latencyEvents: { close: number; sparse: number };
  filterCounts: readonly number[];
  idleClients: number;
  /** The largest number of clients of a steady load, and whether loads without a target are measured. */
  steadyClients: number;
  steadyUnjudged: boolean;
  /** The number of sessions that log in at once, and of how many users. */
  crowd: { sessions: number; users: number };
  /** The number of clients of one group of nodes, and the numbers of workers. */
  scaleClients: number;
  scaleWorkers: readonly number[];
  /** Whether a past year is written and asked for. */
  historyYear: boolean;
}

export const STANDARD_PLAN: Plan = {
  rounds: 5,
  warmupMs: 200,
  windowMs: 500,
  longWindowMs: 2000,
  clientCounts: [1, 10, 100, 500],
  // Enough that the 99th percentile is not just the worst one, within the available time.
  latencyEvents: { close: 300, sparse: 20 },
  filterCounts: [10, 100, 1000],
  idleClients: 2000,
  steadyClients: 10_000,
  steadyUnjudged: true,
  crowd: { sessions: 10_000, users: 500 },
  scaleClients: 1000,
  scaleWorkers: [1, 2, 4],
  historyYear: true,
};

export const QUICK_PLAN: Plan = {
  rounds: 1,
  warmupMs: 100,
  windowMs: 250,
  longWindowMs: 400,
  clientCounts: [1, 100],
  latencyEvents: { close: 60, sparse: 5 },
  filterCounts: [10, 1000],
  idleClients: 400,
  steadyClients: 1000,
  steadyUnjudged: false,
  crowd: { sessions: 1000, users: 50 },
  scaleClients: 240,
  scaleWorkers: [2],
  historyYear: false,
};

/** The points of each curve in the plot, by series name. */
export type Curve = Record<string, { clients: number; value: number }[]>;

export interface PartResult {
  figures: Figure[];
  throughput?: Curve;
  latencyUs?: Curve;
}

/** What every part of the benchmark uses. */
export class BenchContext {
  readonly programs: Programs;
  readonly plan: Plan;
  /** How long the growth part takes. */
  readonly minutes: number;
  /** The command that starts the host with the driver. */
  readonly #host: readonly string[];

  constructor(programs: Programs, host: readonly string[], plan: Plan, minutes = 10) {
    this.programs = programs;
    this.plan = plan;
    this.#host = host;
    this.minutes = minutes;
  }

  /** @param variables of the host's environment, in addition to ours */
  startDriver(
    settings?: Record<string, unknown>,
    variables: Readonly<Record<string, string>> = {},
  ): Promise<DriverHost> {
    const words = Object.entries(variables).map(([name, value]) => `${name}=${value}`);
    return DriverHost.start([...(words.length > 0 ? ['env', ...words] : []), ...this.#host], settings);
  }

  /** The same with the caller's own library and with users in addition to the usual ones. */
  startOwnDriver(
    library: string,
    settings: Record<string, unknown>,
    users: readonly object[],
  ): Promise<DriverHost> {
    return DriverHost.start([this.programs.feeder, library], settings, users);
  }

  /** Clients that log in to the driver and ask for events. */
  connectReceivers(host: DriverHost, options: Omit<ConnectOptions, 'port' | 'login'>): Promise<LoadClient> {
    return LoadClient.connect(this.programs.client, {
      ...options,
      port: host.port,
      login: loginOf('receiver'),
    });
  }

  /** Clients that log in to the driver and may send events, but get none. */
  connectSenders(
    host: DriverHost,
    options: Omit<ConnectOptions, 'port' | 'login' | 'open'>,
  ): Promise<LoadClient> {
    return LoadClient.connect(this.programs.client, {
      ...options,
      port: host.port,
      login: loginOf('sender'),
      open: false,
    });
  }

  /** Clients of a reference server, which requires no login. */
  connectPlain(port: number, options: Omit<ConnectOptions, 'port' | 'login'>): Promise<LoadClient> {
    return LoadClient.connect(this.programs.client, { ...options, port });
  }

  warmUp(): Promise<void> {
    return sleep(this.plan.warmupMs);
  }
}

/** What happened between two readings. */
export interface Window {
  messagesPerSecond: number;
  bytesPerMessage: number;
  /** The usage of the server's process, when it was asked for. */
  cpuPerSecond: number;
  bytesPerWrite: number;
}

export function windowBetween(from: Snapshot, to: Snapshot, server?: { from: Usage; to: Usage }): Window {
  const seconds = (to.usage.atNs - from.usage.atNs) / 1e9;
  const messages = to.messages - from.messages;
  return {
    messagesPerSecond: messages / seconds,
    bytesPerMessage: (to.bytes - from.bytes) / messages,
    cpuPerSecond: server
      ? (server.to.cpuNs - server.from.cpuNs) / (server.to.atNs - server.from.atNs)
      : Number.NaN,
    bytesPerWrite: server
      ? (server.to.writtenBytes - server.from.writtenBytes) / (server.to.writes - server.from.writes)
      : Number.NaN,
  };
}

/** Watches a client during a flood, for the plan's window and after its warm-up. */
export async function watchFlood(
  bench: BenchContext,
  client: LoadClient,
  usage?: () => Promise<Usage>,
): Promise<Window> {
  await bench.warmUp();
  const usageFrom = await usage?.();
  const from = await client.snap();
  await sleep(bench.plan.windowMs);
  const to = await client.snap();
  const usageTo = await usage?.();
  return windowBetween(from, to, usageFrom && usageTo ? { from: usageFrom, to: usageTo } : undefined);
}

/** Throws when a client lost, got twice or misread an event: the figures of such a run would mean nothing. */
export function demandOrder(snapshot: Snapshot, what: string): void {
  const { gaps, disorder, malformed, closed } = snapshot;
  if (gaps + disorder + malformed + closed === 0) return;
  throw new Error(
    `${what}: ${gaps} gaps, ${disorder} out of order, ${malformed} unreadable, ${closed} closed`,
  );
}
