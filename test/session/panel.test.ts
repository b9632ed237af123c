import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, test } from 'node:test';
import { PanelStore } from '../../src/state/panel-store.ts';
import { ADMIN, type MemoryServer, startMemoryServer, USER } from '../support/memory-server.ts';
import { TemporaryFolders } from '../support/temporary-folders.ts';
import { command, passwordClient } from '../support/token-client.ts';
import { quickUser } from '../support/users.ts';

let server: MemoryServer | undefined;
const folders = new TemporaryFolders('websocksrv-panel-');

afterEach(async () => {
  await server?.close();
  server = undefined;
  folders.removeAll();
});

async function start(folder = folders.next(), users: object[] = [ADMIN, USER]): Promise<MemoryServer> {
  server = await startMemoryServer({ 'state-dir': folder }, users);
  return server;
}

test('a driver without state-dir knows no panel', async () => {
  server = await startMemoryServer();
  const client = await passwordClient(server.url);
  assert.equal((await command(client, 'PANEL')).errcode, 2);
});

test('the panel is changed by merge patches, and outlives the driver', async () => {
  const folder = folders.next();
  const first = await start(folder);
  const admin = await passwordClient(first.url);
  const empty = await command(admin, 'PANEL');
  assert.deepEqual([empty.args.revision, empty.args.panel], [0, {}]);
  const rooms = { hall: { name: 'Hall', order: 1 }, loft: { name: 'Loft' } };
  const saved = await command(admin, 'PANELSET', { revision: 0, patch: { rooms } });
  assert.deepEqual(
    [saved.args.saved, saved.args.stored, saved.args.revision, saved.args.editor],
    [true, true, 1, 'admin'],
  );
  await command(admin, 'PANELSET', { revision: 1, patch: { rooms: { hall: { order: 2 }, loft: null } } });
  const user = await passwordClient(first.url, 'user');
  const read = await command(user, 'PANEL');
  assert.deepEqual(read.args.panel, { rooms: { hall: { name: 'Hall', order: 2 } } });
  assert.equal((await command(user, 'PANEL', { revision: 2 })).args.panel, null);
  await first.close();
  const second = await start(folder);
  const again = await command(await passwordClient(second.url), 'PANEL');
  assert.deepEqual(again.args, read.args);
});

test('of two who edit at once the later one is told and gets the newer panel, and nothing is lost', async () => {
  const { url } = await start();
  const [anna, bob] = [await passwordClient(url), await passwordClient(url)];
  await command(anna, 'PANELSET', { revision: 0, patch: { a: 1 } });
  const late = await command(bob, 'PANELSET', { revision: 0, patch: { b: 2 } });
  assert.deepEqual(
    [late.type, late.args.saved, late.args.revision, late.args.panel],
    ['+', false, 1, { a: 1 }],
  );
  const third = await command(bob, 'PANELSET', { revision: 1, patch: { b: 2 } });
  assert.equal(third.args.saved, true);
  assert.deepEqual((await command(anna, 'PANEL')).args.panel, { a: 1, b: 2 });
});

test('only who has the right edit-panel may change the panel', async () => {
  const editor = { ...USER, rights: 'websockets,receive-events,edit-panel' };
  const { url } = await start(folders.next(), [ADMIN, editor]);
  const patch = { revision: 0, patch: { a: 1 } };
  assert.equal((await command(await passwordClient(url, 'user'), 'PANELSET', patch)).args.saved, true);
  await server?.close();
  const plain = await start();
  assert.equal((await command(await passwordClient(plain.url, 'user'), 'PANELSET', patch)).errcode, 7);
});

test('who may send events may acknowledge alarms, and change nothing else of the panel', async () => {
  const sender = { ...USER, rights: 'websockets,receive-events,send-events' };
  const onlooker = quickUser('guest', 'websockets,receive-events');
  const { url } = await start(folders.next(), [ADMIN, sender, onlooker]);
  const [user, guest] = [await passwordClient(url, 'user'), await passwordClient(url, 'guest')];
  const alarms = { smoke: { by: 'user' } };
  const answers = [
    await command(guest, 'PANELSET', { revision: 0, patch: { alarms } }),
    await command(user, 'PANELSET', { revision: 0, patch: { alarms, rooms: {} } }),
    await command(user, 'PANELSET', { revision: 0, patch: { alarms } }),
  ];
  assert.deepEqual(
    answers.map(({ errcode, args }) => errcode ?? args.saved),
    [7, 7, true],
  );
});

test('what is no change is refused with the field that is wrong', async () => {
  const { url } = await start();
  const client = await passwordClient(url);
  const deep = JSON.parse(`${'{"a":'.repeat(9)}1${'}'.repeat(9)}`);
  const rows: [object, RegExp][] = [
    [{ patch: {} }, /revision: a whole number/],
    [{ revision: '0', patch: {} }, /revision: a whole number/],
    [{ revision: 0 }, /patch: an object/],
    [{ revision: 0, patch: [1] }, /patch: an object/],
    [{ revision: 0, patch: deep }, /patch: more than 8 levels/],
    [{ revision: 0, patch: JSON.parse('{"x":{"__proto__":{"y":1}}}') }, /__proto__/],
  ];
  for (const [args, reason] of rows) {
    const reply = await command(client, 'PANELSET', args);
    assert.equal(reply.errcode, 1, JSON.stringify(args));
    assert.match(reply.errstr ?? '', reason);
  }
  let revision = 0;
  for (; revision < 10; revision += 1) {
    const patch = { [`k${revision}`]: 'x'.repeat(50_000) };
    const reply = await command(client, 'PANELSET', { revision, patch });
    if (reply.type === '+') continue;
    assert.match(reply.errstr ?? '', /more than 262144 bytes/);
    break;
  }
  assert.equal(revision, 5);
});

test('a damaged file of the panel is put aside and begun anew', async () => {
  const folder = folders.next();
  for (const text of ['{', '{"version":1,"revision":1,"panel":[]}', '{"version":2}']) {
    writeFileSync(join(folder, 'panel.json'), text);
    const { url, lines } = await start(folder);
    assert.equal((await command(await passwordClient(url), 'PANEL')).args.revision, 0);
    assert.ok(
      lines.some((line) => /panel\.json: .*put aside/.test(line)),
      lines.join('\n'),
    );
    await server?.close();
    assert.equal(readFileSync(join(folder, 'panel.json.damaged'), 'utf8'), text);
  }
});

test('a change has its own revision, although another one follows while it is written', async () => {
  const save = async (make: (stored: undefined) => unknown) => {
    await new Promise(setImmediate);
    make(undefined);
    return true;
  };
  const store = await PanelStore.load({ load: async () => undefined, save } as never);
  const changes = await Promise.all([store.change(0, { a: 1 }, 'anna'), store.change(1, { b: 2 }, 'bob')]);
  assert.deepEqual(
    changes.map((change) => change.kind === 'saved' && [change.saved.revision, change.saved.editor]),
    [
      [1, 'anna'],
      [2, 'bob'],
    ],
  );
});
