import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { parseUsers } from '../../src/auth/users-file.ts';
import { PASS_ALL } from '../../src/vscp/filter.ts';

const HASH = `${'0A'.repeat(16)};${'0b'.repeat(32)}`;
const MD5 = '2d1e4f91dae49cd08eaba2293e422273';
const GUID = 'FF:FF:FF:FF:FF:FF:FF:FE:00:26:55:CA:00:06:00:00';

const only = (entry: unknown) => parseUsers({ users: [entry] });
const messages = (document: unknown) => parseUsers(document).problems.map(({ message }) => message);

describe('user database', () => {
  test('all fields of a user are read', () => {
    const { users, problems, warnings } = only({
      name: 'admin',
      fullname: 'The boss',
      note: 'a; note',
      password: HASH,
      rights: 'admin',
      remotes: '+10.0.0.0/8',
      events: 'TX;10:6',
      filter: `3,10,6,${GUID}`,
      mask: '7,0xFFFF,0,-',
    });
    assert.deepEqual([problems, warnings], [[], []]);
    assert.deepEqual(users.get('admin'), {
      id: 1,
      name: 'admin',
      fullname: 'The boss',
      note: 'a; note',
      rights: 0xffff_ffff,
      maySetGuid: true,
      remotes: [{ allow: true, network: Uint8Array.of(10, 0, 0, 0), bits: 8 }],
      events: [{ direction: 'tx', vscpClass: 10, vscpType: 6 }],
      filter: {
        ...PASS_ALL,
        filterPriority: 3,
        filterClass: 10,
        filterType: 6,
        filterGuid: Uint8Array.from(Buffer.from(GUID.replaceAll(':', ''), 'hex')),
        maskPriority: 7,
        maskClass: 0xffff,
      },
      password: { kind: 'pbkdf2', salt: Buffer.alloc(16, 0x0a), key: Buffer.alloc(32, 0x0b) },
    });
  });

  test('what is not given is empty', () => {
    const user = only({ name: 'admin', password: HASH }).users.get('admin');
    assert.deepEqual(user && { ...user, password: undefined }, {
      id: 1,
      name: 'admin',
      fullname: '',
      note: '',
      rights: 0,
      maySetGuid: false,
      remotes: [],
      events: [],
      filter: PASS_ALL,
      password: undefined,
    });
  });

  test('every known spelling of a key stands for its field', () => {
    const plain = only({ name: 'a', password: HASH, rights: 'ws', fullname: 'A B', events: '1:2' });
    for (const entry of [
      { user: 'a', credentials: HASH, rights: 'ws', 'full-name': 'A B', 'allow-events': '1:2' },
      { User: 'a', PASSWORD: HASH, Rights: 'ws', full_name: 'A B', allow_events: ['1:2'] },
    ]) {
      const parsed = only(entry);
      assert.deepEqual(parsed.problems, []);
      assert.deepEqual(parsed.warnings, []);
      assert.deepEqual(parsed.users.get('a'), plain.users.get('a'));
    }
  });

  const shapes: [string, unknown, string[]][] = [
    [
      'a list',
      {
        users: [
          { name: 'a', password: HASH },
          { name: 'b', password: HASH },
        ],
      },
      ['a', 'b'],
    ],
    [
      'elements',
      {
        users: {
          user: [
            { name: 'a', password: HASH },
            { name: 'b', password: HASH },
          ],
        },
      },
      ['a', 'b'],
    ],
    ['one element', { users: { user: { name: 'a', password: HASH } } }, ['a']],
    ['elements below the root', { user: [{ name: 'a', password: HASH }] }, ['a']],
    ['one element below the root', { user: { name: 'a', password: HASH } }, ['a']],
    ['a bare list', [{ name: 'a', password: HASH }], ['a']],
    ['an empty list', { users: [] }, []],
    ['an empty element', { users: '' }, []],
    ['a null', { users: null }, []],
  ];
  for (const [name, document, names] of shapes) {
    test(`${name} of users is read`, () => {
      const { users, problems } = parseUsers(document);
      assert.deepEqual(problems, []);
      assert.deepEqual([...users.keys()], names);
    });
  }

  for (const document of [
    null,
    undefined,
    5,
    'x',
    true,
    { people: [] },
    { users: 5 },
    { users: { a: {} } },
  ]) {
    test(`${JSON.stringify(document)} is no user database`, () => {
      const { users, problems } = parseUsers(document);
      assert.equal(users.size, 0);
      assert.equal(problems.length, 1);
    });
  }

  test('ids count the entries of the file, those with problems as well', () => {
    const { users } = parseUsers({
      users: [
        { name: 'a', password: 'bad' },
        { name: 'b', password: HASH },
      ],
    });
    assert.deepEqual(
      [...users].map(([name, { id }]) => [name, id]),
      [['b', 2]],
    );
  });

  const problems: [string, object, RegExp][] = [
    ['a bad hash', { name: 'eve', password: 'secret' }, /^user "eve": password: /],
    ['no hash', { name: 'eve' }, /^user "eve": password: /],
    ['a hash that is no text', { name: 'eve', password: 5 }, /^user "eve": password: /],
    [
      'a bad address',
      { name: 'eve', password: HASH, remotes: '+10.0.0.0/8,nowhere' },
      /^user "eve": remotes: .*nowhere/,
    ],
    ['a bad rule', { name: 'eve', password: HASH, events: '10' }, /^user "eve": events: .*10/],
    ['an unknown right', { name: 'eve', password: HASH, rights: 'ws,sudo' }, /^user "eve": rights: .*sudo/],
    ['a bad filter', { name: 'eve', password: HASH, filter: 'x' }, /^user "eve": filter: priority/],
    ['a bad mask', { name: 'eve', password: HASH, mask: '0,0,0,ZZ' }, /^user "eve": filter: .*GUID/],
    ['a full name that is no text', { name: 'eve', password: HASH, fullname: 5 }, /^user "eve": fullname: /],
    ['a note that is no text', { name: 'eve', password: HASH, note: {} }, /^user "eve": note: /],
    ['no name', { password: HASH }, /^user #1 has no name/],
    ['an empty name', { name: ' ', password: HASH }, /^user #1 has no name/],
    ['a name that is no text', { name: 5, password: HASH }, /^user #1 has no name/],
    ['a colon in the name', { name: 'e:ve', password: HASH }, /^user "e:ve" has a name/],
    ['a semicolon in the name', { name: 'e;ve', password: HASH }, /^user "e;ve" has a name/],
    ['a control character in the name', { name: 'e\nve', password: HASH }, /^user "e\\nve" has a name/],
    ['a name without end', { name: 'e'.repeat(300), password: HASH }, /has a name of more than/],
  ];
  for (const [name, entry, message] of problems) {
    test(`a user with ${name} is a problem that names the user, and left out`, () => {
      const { users, problems } = only(entry);
      assert.equal(users.size, 0);
      assert.equal(problems.length, 1);
      assert.match(problems[0]?.message ?? '', message);
    });
  }

  test('all problems of a user are reported, and those of all users', () => {
    const document = {
      users: [
        { name: 'a', password: 'x', remotes: 'y', rights: 'z' },
        5,
        { name: 'b', password: HASH, events: 'w' },
      ],
    };
    assert.deepEqual(
      messages(document).map((message) => message.split(':').slice(0, 2).join(':')),
      [
        'user "a": password',
        'user "a": rights',
        'user "a": remotes',
        'user #2 is not an object',
        'user "b": events',
      ],
    );
  });

  test('a name that is there twice is a problem, whatever is wrong with the first', () => {
    const twice = {
      users: [
        { name: 'a', password: HASH },
        { user: ' a ', password: HASH },
      ],
    };
    assert.deepEqual(messages(twice), ['user "a" is given more than once']);
    const bad = {
      users: [
        { name: 'a', password: 'x' },
        { name: 'a', password: HASH },
      ],
    };
    assert.equal(messages(bad).length, 2);
  });

  test('no message repeats a hash or password', () => {
    for (const password of ['my secret word', `${MD5}0`, `${HASH}0`]) {
      const { problems } = only({ name: 'a', password });
      assert.equal(problems.length, 1);
      assert.ok(!JSON.stringify(problems).includes(password));
    }
  });

  test('an MD5 hash is taken with one warning', () => {
    const { users, warnings } = only({ name: 'old', password: MD5, rights: 'user' });
    assert.equal(users.get('old')?.password.kind, 'md5');
    assert.equal(warnings.length, 1);
    assert.match(warnings[0] ?? '', /"old".*MD5/);
  });

  test('unknown keys, repeated fields and users that cannot log in are warned about', () => {
    const warn = (entry: object) => only({ name: 'a', password: HASH, rights: 'ws', ...entry }).warnings;
    assert.match(warn({ colour: 'red' })[0] ?? '', /user "a": unknown key "colour"/);
    assert.match(
      warn({ user: 'b' })[0] ?? '',
      /user "a": name is given more than once, "user" does not count/,
    );
    assert.match(warn({ rights: 'driver' })[0] ?? '', /user "a": .*cannot log in/);
    const noPassword = `${'0'.repeat(32)};${'0'.repeat(64)}`;
    assert.match(warn({ password: noPassword })[0] ?? '', /user "a": has no password yet.*mkpasswd/);
    assert.deepEqual(warn({}), []);
  });

  test('keys of the object prototype are names and keys like any other', () => {
    const { users, problems } = parseUsers(
      JSON.parse(`{"users":[{"name":"__proto__","password":"${HASH}","__proto__":{"rights":"admin"}}]}`),
    );
    assert.deepEqual(problems, []);
    assert.equal(users.get('__proto__')?.rights, 0);
    assert.equal(Object.hasOwn(Object.prototype, 'rights'), false);
    assert.equal(users.get('constructor'), undefined);
  });

  test('no document makes the parser throw', () => {
    const keys = fc.constantFrom(
      'name',
      'user',
      'password',
      'rights',
      'remotes',
      'events',
      'filter',
      'mask',
      'note',
    );
    const entries = fc.array(fc.oneof(fc.dictionary(keys, fc.jsonValue()), fc.jsonValue()));
    fc.assert(
      fc.property(fc.oneof(fc.jsonValue(), entries), entries, (document, users) => {
        assert.ok(parseUsers(document).users instanceof Map);
        assert.ok(parseUsers({ users }).users instanceof Map);
      }),
    );
  });
});
