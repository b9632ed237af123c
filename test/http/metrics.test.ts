import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatMetrics, joinMetrics, metricFamilies } from '../../src/http/metrics.ts';
import type { RuntimeStats } from '../../src/http/runtime-stats.ts';
import { startServer, testSnapshot } from './support/http-fixture.ts';
import { type ParsedFamily, parsePrometheusText } from './support/prometheus-text.ts';

const RUNTIME: RuntimeStats = {
  nodeVersion: '18.20.4',
  heapUsedBytes: 5_000_000,
  heapLimitBytes: 256_000_000,
  residentBytes: 90_000_000,
  loopDelay: { p50Seconds: 0.0001, p99Seconds: 1e-7, maxSeconds: 0.25 },
};

function figure(
  families: Map<string, ParsedFamily>,
  name: string,
  labels: Record<string, string> = {},
): number | undefined {
  const samples = families.get(`vscp_websocksrv_${name}`)?.samples ?? [];
  const key = JSON.stringify(labels);
  return samples.find((sample) => JSON.stringify(sample.labels) === key)?.value;
}

test('a Prometheus reader gets every figure of the snapshot', () => {
  const snapshot = testSnapshot();
  const { server } = snapshot;
  Object.assign(server, {
    sessionsWs1: 1, sessionsWs2: 2, sessionsAuthenticated: 3, sessionsOpen: 4, connectionsTotal: 5,
    connectionsRefused: 6, eventsFromHost: 7, eventsToHost: 8, eventsFromClients: 9, eventsToClients: 1e21,
    loginsTotal: 11, loginFailures: 12, slowClientsClosed: 13,
  }); // biome-ignore format: figures
  server.drops['rx-filter'] = 14;
  snapshot.host = {
    incoming: 15,
    incomingCapacity: 16,
    outgoing: 17,
    outgoingCapacity: 18,
    hostWriteTimeouts: 19,
  };
  snapshot.queuedForClients = 20;
  const families = parsePrometheusText(formatMetrics(metricFamilies(snapshot, RUNTIME)));
  const table: [name: string, labels: Record<string, string>, value: number][] = [
    ['build_info', { version: '1.2.3', node: '18.20.4' }, 1],
    ['uptime_seconds', {}, 12.75],
    ['sessions', { protocol: 'ws1' }, 1],
    ['sessions', { protocol: 'ws2' }, 2],
    ['sessions_authenticated', {}, 3],
    ['sessions_open', {}, 4],
    ['connections_total', {}, 5],
    ['connections_refused_total', {}, 6],
    ['events_total', { direction: 'from_host' }, 7],
    ['events_total', { direction: 'to_host' }, 8],
    ['events_total', { direction: 'from_clients' }, 9],
    ['events_total', { direction: 'to_clients' }, 1e21],
    ['logins_total', {}, 11],
    ['login_failures_total', {}, 12],
    ['slow_clients_closed_total', {}, 13],
    ['event_drops_total', { reason: 'rx-filter' }, 14],
    ['event_drops_total', { reason: 'client-queue-full' }, 0],
    ['queue_events', { queue: 'from_host' }, 15],
    ['queue_capacity_events', { queue: 'from_host' }, 16],
    ['queue_events', { queue: 'to_host' }, 17],
    ['queue_capacity_events', { queue: 'to_host' }, 18],
    ['host_write_timeouts_total', {}, 19],
    ['queue_events', { queue: 'to_clients' }, 20],
    ['event_loop_delay_seconds', { statistic: 'p99' }, 1e-7],
    ['event_loop_delay_seconds', { statistic: 'max' }, 0.25],
    ['heap_used_bytes', {}, 5_000_000],
    ['heap_limit_bytes', {}, 256_000_000],
    ['resident_memory_bytes', {}, 90_000_000],
  ];
  for (const [name, labels, value] of table) assert.equal(figure(families, name, labels), value, name);
  for (const [name, { type }] of families) {
    assert.equal(type === 'counter', name.endsWith('_total'), name);
  }
});

test('of several processes each figure has the label of its worker, under one head', () => {
  const ofWorker = (worker: number, incoming: number) => {
    const snapshot = testSnapshot();
    snapshot.host = { ...snapshot.host, incoming };
    return { worker, families: metricFamilies(snapshot, RUNTIME) };
  };
  const families = parsePrometheusText(formatMetrics(joinMetrics([ofWorker(4, 1), ofWorker(5, 2)])));
  assert.equal(figure(families, 'queue_events', { worker: '4', queue: 'from_host' }), 1);
  assert.equal(figure(families, 'queue_events', { worker: '5', queue: 'from_host' }), 2);
  assert.equal(figure(families, 'uptime_seconds'), undefined);
  assert.equal(formatMetrics(joinMetrics([])), '');
});

test('label values are escaped', () => {
  const version = 'a"b\\c\nd';
  const families = parsePrometheusText(
    formatMetrics(metricFamilies({ ...testSnapshot(), version }, RUNTIME)),
  );
  assert.equal(figure(families, 'build_info', { version, node: '18.20.4' }), 1);
});

test('the reader of these tests refuses what is not the format', () => {
  const head = '# HELP a text\n# TYPE a gauge\n';
  parsePrometheusText(`${head}a 1\n`);
  for (const bad of [
    'a 1',
    'a  1\n',
    'a{b=c} 1\n',
    'a{b="\n"} 1\n',
    'b 1\n',
    'a 1\na 1\n',
    'a x\n',
    'a{b="1"c="2"} 1\n',
  ]) {
    assert.throws(() => parsePrometheusText(head + bad), bad);
  }
});

test('metrics are served when asked for in the configuration', async (context) => {
  const { port } = await startServer(context, { settings: { enableMetrics: true } });
  const response = await fetch(`http://127.0.0.1:${port}/metrics`);
  assert.equal(response.headers.get('content-type'), 'text/plain; version=0.0.4; charset=utf-8');
  const families = parsePrometheusText(await response.text());
  assert.ok((figure(families, 'heap_used_bytes') ?? 0) > 0);
  assert.equal(figure(families, 'build_info', { version: '1.2.3', node: process.versions.node }), 1);
  const post = await fetch(`http://127.0.0.1:${port}/metrics`, { method: 'POST', body: 'x' });
  assert.equal(post.status, 405);
});

test('health tells version, uptime and clients as JSON', async (context) => {
  const snapshot = testSnapshot();
  Object.assign(snapshot.server, { sessionsWs1: 2, sessionsWs2: 3 });
  const { port } = await startServer(context, { stats: () => snapshot });
  const response = await fetch(`http://127.0.0.1:${port}/healthz?x`);
  assert.equal(response.status, 200);
  assert.match(response.headers.get('content-type') ?? '', /^application\/json/);
  assert.deepEqual(await response.json(), { status: 'ok', version: '1.2.3', uptime: 12, clients: 5 });
});

test('a snapshot that fails costs one answer', async (context) => {
  const { port, log } = await startServer(context, {
    stats: () => {
      throw new Error('broken');
    },
  });
  const response = await fetch(`http://127.0.0.1:${port}/healthz`);
  assert.equal(response.status, 500);
  assert.equal(await response.text(), '500 Internal Server Error\n');
  assert.ok(log.has('err request for /healthz failed: broken'));
});
