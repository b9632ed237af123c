import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Gap, UnsupportedError, VscpClient } from '../../src/client/node.ts';
import { Broker } from '../support/broker.ts';
import { eventually } from '../support/eventually.ts';
import { memoryServerFor } from '../support/memory-server.ts';
import { startNode } from '../support/mqtt-node.ts';
import { command, passwordClient } from '../support/token-client.ts';
import { TestClient } from '../support/ws-client.ts';

const PEER_GUID = 'FF:FF:FF:FF:FF:FF:FF:F5:00:00:00:00:00:00:00:09';

test('clients that ask are told of lost events, those that do not ask get the bytes they know', async (context) => {
  const broker = await Broker.start(context);
  const node = await startNode(context, { url: broker.url, qos: 0 }, { 'max-client-queue-size': 5 });
  const silent = await node.client();
  const ws1 = await node.client();
  assert.equal(await ws1.ask('C;GAPS'), '+;GAPS;0');
  const ws2 = await passwordClient(node.url);
  const { extensions } = (await command(ws2, 'VERSION')).args;
  assert.ok(Array.isArray(extensions) && extensions.includes('GAPS'));
  assert.deepEqual((await command(ws2, 'GAPS')).args, { lost: 0 });
  const library = new VscpClient({ url: `${node.url}/ws2`, user: 'admin', password: 'secret' });
  context.after(() => library.disconnect());
  const gaps: Gap[] = [];
  library.on('gap', (gap) => gaps.push(gap));
  await library.connect();
  assert.equal(await library.tellGaps(), 0);

  const peer = await broker.connect();
  const publish = async (number: number): Promise<void> => {
    await peer.publishAsync(`vscp/${PEER_GUID}/10/6`, `{"data":[96,0,${number}]}`, {
      properties: { userProperties: { 'vscp-number': `peer run ${number}` } },
    });
  };
  for (const number of [1, 2, 5]) await publish(number);
  for (const client of [silent, ws1]) for (const _ of [1, 2, 5]) assert.match(await client.next(), /^E;/);
  assert.equal(await ws1.next(), '+;GAP;2;broker');
  await eventually('the library tells it', () => gaps.length === 1);
  assert.deepEqual(gaps, [{ events: 2, where: 'broker' }]);
  assert.deepEqual(await silent.settle(), []);

  // Not open: its queue of five overflows.
  for (const number of [6, 7, 8, 9, 10]) await publish(number);
  await eventually('all have come', () => silent.pending.length === 5);
  await ws2.settle();
  ws2.send({ type: 'CMD', command: 'OPEN', args: null });
  const told = '{"type":"+","command":"GAP","args":{"events":3,"where":"queue"}}';
  await eventually('the client hears what its queue dropped', () => ws2.pending.includes(told));
  assert.equal(await (await node.client()).ask('C;GAPS'), '+;GAPS;2');
});

test('a notice waits until a long answer is whole', async (context) => {
  const broker = await Broker.start(context);
  const node = await startNode(context, { url: broker.url, qos: 0 }, { 'history-size': 10_000 });
  const peer = await broker.connect();
  const EVENTS = 1500;
  const data = Array(500).fill(255).join(',');
  const publish = (number: number): void => {
    peer.publish(`vscp/${PEER_GUID}/1040/6`, `{"data":[${data}]}`, {
      properties: { userProperties: { 'vscp-number': `peer run ${number}` } },
    });
  };
  const client = await passwordClient(node.url);
  await command(client, 'GAPS');
  const look = await passwordClient(node.url);
  const receiver = await node.client();
  for (let number = 1; number <= EVENTS; number++) publish(number);
  for (let number = 1; number <= EVENTS; number++) await receiver.next();
  client.ws.pause();
  client.send({ type: 'CMD', command: 'HISTORY', args: { limit: EVENTS } });
  publish(EVENTS + 3);
  for (let lost = 0; lost !== 2; ) lost = Number((await command(look, 'GAPS')).args.lost);
  client.ws.resume();
  const answer = await client.nextJson();
  assert.equal(answer.command, 'HISTORY');
  assert.deepEqual(await client.nextJson(), {
    type: '+',
    command: 'GAP',
    args: { events: 2, where: 'broker' },
  });
});

test('a server that is alone knows nothing of gaps', async (context) => {
  const { url } = await memoryServerFor(context);
  const client = await TestClient.connect(`${url}/ws1`);
  context.after(() => client.ws.terminate());
  await client.login();
  assert.match(await client.ask('C;GAPS'), /^-;GAPS;2;/);
  const library = new VscpClient({ url: `${url}/ws1`, user: 'admin', password: 'secret' });
  context.after(() => library.disconnect());
  await library.connect();
  await assert.rejects(library.tellGaps(), UnsupportedError);
});
