import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { VscpClient, type VscpEvent } from '../../src/client/node.ts';
import { stretched } from '../support/time-factor.ts';
import { Cluster, type Scope } from './cluster.ts';

/** Series of values that are sent meanwhile, each by a client of its own. */
const SERIES = 5;
const SEND_PAUSE_MS = 100;
const guidOf = (series: number): string => `FF:FF:FF:FF:FF:FF:FF:F5:09:00:00:00:00:00:00:0${series}`;
const PATIENCE_MS = stretched(120_000);
/** Until the load balancer, which looks every two seconds, uses a server again. */
const BALANCER_PAUSE_MS = 3000;

export interface RollingResult {
  clients: number;
  /** Connections that were lost and regained. */
  returns: number;
  /** From the loss of a connection until the client knew the last values again. */
  slowestMs: number;
}

async function until(what: string, condition: () => boolean): Promise<void> {
  const untilMs = performance.now() + PATIENCE_MS;
  while (!condition()) {
    if (performance.now() > untilMs) throw new Error(`not in time: ${what}`);
    await sleep(20);
  }
}

const valueIn = ({ data }: VscpEvent): number => (data[1] ?? 0) * 256 + (data[2] ?? 0);

/** The values of some series, sent without a pause. */
class Values {
  /** What was accepted last of each series, and what was sent last: it may have come as well. */
  readonly accepted: number[] = Array(SERIES).fill(0);
  readonly sent: number[] = Array(SERIES).fill(0);
  isOver = false;
  #isQuiet = false;
  readonly #senders: readonly VscpClient[];
  readonly #loops: Promise<void>[];

  constructor(senders: readonly VscpClient[]) {
    this.#senders = senders;
    this.#loops = senders.map((_, series) => this.#send(series));
  }

  async end(): Promise<void> {
    this.isOver = true;
    await Promise.all(this.#loops);
  }

  /** Waits until `condition` holds while nothing new is sent. */
  async quietly(what: string, condition: () => boolean): Promise<void> {
    this.#isQuiet = true;
    await until(what, condition);
    this.#isQuiet = false;
  }

  async #send(series: number): Promise<void> {
    for (; !this.isOver; await sleep(SEND_PAUSE_MS)) {
      if (this.#isQuiet || this.#senders[series]?.state !== 'online') continue;
      const value = (this.sent[series] ?? 0) + 1;
      this.sent[series] = value;
      const data = [0x60, value >> 8, value & 255];
      const event = { vscpClass: 10, vscpType: 6, guid: guidOf(series), data };
      await this.#senders[series]?.send(event).then(
        () => {
          this.accepted[series] = value;
        },
        () => undefined,
      );
    }
  }
}

/** A client as an application has it: it comes back by itself, and then asks for the last values. */
class Watcher {
  readonly client: VscpClient;
  readonly seen: number[] = Array(SERIES).fill(0);
  /** From each loss of the connection until the values were there again. */
  readonly returnsMs: number[] = [];
  /** What was wrong after a return. */
  readonly faults: string[] = [];
  #lostAtMs: number | undefined;

  /** @param floor values that it must know when it is back */
  constructor(url: string, floor: readonly number[]) {
    const limits = { connectTimeoutMs: stretched(10_000), timeoutMs: stretched(10_000) };
    this.client = new VscpClient({ url: `${url}/ws2`, user: 'admin', password: 'secret', ...limits });
    this.client.on('error', () => undefined);
    this.client.on('event', (event) => this.#see(event));
    this.client.on('state', ({ state }) => {
      if (state === 'waiting') this.#lostAtMs ??= performance.now();
      if (state === 'online' && this.#lostAtMs !== undefined) void this.#return(this.#lostAtMs, floor);
    });
  }

  get isBack(): boolean {
    return this.#lostAtMs === undefined;
  }

  async #return(lostAtMs: number, floor: readonly number[]): Promise<void> {
    const events = await this.client.last().catch(() => undefined);
    // The connection broke again.
    if (events === undefined) return;
    for (const event of events) this.#see(event);
    this.returnsMs.push(performance.now() - lostAtMs);
    this.#lostAtMs = undefined;
    for (const [series, value] of floor.entries()) {
      const found = events.find(({ guid }) => guid === guidOf(series));
      const known = found === undefined ? 0 : valueIn(found);
      if (known < value) this.faults.push(`series ${series}: ${known}, expected ${value} or more`);
    }
  }

  #see(event: VscpEvent): void {
    const series = Number(event.guid.slice(-1));
    this.seen[series] = Math.max(this.seen[series] ?? 0, valueIn(event));
  }
}

/**
 * Restarts each server in turn, as `systemctl restart` does, while values are sent; each client has to come back
 * with the last values. @throws Error when one does not, or knows older values
 */
export async function rollingRestart(
  scope: Scope,
  clientsPerNode: number,
  say: (line: string) => void,
): Promise<RollingResult> {
  const count = clientsPerNode * 3;
  const mqtt = { 'retain-last': true };
  const cluster = await Cluster.start(scope, count, { mqtt });
  const floor: number[] = Array(SERIES).fill(0);
  const watchers = Array.from({ length: count }, () => new Watcher(cluster.url, floor));
  scope.after(() => {
    for (const { client } of watchers) client.disconnect();
  });
  for (const { client } of watchers) {
    await client.connect();
    await client.open();
  }
  const values = new Values(watchers.slice(0, SERIES).map(({ client }) => client));
  scope.after(() => values.end());
  /** Whether all clients know all values, which are the floor from then on. */
  const knowAll = (): boolean => {
    // A sender does not get its own.
    const knows = ({ seen, isBack }: Watcher, index: number): boolean =>
      isBack && values.accepted.every((value, series) => index === series || (seen[series] ?? 0) >= value);
    if (!watchers.every(knows)) return false;
    floor.splice(0, SERIES, ...values.accepted);
    return true;
  };
  for (const node of cluster.nodes) {
    await until('values are sent', () =>
      values.accepted.every((value, series) => value > (floor[series] ?? 0)),
    );
    await values.quietly('all know the values', knowAll);
    say(`node ${node.number} is restarted`);
    const before = watchers.reduce((sum, { returnsMs }) => sum + returnsMs.length, 0);
    await node.stop();
    await node.start();
    await node.untilHealthy();
    await sleep(BALANCER_PAUSE_MS);
    await values.quietly('all are back and know the values', knowAll);
    const after = watchers.reduce((sum, { returnsMs }) => sum + returnsMs.length, 0);
    assert.ok(after > before, `node ${node.number} had clients`);
  }
  await values.end();
  const ahead = watchers.flatMap(({ seen }) => seen.filter((value, s) => value > (values.sent[s] ?? 0)));
  assert.deepEqual(ahead, [], 'values that were never sent');
  assert.deepEqual(
    watchers.flatMap(({ faults }) => faults),
    [],
  );
  const returns = watchers.flatMap(({ returnsMs }) => returnsMs);
  return { clients: count, returns: returns.length, slowestMs: Math.round(Math.max(0, ...returns)) };
}
