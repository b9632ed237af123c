import assert from 'node:assert/strict';
import { readFileSync, statSync } from 'node:fs';
import { describe, it } from 'node:test';
import { listUsers, removeUser, setUser } from '../../src/auth/users-editor.ts';
import { tempFolder } from '../config/temp-folder.ts';
import { ADMIN } from '../support/memory-server.ts';

const folder = tempFolder();
let files = 0;

const TEXT = `{
    "x-made-by": "somebody",
    "users": [
        { "name": "admin", "password": "${ADMIN.password}", "rights": "admin" },
        {
            "user": "anna",
            "credentials": "${'0'.repeat(32)}",
            "rights": ["user", "set-filter"],   "x-own": [1,  2],
            "note": "kept"
        }
    ]
}
`;

function newFile(text = TEXT): string {
  return folder.file(`users-${files++}.json`, text, 0o640);
}

const read = (path: string): string => readFileSync(path, 'utf8');
const wish = (name: string, fields: object = {}) => ({ name, create: false, fields });

describe('the editor of users', () => {
  it('lists them as the file has them', async () => {
    const [, anna] = await listUsers(newFile());
    assert.deepEqual(
      [anna?.name, anna?.rights, anna?.admin, anna?.hasPassword],
      ['anna', 'user,set-filter', false, true],
    );
  });

  it('changes what was asked, and not a byte beside it', async () => {
    const path = newFile();
    assert.deepEqual(await setUser(path, wish('anna', { note: 'new', remotes: '+10.0.0.0/8' })), {
      ok: true,
      warnings: [],
    });
    assert.equal(
      read(path),
      TEXT.replace('"note": "kept"', '"note": "new",\n            "remotes": "+10.0.0.0/8"'),
    );
    assert.equal(statSync(path).mode & 0o777, 0o640);
  });

  it('adds and removes a user, with the rest as it was', async () => {
    const path = newFile();
    const added = await setUser(path, {
      name: 'ben',
      create: true,
      fields: { rights: 'user' },
      password: 'long enough',
    });
    assert.equal(added.ok, true);
    assert.deepEqual(
      (await listUsers(path)).map(({ name }) => name),
      ['admin', 'anna', 'ben'],
    );
    assert.match(read(path), /"x-own": \[1, {2}2\]/);
    assert.equal((await removeUser(path, 'ben')).ok, true);
    assert.equal(read(path), TEXT);
  });

  it('removes the first, a middle and the last of a file that is one line', async () => {
    const userOf = (name: string) => ({ name, password: ADMIN.password, rights: 'admin' });
    const textOf = (names: string[]): string => JSON.stringify({ users: names.map(userOf), 'x-own': 1 });
    for (const name of ['anna', 'ben', 'carl']) {
      const names = ['anna', 'ben', 'carl'];
      const path = newFile(textOf(names));
      assert.deepEqual(await removeUser(path, name), { ok: true, warnings: [] });
      assert.equal(read(path), textOf(names.filter((other) => other !== name)));
    }
  });

  it('gives a password in the key that the entry has for it', async () => {
    const path = newFile();
    const result = await setUser(path, { ...wish('anna'), password: 'secret' });
    assert.match(result.ok ? result.warnings.join() : '', /the password is "secret"; it is easy to guess/);
    assert.match(read(path), /"credentials": "[0-9A-F]{32};[0-9A-F]{64}"/);
  });

  it('refuses what the user database would not take, and leaves it alone', async () => {
    const path = newFile();
    const cases: [Parameters<typeof setUser>[1], RegExp][] = [
      [wish('anna', { rights: 'fly' }), /anna": rights: unknown right "fly"/],
      [wish('anna', { remotes: 'nowhere' }), /anna": remotes: /],
      [wish('anna', { events: 'x' }), /anna": events: /],
      [wish('carl'), /no such user/],
      [{ name: 'anna', create: true, fields: {}, password: 'long enough' }, /such a user already/],
      [{ name: 'carl', create: true, fields: {} }, /password: expected/],
      [{ name: 'carl', create: true, fields: {}, password: '' }, /password: the password is empty/],
    ];
    for (const [given, reason] of cases) {
      const result = await setUser(path, given);
      assert.ok(!result.ok && result.why === 'bad' && reason.test(result.reason), JSON.stringify(result));
    }
    assert.equal(read(path), TEXT);
  });

  it('never leaves nobody who can manage users from where the request comes', async () => {
    const path = newFile();
    const refused = [
      await removeUser(path, 'admin'),
      await setUser(path, wish('admin', { rights: 'user' })),
      await setUser(path, wish('admin', { remotes: '+10.0.0.0/8' }), '192.168.1.5'),
    ];
    for (const result of refused) assert.ok(!result.ok && result.why === 'last-admin');
    assert.equal(read(path), TEXT);
    assert.equal((await setUser(path, wish('anna', { rights: 'admin' }))).ok, true);
    assert.equal((await removeUser(path, 'admin')).ok, true);
  });

  it('keeps two writers apart: nothing that one did is lost', async () => {
    const path = newFile();
    const names = Array.from({ length: 5 }, (_, i) => `user${i}`);
    const results = await Promise.all(
      names.map((name) => setUser(path, { name, create: true, fields: {}, password: 'long enough' })),
    );
    assert.ok(
      results.every(({ ok }) => ok),
      JSON.stringify(results),
    );
    assert.equal((await listUsers(path)).length, 7);
  });

  it('says that XML is to be edited by hand', async () => {
    const path = newFile(
      '<users><user name="a" password="00000000000000000000000000000000" rights="user"/></users>',
    );
    const result = await setUser(path, wish('a', { note: 'x' }));
    assert.ok(!result.ok && /is XML/.test(result.reason));
  });

  it('lists the users of an XML file, and refuses to edit it with what can be done', async () => {
    const xml = `<?xml version="1.0"?>\n<config><users><user name="admin" password="${ADMIN.password}" rights="admin"/></users></config>\n`;
    const path = folder.file(`users-${files++}.xml`, xml, 0o640);
    const listed = (await listUsers(path)).map(({ name, admin }) => [name, admin]);
    for (const edit of [setUser(path, wish('admin', { note: 'x' })), removeUser(path, 'admin')]) {
      const result = await edit;
      assert.ok(!result.ok);
      assert.equal(result.why, 'file');
      assert.match(result.reason, /users-\d+\.xml: only a JSON file can be edited here; this one is XML/);
    }
    assert.equal(read(path), xml);
    assert.deepEqual(listed, [['admin', true]]);
  });
});
