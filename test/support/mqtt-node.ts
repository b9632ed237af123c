import type { TestContext } from 'node:test';
import { MqttLink } from '../../src/host/mqtt-link.ts';
import { type InProcessServer, startServer } from './memory-server.ts';
import { TestClient } from './ws-client.ts';

export interface Node extends InProcessServer<MqttLink> {
  /** A client that is logged in and gets events. */
  client(): Promise<TestClient>;
  /** What `/metrics` says about the link. */
  metric(name: string): number;
}

/**
 * A server that a broker feeds, as `serve` runs it, inside this process. It ends with the test.
 * @param mqttKeys the keys of the group `mqtt`, without that prefix
 */
export async function startNode(
  context: TestContext,
  mqttKeys: Record<string, unknown>,
  keys: Record<string, unknown> = {},
): Promise<Node> {
  const number = Number(mqttKeys['node-number'] ?? 0);
  const guid = Uint8Array.from([
    255,
    255,
    255,
    255,
    255,
    255,
    255,
    245,
    3,
    0,
    0,
    0,
    number >> 8,
    number,
    0,
    0,
  ]);
  // A link whose server cannot start must end as well.
  let link: MqttLink | undefined;
  context.after(() => link?.end());
  const server = await startServer(
    { mqtt: { 'client-id': `node-${number}`, ...mqttKeys }, ...keys },
    (settings, logger) => {
      link = new MqttLink({ settings, password: undefined, log: logger() });
      return link;
    },
    { guid },
  );
  const clients: TestClient[] = [];
  context.after(async () => {
    for (const client of clients) client.ws.terminate();
    await server.close();
  });
  return {
    ...server,
    client: async () => {
      const client = await TestClient.connect(`${server.url}/ws1`);
      clients.push(client);
      await client.start();
      return client;
    },
    metric: (name) => {
      const found = server.link.stats().metrics?.find((metric) => metric.name === `broker_${name}`);
      if (found === undefined) throw new Error(`no metric ${name}`);
      return found.value;
    },
  };
}
