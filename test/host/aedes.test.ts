/** The link over a broker inside this process: the quickest look at what holds over MQTT 3.1.1. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import Aedes from 'aedes';
import { eventually } from '../support/eventually.ts';
import { type Node, startNode } from '../support/mqtt-node.ts';
import { TcpProxy } from '../support/tcp-proxy.ts';
import { TestClient } from '../support/ws-client.ts';
import { eachEventOnce, numbered, numbersBySender, startNodes } from './broker-rules.ts';

interface InProcessBroker {
  port: number;
  url: string;
  /** Ends without a word, and forgets everything. */
  stop(): Promise<void>;
}

/** @param port 0 = any */
async function startAedes(context: TestContext, port = 0): Promise<InProcessBroker> {
  const broker = new Aedes();
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    broker.handle(socket);
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  const stop = async (): Promise<void> => {
    if (!server.listening) return;
    const closed = once(server, 'close');
    server.close();
    for (const socket of sockets) socket.destroy();
    await Promise.all([closed, new Promise<void>((resolve) => broker.close(resolve))]);
  };
  context.after(stop);
  const address = server.address() as AddressInfo;
  return { port: address.port, url: `mqtt://127.0.0.1:${address.port}`, stop };
}

test('aedes: each client sees each event once and in order, the sender never', async (context) => {
  const { url } = await startAedes(context);
  const nodes = await startNodes(context, [url, url, url]);
  for (const { lines } of nodes) assert.ok(lines.some((line) => line.includes('(MQTT 3.1.1)')));
  await eachEventOnce(nodes, 50);
});

test('aedes: what a cut-off node missed comes when it is back, once and in order', async (context) => {
  const { port, url } = await startAedes(context);
  const proxy = await TcpProxy.start(context, port);
  const [one, two] = (await startNodes(context, [url, `mqtt://127.0.0.1:${proxy.port}`])) as [Node, Node];
  const [sender, far] = [await one.client(), await two.client()];
  proxy.isDown = true;
  proxy.cut();
  await eventually('node 2 knows', () => two.metric('connected') === 0);
  for (let number = 1; number <= 50; number++) {
    assert.match(await sender.ask(numbered(0, number)), /^\+;EVENT/);
  }
  proxy.isDown = false;
  await eventually('all have come', () => far.pending.length >= 50);
  await eachEventOnce([one, two], 50);
  const numbers = numbersBySender(await far.settle()).get(0) ?? [];
  assert.deepEqual(
    numbers.slice(0, 50),
    Array.from({ length: 50 }, (_, index) => index + 1),
  );
});

test('aedes: a node that starts late knows the last values before it is open', async (context) => {
  const { url } = await startAedes(context);
  const keys = { 'retain-last': true, publish: 'vscp/{{guid}}/{{class}}/{{type}}/{{index}}' };
  const [first] = (await startNodes(context, [url], keys)) as [Node];
  const sender = await first.client();
  for (let index = 0; index < 4; index++) {
    for (const value of [1, 2]) await sender.ask(`E;0,10,6,0,,0,-,0x6${index},0,${value}`);
  }
  await eventually('the broker has all', () => first.link.stats().outgoing === 0);
  const late = await startNode(context, { ...keys, url, 'node-number': 2 });
  const client = await TestClient.connect(`${late.url}/ws2`);
  context.after(() => client.ws.terminate());
  await client.login();
  const { args } = JSON.parse(await client.ask({ type: 'CMD', command: 'LAST', args: {} }));
  const values = (args.events as { vscpData: number[] }[]).map(({ vscpData }) => vscpData).sort();
  assert.deepEqual(
    values,
    [0, 1, 2, 3].map((index) => [0x60 + index, 0, 2]),
  );
});

test('aedes: while it is gone clients stay and are refused with error 3; then all goes on', async (context) => {
  const broker = await startAedes(context);
  const nodes = await startNodes(context, [broker.url, broker.url]);
  const [one, two] = nodes as [Node, Node];
  const [sender, far] = [await one.client(), await two.client()];
  await broker.stop();
  await eventually('both know', () => nodes.every((node) => node.metric('connected') === 0));
  assert.match(await sender.ask(numbered(0, 1)), /^-;EVENT;3;/);
  await startAedes(context, broker.port);
  await eventually('both are back', () => nodes.every((node) => node.metric('connected') === 1));
  assert.match(await sender.ask(numbered(0, 2)), /^\+;EVENT/);
  assert.deepEqual(numbersBySender([await far.next()]), new Map([[0, [2]]]));
  await eachEventOnce(nodes, 50);
});
