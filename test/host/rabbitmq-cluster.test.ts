/** Three nodes of `serve`, each at another member of a RabbitMQ cluster, over MQTT 3.1.1. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { eventually } from '../support/eventually.ts';
import { type Node, startNode } from '../support/mqtt-node.ts';
import { noRabbitmq, RabbitCluster } from '../support/rabbitmq.ts';
import { TestClient } from '../support/ws-client.ts';
import { eachEventOnce, numbered, numbersBySender, startNodes } from './broker-rules.ts';

/** Each of them is written to three disks. */
const EVENTS_OF_EACH = 10;
/** What the data of events say where others come as well. */
const FIRST_SENDER = 100;
/** What a node has on its way to a member over MQTT 3.1.1; a member has ten on their way to a node. */
const MAX_UNDER_WAY = 20;

/** The first value of each sensor that a new node knows. */
async function lastValues(context: TestContext, url: string): Promise<number[][]> {
  const client = await TestClient.connect(`${url}/ws2`);
  context.after(() => client.ws.terminate());
  await client.login();
  const { args } = JSON.parse(await client.ask({ type: 'CMD', command: 'LAST', args: {} }));
  return (args.events as { vscpData: number[] }[]).map(({ vscpData }) => vscpData);
}

test('over a RabbitMQ cluster several nodes are one server', noRabbitmq(), async (context) => {
  const cluster = await RabbitCluster.start(context, 3);
  const [first = '', second = '', third = ''] = cluster.urls;
  const keys = { 'retain-last': true };
  const brokers = [
    [first, second, third],
    [second, third, first],
    [third, first, second],
  ];
  const nodes = (await startNodes(context, brokers, keys)) as [Node, Node, Node];

  await context.test('each client sees each event once and in order, the sender never', async () => {
    for (const { lines } of nodes) assert.ok(lines.some((line) => line.includes('(MQTT 3.1.1)')));
    await eachEventOnce(nodes, EVENTS_OF_EACH);
  });

  await context.test(
    'a member keeps the last values that came to it, for topics without a wildcard',
    async () => {
      const topic = 'vscp/10';
      const sending = { ...keys, publish: 'vscp/{{class}}', url: first, 'node-number': 4 };
      const sender = await startNode(context, sending);
      assert.match(await (await sender.client()).ask(numbered(9, 7)), /^\+;EVENT/);
      await eventually('the broker has it', () => sender.link.stats().outgoing === 0);
      const late = [
        { url: first, subscribe: [topic], known: [[9, 0, 7]] },
        { url: first, subscribe: ['vscp/#'], known: [] },
        { url: second, subscribe: [topic], known: [] },
      ];
      for (const [index, { known, ...mqtt }] of late.entries()) {
        const node = await startNode(context, { ...mqtt, 'node-number': 5 + index });
        assert.deepEqual(await lastValues(context, node.url), known, JSON.stringify(mqtt));
      }
    },
  );

  await context.test('a member is killed: clients stay, nothing that was accepted is missing', async () => {
    const senders = [await nodes[0].client(), await nodes[1].client()];
    const receivers = await Promise.all(nodes.map(({ client }) => client()));
    const accepted = senders.map(() => 0);
    let isOver = false;
    const sending = senders.map(async (client, index) => {
      while (!isOver) {
        const number = (accepted[index] ?? 0) + 1;
        client.send(numbered(FIRST_SENDER + index, number));
        let reply = '';
        // What the other one sends comes in between.
        while (!/^[+-];EVENT/.test(reply)) reply = await client.next();
        if (reply.startsWith('+')) accepted[index] = number;
        else assert.match(reply, /^-;EVENT;3;/);
        await sleep(50);
      }
    });
    await eventually('events flow', () => accepted.every((count) => count > 20));
    await cluster.kill(0);
    await eventually('node 1 is at another member', () => nodes[0].metric('connects_total') === 2);
    const then = [...accepted];
    await eventually('events flow again', () =>
      accepted.every((count, index) => count > (then[index] ?? 0) + 20),
    );
    isOver = true;
    await Promise.all(sending);
    const hasAll = (client: TestClient): boolean => {
      const got = numbersBySender(client.pending);
      // Repeats and what is late come behind it.
      return accepted.every((count, index) => new Set(got.get(FIRST_SENDER + index)).size === count);
    };
    await eventually('all have come', () => receivers.every(hasAll));
    for (const client of receivers) {
      const got = numbersBySender(await client.settle());
      for (const [index, count] of accepted.entries()) {
        const numbers = got.get(FIRST_SENDER + index) ?? [];
        const firsts = [...new Set(numbers)];
        const late = firsts.filter((number, at) => firsts.slice(0, at).some((other) => other > number));
        const expected = Array.from({ length: count }, (_, at) => at + 1);
        assert.deepEqual(
          [...firsts].sort((a, b) => a - b),
          expected,
          `sender ${index}`,
        );
        const repeats = numbers.length - firsts.length;
        assert.ok(repeats <= MAX_UNDER_WAY, `${repeats} repeats of sender ${index}`);
        assert.ok(late.length <= MAX_UNDER_WAY, `${late.length} after later ones of sender ${index}`);
      }
    }
  });

  await context.test('the member is back: all goes on', async () => {
    await cluster.start(0);
    await eachEventOnce(nodes, EVENTS_OF_EACH);
  });
});
