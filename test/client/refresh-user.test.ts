import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'node:test';
import type { User } from '../../src/auth/user.ts';
import { NotConnectedError, VscpClient } from '../../src/client/node.ts';
import { type MemoryServer, startMemoryServer } from '../support/memory-server.ts';
import { FakeStage, stateOf } from './fake-stage.ts';

const SEND_EVENTS = 0x0001_0000;
const fake = new FakeStage();
let server: MemoryServer | undefined;
let client: VscpClient | undefined;

afterEach(async () => {
  client?.disconnect();
  await server?.close();
  client = server = undefined;
});

async function connected(protocol: 'ws1' | 'ws2'): Promise<{ client: VscpClient; server: MemoryServer }> {
  server = await startMemoryServer();
  client = new VscpClient({ url: `${server.url}/${protocol}`, user: 'user', password: 'secret' });
  await client.connect();
  return { client, server };
}

/** As when an administrator has edited the users. */
function withdraw({ server: { userMap, server } }: { server: MemoryServer }, bit: number): void {
  const user = userMap.get('user') as User;
  const updated = { ...user, rights: (user.rights & ~bit) >>> 0 };
  userMap.set('user', updated);
  server.applyUsers([], [updated]);
}

describe('refreshUser', () => {
  it('tells what the user may do now, and `user` is that from then on', async () => {
    const on = await connected('ws2');
    const before = on.client.user;
    assert.ok(((before?.rights ?? 0) & SEND_EVENTS) !== 0);
    withdraw(on, SEND_EVENTS);
    assert.equal(on.client.user, before);
    const now = await on.client.refreshUser();
    assert.equal(now?.rights, ((before?.rights ?? 0) & ~SEND_EVENTS) >>> 0);
    assert.equal(on.client.user, now);
    assert.deepEqual({ ...now, rights: before?.rights }, before);
  });

  it('leaves the user as it was where the server does not tell: over ws1, and an older one', async () => {
    const on = await connected('ws1');
    const before = on.client.user;
    assert.ok(before);
    withdraw(on, SEND_EVENTS);
    assert.equal(await on.client.refreshUser(), before);
    await fake.start();
    const older = fake.client('ws2');
    await older.connect();
    const known = older.user;
    assert.equal(known?.name, 'admin');
    assert.equal(await older.refreshUser(), known);
  });

  it('fails while there is no connection, and when that goes meanwhile; the user stays', async () => {
    await fake.start({ swallow: (text) => text.includes('NOOP') });
    const lonely = fake.client('ws2');
    await assert.rejects(lonely.refreshUser(), NotConnectedError);
    await lonely.connect();
    const known = lonely.user;
    const asked = lonely.refreshUser();
    fake.server.dropClients();
    await assert.rejects(asked, { code: 'CONNECTION_LOST' });
    await stateOf(lonely, ({ state }) => state === 'online');
    assert.deepEqual(lonely.user, known);
  });
});
