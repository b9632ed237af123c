import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { failureText } from '../../examples/hmi/src/session/login-problem.ts';
import { reasonText } from '../../examples/hmi/src/session/server-words.ts';
import { setUser, type UserWish } from '../../src/auth/users-editor.ts';
import { readUserName } from '../../src/auth/users-file.ts';
import { RefusedError } from '../../src/client/index.ts';
import { type ErrorCode, errorText } from '../../src/session/protocol-error.ts';
import { tempFolder } from '../config/temp-folder.ts';
import { ADMIN } from '../support/memory-server.ts';

const USERS = JSON.stringify({ users: [{ name: 'admin', password: ADMIN.password, rights: 'admin' }] });
const folder = tempFolder();
let files = 0;

function refusal(code: ErrorCode, detail?: string, command = 'USERSET'): string {
  return failureText(new RefusedError(command, code, errorText(code, detail)));
}

const change = (fields: UserWish['fields']): UserWish => ({ name: 'admin', create: false, fields });
const added = (password?: string): UserWish => ({
  name: 'anna',
  create: true,
  fields: {},
  ...(password !== undefined && { password }),
});

/** What the editor of users refuses, with the sentence of the panel. */
const WISHES: [sentence: string, wish: UserWish][] = [
  ['There is a user of that name already.', { ...added('some words'), name: 'admin' }],
  ['There is no user of that name any more.', { ...change({}), name: 'anna' }],
  ['A new user needs a password.', added()],
  ['The password is empty.', added('')],
  ['The password may hold no control character.', added('a\tb')],
  ['The password may not end in a space.', added('some words ')],
  ['User name and password together may have 254 bytes at most.', added('x'.repeat(300))],
  ['There is no right “fly”.', change({ rights: 'admin,fly' })],
  ['“nonsense” is no rule for events: class:type is expected.', change({ events: 'nonsense' })],
  ['“+here” is no address, or network such as 10.0.0.0/8.', change({ remotes: '+here' })],
  ['Nobody could manage users any more.', change({ rights: 'user' })],
];

describe('the reason of a refusal', () => {
  for (const [sentence, wish] of WISHES) {
    it(`of the editor of users is told in words of the panel: ${sentence}`, async () => {
      const path = folder.file(`users-${files++}.json`, USERS, 0o640);
      const result = await setUser(path, wish, '127.0.0.1');
      assert.ok(!result.ok);
      assert.equal(refusal(1, result.reason), sentence);
    });
  }

  it('of a name is told in words of the panel', () => {
    const told = ['', 'a:b', 'x'.repeat(300)].map((given) => {
      const name = readUserName(given);
      return refusal(1, name.ok ? undefined : `name: the user ${name.reason}`);
    });
    assert.match(told.join(' '), /^A user needs a name\. The name may hold no colon.* at most\.$/);
  });

  it('in a warning is told in words of the panel', async () => {
    const path = folder.file(`users-${files++}.json`, USERS, 0o640);
    const warned = async (wish: UserWish) => {
      const result = await setUser(path, wish, '127.0.0.1');
      return result.ok ? result.warnings.map(reasonText) : [result.reason];
    };
    assert.deepEqual(await warned({ ...added('Anna'), fields: { rights: 'tcp,receive-events' } }), [
      'Without the right websockets or rest, this user cannot log in.',
      'The password is easy to guess.',
    ]);
    assert.deepEqual(await warned({ ...added('short'), name: 'bea' }), [
      'The password has fewer than 8 characters: it is easy to guess.',
    ]);
  });

  it('that the panel does not know stays as the server tells it, behind a sentence of the panel', () => {
    assert.equal(refusal(1, 'moon: full expected'), 'The server refuses this as wrong. moon: full expected');
    assert.equal(refusal(1), 'The server refuses this as wrong.');
    assert.equal(refusal(7), 'This user may not do that.');
    assert.equal(refusal(7, 'Log in with the password for this.'), 'Log in with the password for this.');
    assert.equal(refusal(9), "Unknown type, only know 'COMMAND' and 'EVENT'.");
    assert.equal(
      refusal(8, 'vscpData[3]: 0-255 expected', 'EVENT'),
      'The server refuses this event as wrong. vscpData[3]: 0-255 expected',
    );
    assert.equal(
      refusal(8, '300 data bytes, this host takes 200 (key max-data-to-host)', 'EVENT'),
      '300 bytes of data; the daemon takes 200 at most.',
    );
  });
});
