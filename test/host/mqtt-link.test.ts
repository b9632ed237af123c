import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Broker } from '../support/broker.ts';
import { eventually } from '../support/eventually.ts';
import { startNode } from '../support/mqtt-node.ts';
import { TcpProxy } from '../support/tcp-proxy.ts';
import { TestClient } from '../support/ws-client.ts';

const PEER_GUID = 'FF:FF:FF:FF:FF:FF:FF:F5:00:00:00:00:00:00:00:09';

/** Sends a temperature whose data say `value`, 16 bits. */
async function sendValue(client: TestClient, value: number): Promise<string> {
  return client.ask(`E;0,10,6,0,,0,-,0x60,${value >> 8},${value & 255}`);
}

function dataOf(frame: string): number {
  const data = frame.split(',').slice(7);
  return Number(data[1]) * 256 + Number(data[2]);
}

function obidOf(frame: string): number {
  return Number(frame.split(',')[3]);
}

/** A proxy that stands for a broker that knows only MQTT 3.1.1. */
async function olderBroker(context: TestContext, broker: Broker): Promise<string> {
  const proxy = await TcpProxy.start(context, broker.port);
  const VERSION_AT = 8;
  const UNACCEPTABLE_VERSION = Buffer.from([0x20, 2, 0, 1]);
  proxy.judge = (first) => (first[VERSION_AT] === 5 ? UNACCEPTABLE_VERSION : undefined);
  return `mqtt://127.0.0.1:${proxy.port}`;
}

for (const version of ['5', '3.1.1']) {
  test(`MQTT ${version}: each client sees each event once, the sender never`, async (context) => {
    const broker = await Broker.start(context);
    const url = version === '5' ? broker.url : await olderBroker(context, broker);
    const [one, two] = [
      await startNode(context, { url, 'node-number': 1 }),
      await startNode(context, { url, 'node-number': 2 }),
    ];
    assert.ok(one.lines.some((line) => line.includes(`(MQTT ${version})`)));
    const [sender, beside, far] = [await one.client(), await one.client(), await two.client()];
    const daemon = await broker.connect();

    assert.match(await sendValue(sender, 1), /^\+;EVENT/);
    assert.equal(dataOf(await beside.next()), 1);
    const seenFar = await far.next();
    assert.equal(dataOf(seenFar), 1);
    await daemon.publishAsync(
      `vscp/${PEER_GUID}/10/6`,
      `{"head":96,"obid":5,"datetime":"","timestamp":1,"class":10,"type":6,"guid":"${PEER_GUID}","data":[96,0,2]}`,
      { qos: 1 },
    );
    for (const client of [sender, beside, far]) assert.equal(dataOf(await client.next()), 2);
    // What comes back of an event that was sent before this one has come before it.
    await sendValue(far, 3);
    for (const client of [sender, beside]) assert.equal(dataOf(await client.next()), 3);
    await sendValue(sender, 4);
    for (const client of [beside, far]) assert.equal(dataOf(await client.next()), 4);
    for (const client of [sender, beside, far]) assert.deepEqual(await client.settle(), []);
  });
}

test('a broker that ends MQTT 5 without a word gets MQTT 3.1.1, and MQTT 5 again when it answers that', async (context) => {
  const broker = await Broker.start(context);
  const proxy = await TcpProxy.start(context, broker.port);
  const VERSION_AT = 8;
  const endVersion5 = (first: Buffer): Buffer | undefined =>
    first[VERSION_AT] === 5 ? Buffer.alloc(0) : undefined;
  proxy.judge = endVersion5;
  const node = await startNode(context, { url: `mqtt://127.0.0.1:${proxy.port}` });
  const connections = (): string[] => node.lines.filter((line) => line.includes(' connected to '));
  assert.match(connections()[0] ?? '', /\(MQTT 3\.1\.1\)/);
  assert.ok(node.lines.some((line) => line.includes('no answer to MQTT 5')));
  proxy.judge = () => undefined;
  proxy.cut();
  await eventually('the node is back', () => connections().length === 2);
  assert.match(connections()[1] ?? '', /\(MQTT 5\)/);
  // Now it is known to speak MQTT 5, so that an end without a word means nothing.
  proxy.judge = endVersion5;
  proxy.cut();
  await eventually('the end is noticed', () => node.metric('connected') === 0);
  await sleep(1000);
  assert.equal(connections().length, 2);
  proxy.judge = () => undefined;
  await eventually('the node is back again', () => connections().length === 3);
  assert.match(connections()[2] ?? '', /\(MQTT 5\)/);
});

test('an event of its own clients is known by the number of the node, however late it comes back', async (context) => {
  const broker = await Broker.start(context);
  const node = await startNode(context, { url: broker.url, 'node-number': 3 });
  const client = await node.client();
  const peer = await broker.connect();
  const publish = (obid: number, value: number) =>
    peer.publishAsync(
      `vscp/${PEER_GUID}/10/6`,
      `{"head":96,"obid":${obid},"datetime":"","timestamp":1,"class":10,"type":6,"guid":"${PEER_GUID}","data":[96,0,${value}]}`,
      { qos: 1 },
    );
  await publish(3 * 65_536 + 1, 1);
  await publish(4 * 65_536 + 1, 2);
  await publish(3, 3);
  for (const value of [2, 3]) assert.equal(dataOf(await client.next()), value);
});

test('obid and GUID of an event tell the node, so no number comes twice', async (context) => {
  const broker = await Broker.start(context);
  const numbers = new Set<number>();
  const listener = await (await startNode(context, { url: broker.url, 'node-number': 3 })).client();
  for (const node of [0, 1, 513]) {
    const { client } = await startNode(context, { url: broker.url, 'node-number': node });
    for (const sender of [await client(), await client()]) {
      await sendValue(sender, node);
      const frame = await listener.next();
      const obid = obidOf(frame);
      assert.equal(obid >>> 16, node);
      assert.ok(!numbers.has(obid));
      numbers.add(obid);
      const guid = Buffer.from((frame.split(',')[6] ?? '').replaceAll(':', ''), 'hex');
      assert.equal(guid.readUInt32BE(12), obid);
    }
  }
});

test('what a connection lost is sent again: nothing is missing, nothing comes twice, all in order', async (context) => {
  const broker = await Broker.start(context);
  const proxy = await TcpProxy.start(context, broker.port);
  const one = await startNode(context, { url: `mqtt://127.0.0.1:${proxy.port}`, 'node-number': 1 });
  const two = await startNode(context, { url: broker.url, 'node-number': 2 });
  const [sender, far] = [await one.client(), await two.client()];
  await sendValue(sender, 0);
  await far.next();
  // The broker gets these and hands them out, but what it says about it is lost.
  proxy.isDeaf = true;
  for (let value = 1; value <= 10; value++) await sendValue(sender, value);
  for (let value = 1; value <= 10; value++) assert.equal(dataOf(await far.next()), value);
  proxy.isDeaf = false;
  proxy.cut();
  await eventually('node 1 is back', () => one.metric('connects_total') === 2);
  for (let value = 11; value <= 20; value++) await sendValue(sender, value);
  for (let value = 11; value <= 20; value++) assert.equal(dataOf(await far.next()), value);
  assert.deepEqual(await far.settle(), []);
  assert.equal(two.metric('repeats_total'), 10);
  assert.equal(two.metric('lost_events_total'), 0);
});

test('what a cut-off node missed comes when it is back, once', async (context) => {
  const broker = await Broker.start(context);
  const proxy = await TcpProxy.start(context, broker.port);
  const one = await startNode(context, { url: broker.url, 'node-number': 1 });
  const two = await startNode(context, { url: `mqtt://127.0.0.1:${proxy.port}`, 'node-number': 2 });
  const [sender, far] = [await one.client(), await two.client()];
  await sendValue(sender, 0);
  await far.next();
  proxy.isDown = true;
  proxy.cut();
  await eventually('node 2 knows', () => two.metric('connected') === 0);
  for (let value = 1; value <= 50; value++) await sendValue(sender, value);
  proxy.isDown = false;
  for (let value = 1; value <= 50; value++) assert.equal(dataOf(await far.next()), value);
  assert.deepEqual(await far.settle(), []);
});

test('with QoS 0, events of another node that never came are counted', async (context) => {
  const broker = await Broker.start(context);
  const node = await startNode(context, { url: broker.url, qos: 0 });
  const client = await node.client();
  const peer = await broker.connect();
  for (const number of [1, 2, 5, 5]) {
    await peer.publishAsync(`vscp/${PEER_GUID}/10/6`, `{"data":[96,0,${number}]}`, {
      properties: { userProperties: { 'vscp-number': `peer run ${number}` } },
    });
  }
  for (const number of [1, 2, 5]) assert.equal(dataOf(await client.next()), number);
  await eventually('two are missed', () => node.metric('lost_events_total') === 2);
  assert.equal(node.metric('repeats_total'), 1);
  assert.deepEqual(await client.settle(), []);
});

test('a node that starts late knows the last values before it is open, and no commands', async (context) => {
  const broker = await Broker.start(context);
  const keys = {
    url: broker.url,
    'retain-last': true,
    publish: 'vscp/{{guid}}/{{class}}/{{type}}/{{index}}',
  };
  const first = await startNode(context, { ...keys, 'node-number': 1 });
  const sender = await first.client();
  for (let index = 0; index < 8; index++) {
    for (const value of [1, 2]) await sender.ask(`E;0,10,6,0,,0,-,0x6${index},0,${value}`);
  }
  await sender.ask('E;0,30,5,0,,0,-,0,0,0');
  await eventually('the broker has all', () => first.link.stats().outgoing === 0);
  const late = await startNode(context, { ...keys, 'node-number': 2 });
  const answer = await lastOf(late.url);
  assert.deepEqual(
    answer.map(({ vscpClass, vscpData }) => `${vscpClass} ${vscpData[0]} ${vscpData[2]}`).sort(),
    Array.from({ length: 8 }, (_, index) => `10 ${0x60 + index} 2`).sort(),
  );
});

async function lastOf(url: string): Promise<{ vscpClass: number; vscpData: number[] }[]> {
  const client = await TestClient.connect(`${url}/ws2`);
  await client.login();
  const reply = JSON.parse(await client.ask({ type: 'CMD', command: 'LAST', args: {} }));
  client.ws.terminate();
  return reply.args.events;
}

test('a node that cannot take more stops reading; the broker drops, and that is counted', async (context) => {
  const broker = await Broker.start(context, ['max_queued_messages 100', 'max_inflight_messages 20']);
  const one = await startNode(context, { url: broker.url, 'node-number': 1 });
  const two = await startNode(
    context,
    { url: broker.url, 'node-number': 2 },
    { 'max-incoming-queue-size': 50 },
  );
  const [sender, near, far] = [await one.client(), await one.client(), await two.client()];
  await sendValue(sender, 0);
  for (const client of [near, far]) await client.next();
  two.link.setPaused(true);
  for (let value = 1; value <= 1000; value++) await sendValue(sender, value);
  // The slow node slows nobody else.
  for (let value = 1; value <= 1000; value++) assert.equal(dataOf(await near.next()), value);
  assert.equal(two.link.stats().incoming, 50);
  two.link.setPaused(false);
  const got: number[] = [];
  // Only what comes later shows that something is missing.
  for (let value = 1001; (got.at(-1) ?? 0) <= 1000; value++) {
    await sendValue(sender, value);
    await sleep(20);
    got.push(...(await far.settle()).map(dataOf));
  }
  const last = got.at(-1) ?? 0;
  await eventually('every event came or is counted', () => {
    return got.length + two.metric('lost_events_total') === last;
  });
  assert.ok(got.length >= 100 && got.length < 500, `${got.length} came`);
  assert.deepEqual(
    got,
    [...got].sort((a, b) => a - b),
  );
});

test('while the broker is gone clients stay, and events get error 3; then all goes on', async (context) => {
  const broker = await Broker.start(context);
  const one = await startNode(context, { url: broker.url, 'node-number': 1 });
  const two = await startNode(context, { url: broker.url, 'node-number': 2 });
  const [sender, far] = [await one.client(), await two.client()];
  await broker.stop();
  await eventually('both know', () => one.metric('connected') + two.metric('connected') === 0);
  assert.match(await sendValue(sender, 1), /^-;EVENT;3;/);
  assert.deepEqual(await far.settle(), []);
  await broker.start();
  await eventually('both are back', () => one.metric('connected') + two.metric('connected') === 2);
  assert.match(await sendValue(sender, 2), /^\+;EVENT/);
  assert.equal(dataOf(await far.next()), 2);
  const told = one.lines.filter((line) => line.startsWith(`warn ${broker.url}`));
  assert.ok(told.length >= 1);
  assert.equal(new Set(told).size, told.length, 'each reason is told once');
});

test('with several brokers, another one takes over', async (context) => {
  const [first, second] = [await Broker.start(context), await Broker.start(context)];
  const node = await startNode(context, { url: [first.url, second.url] });
  const client = await node.client();
  await first.stop();
  await eventually('the second is in use', () => node.metric('connects_total') === 2);
  const peer = await second.connect();
  await peer.publishAsync(`vscp/${PEER_GUID}/10/6`, '{"data":[96,0,7]}', { qos: 1 });
  assert.equal(dataOf(await client.next()), 7);
});

test('what is no event is ignored and counted', async (context) => {
  const broker = await Broker.start(context);
  const node = await startNode(context, { url: broker.url });
  const client = await node.client();
  const peer = await broker.connect();
  for (const payload of ['', '{', 'on', '<event', Buffer.alloc(40_000), '{"class":70000,"type":1}']) {
    await peer.publishAsync('vscp/x', payload, { qos: 1 });
  }
  await peer.publishAsync(`vscp/${PEER_GUID}/10/6`, '{"data":[96,0,7]}', { qos: 1 });
  assert.equal(dataOf(await client.next()), 7);
  assert.equal(node.metric('unreadable_total'), 6);
});

test('two nodes of the same name are told apart in the log', async (context) => {
  const broker = await Broker.start(context);
  const one = await startNode(context, { url: broker.url });
  await startNode(context, { url: broker.url });
  await eventually('the log says it', () =>
    one.lines.some((line) => /another client.* node-0\b.*mqtt\.node-number/.test(line)),
  );
});
