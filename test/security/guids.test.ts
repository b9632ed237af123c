import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatGuid } from '../../src/core/guid.ts';
import { LiveDriver } from '../support/live-driver.ts';
import { quickUser } from '../support/users.ts';
import { TestClient } from '../support/ws-client.ts';

const FOREIGN = 'FF:FF:FF:FF:FF:FF:FF:FE:00:26:55:CA:00:06:00:01';
const SENDER = 'ws,send-events,receive-events';

test('without set-guid nobody sends under the GUID of another, from edits of the users on at once', async (context) => {
  const users = [
    quickUser('limited', SENDER),
    quickUser('free', `${SENDER},set-guid`),
    quickUser('member', 'user'),
  ];
  const driver = await LiveDriver.startFor(context, { users });
  const logIn = async (protocol: string, user: string) => {
    const client = await TestClient.connect(`${driver.url}/${protocol}`);
    await client.start(user);
    return client;
  };
  const sent = async (client: TestClient): Promise<'foreign' | 'of the session'> => {
    if (client.protocol === 'ws1') client.send(`E;0,10,6,0,,0,${FOREIGN}`);
    else client.send({ type: 'EVENT', event: { class: 10, type: 6, guid: FOREIGN } });
    const { guid, obid } = await driver.host.nextEvent();
    if (formatGuid(guid) === FOREIGN) return 'foreign';
    assert.deepEqual([...guid.slice(14)], [(obid >> 8) & 0xff, obid & 0xff]);
    assert.notEqual(formatGuid(guid).slice(0, -6), FOREIGN.slice(0, -6));
    return 'of the session';
  };
  for (const protocol of ['ws1', 'ws2']) {
    for (const user of ['limited', 'free', 'member']) {
      const client = await logIn(protocol, user);
      assert.equal(
        await sent(client),
        user === 'limited' ? 'of the session' : 'foreign',
        `${user}, ${protocol}`,
      );
      client.ws.terminate();
    }
  }
  await driver.waitForLog(/limited.* its events get the GUID of the session/);
  const free = await logIn('ws1', 'free');
  await driver.writeUsers([quickUser('free', SENDER)]);
  await driver.waitForLog(/read again/);
  assert.equal(await sent(free), 'of the session');
  free.ws.terminate();
});
