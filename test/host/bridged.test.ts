import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Broker } from '../support/broker.ts';
import { eventually } from '../support/eventually.ts';
import { startNode } from '../support/mqtt-node.ts';

const DAEMON_GUID = 'FF:FF:FF:FF:FF:FF:FF:F5:00:00:00:00:00:00:00:09';
/** The forms in which daemons publish an event, by the value in them. */
const DAEMON_FORMS: readonly ((value: number) => string)[] = [
  (value) =>
    `{"head":96,"obid":5,"datetime":"2026-01-31T12:00:00Z","timestamp":1,"class":10,"type":6,"guid":"${DAEMON_GUID}","data":[96,0,${value}],"note":""}`,
  (value) =>
    `{"vscpHead":96,"vscpObId":0,"vscpDateTime":"2026-01-31T12:00:00Z","vscpTimeStamp":1,"vscpClass":10,"vscpType":6,"vscpGuid":"${DAEMON_GUID}","vscpData":[96,0,${value}]}`,
  (value) => `96,10,6,5,2026-01-31T12:00:00Z,1,${DAEMON_GUID},96,0,${value}`,
];

const dataOf = (frame: string): number => Number(frame.split(',').at(-1));

/** Two brokers, each with all that is published at the other. */
async function bridgedPair(context: Parameters<typeof Broker.start>[0]): Promise<[Broker, Broker]> {
  const first = await Broker.start(context);
  const second = await Broker.start(context, [
    'connection first',
    `address 127.0.0.1:${first.port}`,
    'topic vscp/# both 1',
    'bridge_protocol_version mqttv50',
    'cleansession false',
    'restart_timeout 1',
    'notifications_local_only true',
  ]);
  // The bridge is there once it carries something.
  const [from, to] = [await first.connect(), await second.connect()];
  let isThere = false;
  to.on('message', () => {
    isThere = true;
  });
  await to.subscribeAsync('vscp/bridge');
  const timer = setInterval(() => from.publish('vscp/bridge', 'are you there'), 100);
  await eventually('the brokers are bridged', () => isThere).finally(() => clearInterval(timer));
  for (const client of [from, to]) await client.endAsync();
  return [first, second];
}

test('over two bridged brokers each client sees each event once, the sender never', async (context) => {
  const [first, second] = await bridgedPair(context);
  const one = await startNode(context, { url: [first.url, second.url], 'node-number': 1 });
  const two = await startNode(context, { url: second.url, 'node-number': 2 });
  const [near, beside, far] = [await one.client(), await one.client(), await two.client()];
  const all = [near, beside, far];
  const daemons = [await first.connect(), await second.connect()];
  const seen = new Map(all.map((client) => [client, [] as number[]]));
  const expected = new Map(all.map((client) => [client, [] as number[]]));
  let value = 0;
  const send = async (sender: typeof near): Promise<void> => {
    value++;
    assert.match(await ask(sender, `E;0,10,6,0,,0,-,0x60,0,${value}`), /^\+;EVENT/);
    for (const client of all) if (client !== sender) expected.get(client)?.push(value);
  };
  /** Events may come before the reply. */
  const ask = async (client: typeof near, frame: string): Promise<string> => {
    client.send(frame);
    for (;;) {
      const next = await client.next();
      if (!next.startsWith('E;')) return next;
      seen.get(client)?.push(dataOf(next));
    }
  };
  const round = async (): Promise<void> => {
    for (const client of all) await send(client);
    for (const daemon of daemons) {
      for (const form of DAEMON_FORMS) {
        value++;
        await daemon.publishAsync(`vscp/${DAEMON_GUID}/10/6`, form(value), { qos: 1 });
        for (const client of all) expected.get(client)?.push(value);
      }
    }
    await eventually('all have come', () =>
      all.every((client) => {
        const got = (seen.get(client)?.length ?? 0) + client.pending.length;
        return got >= (expected.get(client)?.length ?? 0);
      }),
    );
  };
  const check = async (): Promise<void> => {
    for (const client of all) {
      const got = [...(seen.get(client) ?? []), ...(await client.settle()).map(dataOf)].sort((a, b) => a - b);
      seen.set(client, got);
      assert.deepEqual(got, expected.get(client));
    }
  };
  await round();
  await check();

  // The node goes on at the other broker, where its messages do not pass the bridge any more.
  await first.stop();
  daemons.shift();
  await eventually('node 1 is at the second broker', () => one.metric('connects_total') === 2);
  await round();
  await check();
  assert.equal(two.metric('lost_events_total'), 0);
});
