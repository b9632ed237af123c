import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { LiveDriver, type LiveDriverOptions } from './live-driver.ts';
import { stretched } from './time-factor.ts';
import { command, passwordClient } from './token-client.ts';
import type { TestClient } from './ws-client.ts';

const PATIENCE_MS = stretched(60_000);

/** An entry of the reply to SERIES. */
export interface SeriesEntry {
  id: number;
  kind: string;
  class: number;
  type: number;
  guid: string;
  measurement?: number;
  sensorIndex: number;
  unit: number;
  symbol: string;
  since: number;
}

export interface PointsReply {
  source: string;
  step: number;
  t: number[];
  series: {
    id: number;
    min: (number | null)[];
    mean: (number | null)[];
    max: (number | null)[];
    n: number[];
  }[];
}

/** A state folder that goes with the test. */
export function stateFolder(context: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'websocksrv-history-'));
  // Processes that end at the same time may still write into it.
  context.after(() => rmSync(folder, { recursive: true, force: true, maxRetries: 50, retryDelay: 10 }));
  return folder;
}

/** Keys of a driver that keeps a history. */
export function historyKeys(stateDir: string, more: Record<string, unknown> = {}): Record<string, unknown> {
  return { 'state-dir': stateDir, 'enable-history': true, 'history-interval': 5, ...more };
}

export function historyDriver(
  context: TestContext,
  stateDir: string,
  more: Record<string, unknown> = {},
  options: LiveDriverOptions = {},
): Promise<LiveDriver> {
  return LiveDriver.startFor(context, { ...options, keys: historyKeys(stateDir, more) });
}

/** CLASS2.MEASUREMENT_FLOAT, a temperature in °C. */
export function temperature(
  value: number,
  sensor = 0,
): { vscpClass: number; vscpType: number; data: Uint8Array } {
  const data = Buffer.alloc(12);
  data[0] = sensor;
  data[3] = 1;
  data.writeDoubleBE(value, 4);
  return { vscpClass: 1060, vscpType: 6, data };
}

/** Asks until the history knows that many series: values reach it within a quarter second. */
export async function seriesOf(
  client: TestClient,
  atLeast = 0,
  args: object | null = null,
): Promise<SeriesEntry[]> {
  for (const until = performance.now() + PATIENCE_MS; ; ) {
    const reply = await command(client, 'SERIES', args);
    const series = (reply.args?.series ?? []) as SeriesEntry[];
    if (reply.type === '+' && series.length >= atLeast) return series;
    if (performance.now() > until) throw new Error(`SERIES: ${JSON.stringify(reply)}`);
    await sleep(20);
  }
}

/** The values of one series of the last hour, as one bucket. */
export async function total(
  client: TestClient,
  id: number,
): Promise<{ n: number; min: number; max: number }> {
  const to = Date.now() + 1000;
  const args = { series: [id], from: to - 3_600_000, to, buckets: 1 };
  const reply = await command(client, 'POINTS', args);
  if (reply.type !== '+') throw new Error(`POINTS: ${reply.errstr}`);
  const [columns] = (reply.args as unknown as PointsReply).series;
  const numbers = (column: (number | null)[] = []): number[] => column.filter((value) => value !== null);
  return {
    n: columns?.n.reduce((sum, n) => sum + n, 0) ?? 0,
    min: Math.min(...numbers(columns?.min)),
    max: Math.max(...numbers(columns?.max)),
  };
}

/** Asks until a series has that many values. */
export async function untilCounted(client: TestClient, id: number, wanted: number): Promise<void> {
  for (const until = performance.now() + PATIENCE_MS; ; ) {
    const { n } = await total(client, id);
    if (n >= wanted) return;
    if (performance.now() > until) throw new Error(`${n} values of ${wanted}`);
    await sleep(20);
  }
}

export const admin = (driver: LiveDriver): Promise<TestClient> => passwordClient(driver.url);
