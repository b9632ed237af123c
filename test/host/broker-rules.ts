/** What must hold for nodes of `serve`, whatever broker is behind them. */
import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { eventually } from '../support/eventually.ts';
import { type Node, startNode } from '../support/mqtt-node.ts';
import type { TestClient } from '../support/ws-client.ts';

const EVENTS_OF_EACH = 50;

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
  const response = await fetch(`${url.replace('ws:', 'http:')}/metrics`);
  return Number(/event_drops_total\{reason="host-echo"\} (\d+)/.exec(await response.text())?.[1]);
}

/** Over MQTT 3.1.1: each client sees each event once and in the order of its sender, the sender never. */
export async function eachEventOnce(nodes: readonly Node[]): Promise<void> {
  const perNode = await Promise.all(nodes.map(({ client }) => Promise.all([client(), client()])));
  const clients: TestClient[] = perNode.flat();
  const before = await Promise.all(nodes.map(echoesOf));
  for (let number = 1; number <= EVENTS_OF_EACH; number++) {
    for (const [sender, client] of clients.entries()) client.send(numbered(sender, number));
  }
  // Answers come as well, one for each event.
  const frames = EVENTS_OF_EACH * clients.length;
  await eventually('all events and answers have come', () =>
    clients.every(({ pending }) => pending.length >= frames),
  );
  const own = perNode.map((ofNode) => ofNode.length * EVENTS_OF_EACH);
  const echoes = [...before];
  const look = setInterval(async () => {
    for (const [index, node] of nodes.entries()) echoes[index] = await echoesOf(node);
  }, 50);
  await eventually('the broker has returned all', () =>
    echoes.every((count, index) => count - (before[index] ?? 0) === own[index]),
  ).finally(() => clearInterval(look));

  const all = Array.from({ length: EVENTS_OF_EACH }, (_, index) => index + 1);
  for (const [self, client] of clients.entries()) {
    const got = await client.settle();
    assert.equal(got.filter((frame) => frame.startsWith('+;EVENT')).length, EVENTS_OF_EACH);
    const bySender = numbersBySender(got);
    for (const sender of clients.keys()) {
      assert.deepEqual(bySender.get(sender), sender === self ? undefined : all, `${sender} at ${self}`);
    }
  }
}
