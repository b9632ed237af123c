import { type CounterMetric, METRIC_COUNTERS, type ServerSnapshot } from '../session/stats.ts';
import type { RuntimeStats } from './runtime-stats.ts';

/** Content type of the Prometheus text format. */
export const METRICS_CONTENT_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

const PREFIX = 'vscp_websocksrv_';

interface Sample {
  labels?: Record<string, string>;
  value: number;
}

/** A metric with its samples. */
export interface Family {
  name: string;
  type: 'counter' | 'gauge';
  help: string;
  samples: Sample[];
}

/** The metrics of one of several processes that serve the same addresses. */
export interface WorkerMetrics {
  worker: number;
  families: Family[];
}

/** How such processes tell their metrics together, whichever of them is asked. */
export interface MetricsExchange {
  /** Says how those of this process are read. */
  provide(read: () => Family[]): void;
  /** Those of all processes that answer in time. */
  collect(): Promise<WorkerMetrics[]>;
}

/** The figures of the snapshot and of the runtime. Pure. */
export function metricFamilies(snapshot: ServerSnapshot, runtime: RuntimeStats): Family[] {
  return [
    ...serverFamilies(snapshot, runtime),
    ...eventFamilies(snapshot),
    ...queueFamilies(snapshot),
    ...(snapshot.host.metrics ?? []).map(({ value, ...about }) => ({ ...about, samples: one(value) })),
    ...runtimeFamilies(runtime),
  ];
}

/** Makes one list of the metrics of several processes; the label `worker` tells whose a sample is. Pure. */
export function joinMetrics(workers: readonly WorkerMetrics[]): Family[] {
  const joined = new Map<string, Family>();
  for (const { worker, families } of workers) {
    for (const { samples, ...about } of families) {
      const family = joined.get(about.name) ?? { ...about, samples: [] };
      joined.set(about.name, family);
      const own = samples.map(({ labels, value }) => ({
        labels: { worker: String(worker), ...labels },
        value,
      }));
      family.samples.push(...own);
    }
  }
  return [...joined.values()];
}

/** Writes Prometheus text, format version 0.0.4. Pure. */
export function formatMetrics(families: readonly Family[]): string {
  return families.map(formatFamily).join('');
}

function serverFamilies(snapshot: ServerSnapshot, runtime: RuntimeStats): Family[] {
  const { version, uptimeSeconds, server, lostLogLines = {} } = snapshot;
  return [
    gauge('build_info', 'Version of the driver and of the Node.js runtime; always 1.', [
      { labels: { version, node: runtime.nodeVersion }, value: 1 },
    ]),
    gauge('uptime_seconds', 'Seconds since the driver was opened.', one(uptimeSeconds)),
    gauge('sessions', 'Connected clients by protocol.', [
      { labels: { protocol: 'ws1' }, value: server.sessionsWs1 },
      { labels: { protocol: 'ws2' }, value: server.sessionsWs2 },
      { labels: { protocol: 'rest' }, value: server.sessionsRest },
      { labels: { protocol: 'sse' }, value: server.sessionsSse },
    ]),
    ...counterFamilies(server),
    counter(
      'log_lines_lost_total',
      'Log lines that could not be written, by destination.',
      Object.entries(lostLogLines).map(([destination, value]) => ({ labels: { destination }, value })),
    ),
  ];
}

function counterFamilies(server: ServerSnapshot['server']): Family[] {
  const counters = Object.entries(METRIC_COUNTERS) as [keyof typeof METRIC_COUNTERS, CounterMetric][];
  return counters.map(([key, [type, name, help]]) => ({ type, name, help, samples: one(server[key]) }));
}

function eventFamilies({ server, host }: ServerSnapshot): Family[] {
  return [
    counter('events_total', 'Events by direction; an event to ten clients counts ten.', [
      { labels: { direction: 'from_host' }, value: server.eventsFromHost },
      { labels: { direction: 'to_host' }, value: server.eventsToHost },
      { labels: { direction: 'from_clients' }, value: server.eventsFromClients },
      { labels: { direction: 'to_clients' }, value: server.eventsToClients },
    ]),
    counter(
      'event_drops_total',
      'Events that did not reach somebody they were meant for, by reason.',
      Object.entries(server.drops).map(([reason, value]) => ({ labels: { reason }, value })),
    ),
    counter(
      'host_write_timeouts_total',
      'Writes of the host that timed out on a full queue.',
      one(host.hostWriteTimeouts),
    ),
  ];
}

function queueFamilies({ host, queuedForClients }: ServerSnapshot): Family[] {
  const clients =
    queuedForClients === undefined ? [] : [{ labels: { queue: 'to_clients' }, value: queuedForClients }];
  return [
    gauge('queue_events', 'Events waiting in a queue.', [
      { labels: { queue: 'from_host' }, value: host.incoming },
      { labels: { queue: 'to_host' }, value: host.outgoing },
      ...clients,
    ]),
    gauge('queue_capacity_events', 'Events a queue can hold.', [
      { labels: { queue: 'from_host' }, value: host.incomingCapacity },
      { labels: { queue: 'to_host' }, value: host.outgoingCapacity },
    ]),
  ];
}

function runtimeFamilies(runtime: RuntimeStats): Family[] {
  const { loopDelay } = runtime;
  return [
    gauge('event_loop_delay_seconds', 'Lateness of the event loop since the last scrape.', [
      { labels: { statistic: 'p50' }, value: loopDelay.p50Seconds },
      { labels: { statistic: 'p99' }, value: loopDelay.p99Seconds },
      { labels: { statistic: 'max' }, value: loopDelay.maxSeconds },
    ]),
    gauge('heap_used_bytes', 'JavaScript heap in use.', one(runtime.heapUsedBytes)),
    gauge('heap_limit_bytes', 'Limit of the JavaScript heap.', one(runtime.heapLimitBytes)),
    gauge('resident_memory_bytes', 'Resident memory of the whole host process.', one(runtime.residentBytes)),
  ];
}

function one(value: number): Sample[] {
  return [{ value }];
}

function gauge(name: string, help: string, samples: Sample[]): Family {
  return { name, type: 'gauge', help, samples };
}

function counter(name: string, help: string, samples: Sample[]): Family {
  return { name, type: 'counter', help, samples };
}

function formatFamily({ name, type, help, samples }: Family): string {
  const full = PREFIX + name;
  const lines = samples.map(({ labels, value }) => `${full}${formatLabels(labels)} ${formatValue(value)}\n`);
  return `# HELP ${full} ${help}\n# TYPE ${full} ${type}\n${lines.join('')}`;
}

function formatLabels(labels: Record<string, string> | undefined): string {
  if (!labels) return '';
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escapeLabel(value)}"`);
  return `{${pairs.join(',')}}`;
}

function escapeLabel(value: string): string {
  return value.replace(/\\/g, '\\\\').replace(/"/g, '\\"').replace(/\n/g, '\\n');
}

function formatValue(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf';
  return String(value);
}
