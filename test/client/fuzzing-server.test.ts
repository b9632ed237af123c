/** The client library against a server whose frames are changed in the ways that break parsers. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { inspect } from 'node:util';
import { type VscpClient, VscpError, type VscpEvent } from '../../src/client/node.ts';
import { mutate } from '../hostile/fuzz-mutation.ts';
import { fakeEvent } from '../support/fake-events.ts';
import { SeededRandom } from '../support/seeded-random.ts';
import { FakeStage, SWITCH_ON } from './fake-stage.ts';

/** Clients at once, each with a connection of its own. */
const CLIENTS = 40;
const SHARE_MANGLED = 0.3;
/** A reply that was changed beyond recognition never comes; a good one of a busy machine does in that time. */
const TIMEOUT_MS = 400;
const fake = new FakeStage();

const REQUESTS: readonly ((client: VscpClient) => Promise<unknown>)[] = [
  (client) => client.noop(),
  (client) => client.version(),
  (client) => client.send(SWITCH_ON),
  (client) => client.last(),
  (client) => client.history({ limit: 5 }),
  (client) => client.open(),
];

function isWhole({ vscpClass, vscpType, head, obid, guid, data }: VscpEvent): boolean {
  const areNumbers = [vscpClass, vscpType, head, obid].every((value) => !Number.isNaN(value));
  return areNumbers && /^[0-9A-F]{2}(:[0-9A-F]{2}){15}$/.test(guid) && data instanceof Uint8Array;
}

describe('a server that sends rubbish', () => {
  for (const protocol of ['ws1', 'ws2'] as const) {
    it(`makes requests fail in order, and never the program: ${protocol}`, async () => {
      const random = new SeededRandom(protocol === 'ws1' ? 11 : 12);
      let share = SHARE_MANGLED;
      let mangled = 0;
      const mangle = (text: string): string => {
        if (!random.chance(share)) return text;
        mangled++;
        return mutate(text, random);
      };
      await fake.start({ mangle });
      const broken: string[] = [];
      const outcomes = { answered: 0, failed: 0, events: 0 };
      const round = async (): Promise<void> => {
        const client = fake.client(protocol, { timeoutMs: TIMEOUT_MS, connectTimeoutMs: 10 * TIMEOUT_MS });
        client.on('event', (event) => {
          outcomes.events++;
          if (!isWhole(event)) broken.push(inspect(event));
        });
        const connected = client.connect();
        const attempts = [connected, ...REQUESTS.map((request) => connected.then(() => request(client)))];
        for (const result of await Promise.allSettled(attempts)) {
          if (result.status === 'fulfilled') outcomes.answered++;
          else {
            outcomes.failed++;
            assert.ok(result.reason instanceof VscpError, String(result.reason?.stack ?? result.reason));
          }
        }
        fake.server.publish(fakeEvent(SWITCH_ON));
        client.disconnect();
      };
      await Promise.all(Array.from({ length: CLIENTS }, round));
      assert.deepEqual(broken, []);
      assert.ok(mangled > CLIENTS && outcomes.answered > 0 && outcomes.failed > 0, JSON.stringify(outcomes));

      share = 0;
      const client = fake.client(protocol);
      await client.connect();
      await client.noop();
    });
  }
});
