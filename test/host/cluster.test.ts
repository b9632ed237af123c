import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { startBalancer, statusOf, untilStatus } from '../support/balancer.ts';
import { Broker } from '../support/broker.ts';
import { eventually } from '../support/eventually.ts';
import { type Node, startNode } from '../support/mqtt-node.ts';
import { TcpProxy } from '../support/tcp-proxy.ts';
import { TestClient } from '../support/ws-client.ts';

const portOf = ({ url }: Node): number => Number(new URL(url).port);
const nodeOf = (frame: string): number => Number(frame.split(',')[3]) >>> 16;

test('behind haproxy two nodes are one server; what one leaves, the other takes', async (context) => {
  const broker = await Broker.start(context);
  const keys = { 'trusted-proxies': '127.0.0.1' };
  const nodes = [
    await startNode(context, { url: broker.url, 'node-number': 1 }, keys),
    await startNode(context, { url: broker.url, 'node-number': 2 }, keys),
  ] as const;
  const port = await startBalancer(context, [portOf(nodes[0]), portOf(nodes[1])]);
  await untilStatus(port, '/healthz', 200);
  assert.equal(await statusOf(port, '/metrics'), 404);
  const connect = async (): Promise<TestClient> => {
    const client = await TestClient.connect(`ws://127.0.0.1:${port}/ws1`);
    context.after(() => client.ws.terminate());
    await client.start();
    return client;
  };
  const [one, two] = [await connect(), await connect()];
  assert.match(await one.ask('E;0,20,3,0,,0,-,1'), /^\+;EVENT/);
  const first = nodeOf(await two.next());
  assert.match(await two.ask('E;0,20,3,0,,0,-,2'), /^\+;EVENT/);
  const second = nodeOf(await one.next());
  assert.deepEqual([first, second].sort(), [1, 2], 'each is on a node of its own');

  const leaving = nodes[first - 1] as Node;
  await leaving.server.close();
  await leaving.link.end();
  assert.equal((await one.closed).code, 1001);
  const again = await connect();
  assert.match(await again.ask('E;0,20,3,0,,0,-,3'), /^\+;EVENT/);
  assert.equal(nodeOf(await two.next()), second);

  await broker.stop();
  await untilStatus(port, '/healthz', 503);
  assert.deepEqual(await two.settle(), [], 'whoever is connected stays');
});

/** A client that only sends, numbering its events from 1; a refused one is sent again. */
class Sender {
  sent = 0;
  #isOver = false;
  readonly #client: TestClient;
  readonly #done: Promise<void>;

  constructor(client: TestClient) {
    this.#client = client;
    this.#done = this.#run();
  }

  async end(): Promise<void> {
    this.#isOver = true;
    await this.#done;
  }

  async #run(): Promise<void> {
    while (!this.#isOver || this.sent === 0) {
      const number = this.sent + 1;
      const reply = await this.#client.ask(`E;0,10,6,0,,0,-,0x60,${number >> 8},${number & 255}`);
      if (reply.startsWith('+;EVENT')) this.sent = number;
      else assert.match(reply, /^-;EVENT;3;/);
      await sleep(5);
    }
  }
}

/** What one client got: the numbers of each sender's events, in the order of arrival. */
function historyOf(client: TestClient): Map<string, number[]> {
  const history = new Map<string, number[]>();
  for (const frame of client.pending) {
    const [, , , obid = '', , , , , high, low] = frame.split(',');
    const numbers = history.get(obid) ?? [];
    numbers.push(Number(high) * 256 + Number(low));
    history.set(obid, numbers);
  }
  return history;
}

test('with a broker and a network that fail, every event comes once and in order, or is counted', async (context) => {
  const broker = await Broker.start(context);
  const proxies = [await TcpProxy.start(context, broker.port), await TcpProxy.start(context, broker.port)];
  const nodes: Node[] = [];
  for (const [index, proxy] of proxies.entries()) {
    nodes.push(await startNode(context, { url: `mqtt://127.0.0.1:${proxy.port}`, 'node-number': index + 1 }));
  }
  const receivers = await Promise.all(nodes.map(({ client }) => Promise.all([client(), client(), client()])));
  const senders: Sender[] = [];
  for (const { url } of [...nodes, ...nodes]) {
    const client = await TestClient.connect(`${url}/ws1`);
    context.after(() => client.ws.terminate());
    await client.login();
    senders.push(new Sender(client));
  }
  const faults: (() => void | Promise<void>)[] = [
    () => proxies[0]?.cut(),
    () => proxies[1]?.cut(),
    async () => {
      for (const proxy of proxies) proxy.isDeaf = true;
      await sleep(100);
      for (const proxy of proxies) proxy.cut();
      for (const proxy of proxies) proxy.isDeaf = false;
    },
    async () => {
      broker.signal('SIGSTOP');
      await sleep(300);
      broker.signal('SIGCONT');
    },
    async () => {
      await broker.stop();
      await sleep(100);
      await broker.start();
    },
  ];
  for (const fault of faults) {
    await sleep(300);
    await fault();
    await eventually('both nodes are back', () => nodes.every((node) => node.metric('connected') === 1));
  }
  for (const sender of senders) await sender.end();
  // Losses show only when something comes after them.
  for (const node of nodes) {
    // It gets no events, which could come before the reply.
    const last = await TestClient.connect(`${node.url}/ws1`);
    context.after(() => last.ws.terminate());
    await last.login();
    assert.match(await last.ask('E;0,20,9,0,,0,-'), /^\+;EVENT/);
  }
  const isLast = (frame: string): boolean => frame.split(',')[1] === '20';
  await eventually('the last events are everywhere', () =>
    receivers.flat().every((client) => client.pending.filter(isLast).length === 2),
  );

  const sent = senders.map((sender) => sender.sent);
  const total = sent.reduce((sum, count) => sum + count, 0);
  for (const [index, clients] of receivers.entries()) {
    const node = nodes[index] as Node;
    for (const client of clients) {
      let missing = 0;
      const history = historyOf(client);
      for (const [obid, numbers] of history) {
        const events = numbers.filter((number) => !Number.isNaN(number));
        assert.deepEqual(
          events,
          [...new Set(events)].sort((a, b) => a - b),
          `order of ${obid}`,
        );
        missing -= events.length;
      }
      missing += total;
      await eventually(
        `${missing} lost events are counted`,
        () => node.metric('lost_events_total') === missing,
      );
    }
  }
  assert.ok(total > 100, `${total} events were sent`);
});
