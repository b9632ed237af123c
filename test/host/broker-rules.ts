/** What must hold for nodes of `serve`, whatever broker is behind them. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import type { TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { eventually } from '../support/eventually.ts';
import { type Node, startNode } from '../support/mqtt-node.ts';
import { stretched } from '../support/time-factor.ts';
import type { TestClient } from '../support/ws-client.ts';

const ECHO_TIMEOUT_MS = stretched(30_000);

/** One node for each list of brokers, numbered from 1. */
export async function startNodes(
  context: TestContext,
  urls: readonly (string | readonly string[])[],
  keys: Record<string, unknown> = {},
): Promise<Node[]> {
  const nodes: Node[] = [];
  for (const [index, url] of urls.entries()) {
    const mqtt = { url, 'node-number': index + 1, ...keys };
    nodes.push(await startNode(context, mqtt, { 'enable-metrics': true }));
  }
  return nodes;
}

/** An event whose data say who sent it and the how-many-th it is. */
export function numbered(sender: number, number: number): string {
  return `E;0,10,6,0,,0,-,${sender},${number >> 8},${number & 255}`;
}

/** The numbers of each sender's events, in the order of arrival. */
export function numbersBySender(frames: readonly string[]): Map<number, number[]> {
  const bySender = new Map<number, number[]>();
  for (const frame of frames) {
    if (!frame.startsWith('E;')) continue;
    const [sender = -1, high = 0, low = 0] = frame.split(',').slice(7).map(Number);
    bySender.set(sender, [...(bySender.get(sender) ?? []), high * 256 + low]);
  }
  return bySender;
}

/** How many events of its own clients a node has got back from the broker. */
async function echoesOf({ url }: Node): Promise<number> {
  const request = get(`${url.replace('ws:', 'http:')}/metrics`, { agent: false });
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  const text = (await response.setEncoding('utf8').toArray()).join('');
  return Number(/event_drops_total\{reason="host-echo"\} (\d+)/.exec(text)?.[1]);
}

/** Waits until a node has got back so many in all. */
async function untilEchoed(node: Node, wanted: number): Promise<void> {
  const untilMs = performance.now() + ECHO_TIMEOUT_MS;
  for (;;) {
    const count = await echoesOf(node);
    if (count >= wanted) return;
    if (performance.now() > untilMs) throw new Error(`the broker returned ${count} of ${wanted} events`);
    await sleep(50);
  }
}

/**
 * Over MQTT 3.1.1: each client sees each event once and in the order of its sender, the sender never.
 * @param count events of each of the clients, of which every node gets two
 */
export async function eachEventOnce(nodes: readonly Node[], count: number): Promise<void> {
  const perNode = await Promise.all(nodes.map(({ client }) => Promise.all([client(), client()])));
  const clients: TestClient[] = perNode.flat();
  const before = await Promise.all(nodes.map(echoesOf));
  for (let number = 1; number <= count; number++) {
    for (const [sender, client] of clients.entries()) client.send(numbered(sender, number));
  }
  // Answers come as well, one for each event.
  const frames = count * clients.length;
  await eventually('all events and answers have come', () =>
    clients.every(({ pending }) => pending.length >= frames),
  );
  for (const [index, ofNode] of perNode.entries()) {
    await untilEchoed(nodes[index] as Node, (before[index] ?? 0) + ofNode.length * count);
  }

  const all = Array.from({ length: count }, (_, index) => index + 1);
  for (const [self, client] of clients.entries()) {
    const got = await client.settle();
    assert.equal(got.filter((frame) => frame.startsWith('+;EVENT')).length, count);
    const bySender = numbersBySender(got);
    for (const sender of clients.keys()) {
      assert.deepEqual(bySender.get(sender), sender === self ? undefined : all, `${sender} at ${self}`);
    }
  }
}
