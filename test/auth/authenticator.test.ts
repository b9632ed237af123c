import assert from 'node:assert/strict';
import { createCipheriv, randomBytes } from 'node:crypto';
import { before, describe, test } from 'node:test';
import { Authenticator, type AuthenticatorOptions } from '../../src/auth/authenticator.ts';
import type { LoginResult } from '../../src/auth/login.ts';
import { hashPassword, UNMATCHABLE_HASH } from '../../src/auth/password.ts';
import { RIGHT_REST } from '../../src/auth/rights.ts';
import type { User } from '../../src/auth/user.ts';
import { parseUsers } from '../../src/auth/users-file.ts';
import type { Logger } from '../../src/logging/logger.ts';

const KEY = randomBytes(16);
const SID = randomBytes(16);
const ADDRESS = '10.0.0.1';

/** MD5 of `md5:correct horse`. */
const MD5_HASH = '2bd80937f57ac5f67a7bbb47e71cfc06';

let users: Map<string, User>;

before(async () => {
  const password = await hashPassword('admin', 'correct horse');
  const parsed = parseUsers({
    users: [
      { name: 'admin', password, rights: 'admin' },
      { name: 'md5', password: MD5_HASH, rights: 'user' },
      { name: 'rest', password: await hashPassword('rest', 'correct horse'), rights: 'rest' },
      {
        name: 'home',
        password: await hashPassword('home', 'correct horse'),
        rights: 'user',
        remotes: '+192.168.1.0/24',
      },
    ],
  });
  assert.deepEqual(parsed.problems, []);
  users = parsed.users;
});

/** An authenticator on a clock of its own, where sleeping takes no time. */
function create(options: Partial<AuthenticatorOptions> = {}) {
  const lines: string[] = [];
  const clock = { nowMs: 0 };
  const log = { warn: (line: string) => lines.push(line) } as unknown as Logger;
  const authenticator = new Authenticator({
    users,
    key: () => KEY,
    authIv: 'spec',
    log,
    now: () => clock.nowMs,
    sleep: async (delayMs) => {
      clock.nowMs += delayMs;
    },
    ...options,
  });
  /** How long a login takes by that clock. */
  const timed = async (login: Parameters<Authenticator['login']>[0]): Promise<number> => {
    const begunAtMs = clock.nowMs;
    await authenticator.login(login);
    return clock.nowMs - begunAtMs;
  };
  return { authenticator, lines, clock, timed };
}

function encrypt(plain: string, iv: Buffer): string {
  const cipher = createCipheriv('aes-128-cbc', KEY, iv);
  return Buffer.concat([cipher.update(plain), cipher.final()]).toString('hex');
}

function request(plain: string, options: { iv?: Buffer; protocol?: 'ws1' | 'ws2'; from?: string } = {}) {
  const iv = options.iv ?? SID;
  return {
    protocol: options.protocol ?? 'ws1',
    sid: SID,
    iv: iv.toString('hex'),
    crypto: encrypt(plain, iv),
    remoteAddress: options.from ?? ADDRESS,
  };
}

function reasonOf(result: LoginResult): string {
  return result.ok ? 'none' : result.reason;
}

describe('login', () => {
  test('with the right password gives the user, at once and without a word in the log', async () => {
    const { authenticator, lines, clock } = create();
    const result = await authenticator.login(request('admin:correct horse'));
    assert.deepEqual(result, { ok: true, user: users.get('admin'), token: undefined, isLocal: false });
    assert.deepEqual([lines, clock.nowMs], [[], 0]);
  });

  test('with a password kept as MD5 is decided in the same way', async () => {
    const { authenticator } = create();
    assert.equal((await authenticator.login(request('md5:correct horse'))).ok, true);
    assert.equal(reasonOf(await authenticator.login(request('md5:wrong'))), 'wrong-password');
  });

  const failures: [string, string, string, string][] = [
    ['a user that does not exist', 'nobody:correct horse', ADDRESS, 'unknown-user'],
    ['a wrong password', 'admin:Secret', ADDRESS, 'wrong-password'],
    ['an empty password', 'admin:', ADDRESS, 'wrong-password'],
    ['the name of an object property', '__proto__:x', ADDRESS, 'unknown-user'],
    ['another address', 'home:correct horse', ADDRESS, 'address-not-allowed'],
    ['no right for websockets', 'rest:correct horse', ADDRESS, 'no-right'],
    ['text without a colon', 'admin', ADDRESS, 'bad-cipher'],
  ];
  for (const [name, plain, from, reason] of failures) {
    test(`with ${name} fails: same answer, one log line, delayed`, async () => {
      const { authenticator, lines, clock } = create();
      const result = await authenticator.login(request(plain, { from }));
      assert.deepEqual(result, { ok: false, reason });
      const user = reason === 'bad-cipher' || reason === 'unknown-user' ? '-' : plain.split(':')[0];
      assert.deepEqual(lines, [`auth failed user=${user} ip=${from} reason=${reason}`]);
      assert.equal(clock.nowMs, 250);
    });
  }

  test('from an address that is allowed succeeds, as IPv4 and mapped into IPv6', async () => {
    const { authenticator } = create();
    for (const from of ['192.168.1.9', '::ffff:192.168.1.9']) {
      assert.equal((await authenticator.login(request('home:correct horse', { from }))).ok, true);
    }
  });

  test('waits longer with each failure of the address, whoever it is for and whether it is right', async () => {
    const { timed } = create();
    const kinds = [
      'admin:wrong',
      'nobody:x',
      'no colon',
      ':empty',
      'admin:correct horse',
      'md5:wrong',
      'admin:correct horse',
    ];
    const times: number[] = [];
    for (const plain of kinds) times.push(await timed(request(plain)));
    // A failure is answered 250 ms after its turn began; the pause begins with it.
    assert.deepEqual(times, [250, 350, 700, 1000, 750, 250, 750]);
    assert.equal(await timed(request('admin:correct horse', { from: '10.0.0.2' })), 0);
  });

  test('is held up by failures of the same IPv6 /64, not by those of others', async () => {
    const { timed } = create();
    for (let host = 1; host <= 5; host++)
      await timed(request('admin:wrong', { from: `2001:db8:0:1::${host}` }));
    assert.equal(await timed(request('admin:correct horse', { from: '2001:db8:0:1:ffff::9' })), 750);
    assert.equal(await timed(request('admin:correct horse', { from: '2001:db8:0:2::1' })), 0);
  });

  test('the answer to a failure waits for its moment', async () => {
    const order: string[] = [];
    let release = () => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const slept = new Promise<void>((began) => {
      const { authenticator } = create({
        sleep: () => {
          began();
          return held;
        },
      });
      void authenticator.login(request('admin:wrong')).then(() => order.push('answered'));
    });
    await slept;
    await new Promise((resolve) => setImmediate(resolve));
    assert.deepEqual(order, []);
    release();
    await new Promise((resolve) => setImmediate(resolve));
    assert.deepEqual(order, ['answered']);
  });

  test('only names of users that exist are logged, and those cannot forge log lines', async () => {
    const [hash] = [users.get('admin')?.password];
    assert.ok(hash);
    const evil = 'a\r\nauth failed user=b ip=9.9.9.9 reason="x"\u2028\u202e';
    const odd = new Map(
      [evil, 'x'.repeat(200), 'åsa.b+c@d-e~'].map((name) => [name, { ...users.get('admin'), name } as User]),
    );
    const { authenticator, lines } = create({ users: odd });
    for (const name of odd.keys()) await authenticator.login(request(`${name}:pw`));
    await authenticator.login(request('admin-secret:pw'));
    assert.deepEqual(lines, [
      `auth failed user=a__auth_failed_user_b_ip_9.9.9.9_reason__x___ ip=${ADDRESS} reason=wrong-password`,
      `auth failed user=${'x'.repeat(64)} ip=${ADDRESS} reason=wrong-password`,
      `auth failed user=åsa.b+c@d-e~ ip=${ADDRESS} reason=wrong-password`,
      `auth failed user=- ip=${ADDRESS} reason=unknown-user`,
    ]);
  });

  test('no password, hash or key ever reaches the log', async () => {
    const { authenticator, lines } = create();
    for (const plain of ['admin:hunter2', 'nobody:hunter2', 'hunter2', ':hunter2']) {
      await authenticator.login(request(plain));
    }
    for (const line of lines) assert.doesNotMatch(line, /hunter2/);
  });
});

describe('iv of a login', () => {
  const other = randomBytes(16);
  const cases: [AuthenticatorOptions['authIv'], 'ws1' | 'ws2', 'sid' | 'other', boolean][] = [
    ['spec', 'ws1', 'sid', true],
    ['spec', 'ws1', 'other', false],
    ['spec', 'ws2', 'sid', true],
    ['spec', 'ws2', 'other', true],
    ['sid', 'ws1', 'sid', true],
    ['sid', 'ws1', 'other', false],
    ['sid', 'ws2', 'sid', true],
    ['sid', 'ws2', 'other', false],
    ['any', 'ws1', 'other', true],
    ['any', 'ws2', 'other', true],
  ];
  for (const [authIv, protocol, which, ok] of cases) {
    test(`policy ${authIv}, ${protocol}, ${which === 'sid' ? 'the sid' : 'another iv'}: ${ok ? 'taken' : 'refused'}`, async () => {
      const { authenticator, lines } = create({ authIv });
      const result = await authenticator.login(
        request('admin:correct horse', { protocol, iv: which === 'sid' ? SID : other }),
      );
      assert.equal(result.ok, ok);
      assert.deepEqual(lines, ok ? [] : [`auth failed user=- ip=${ADDRESS} reason=bad-iv`]);
    });
  }

  test('that is wrong keeps the text from being looked at', async () => {
    let opened = 0;
    const key = () => {
      opened++;
      return KEY;
    };
    const { authenticator } = create({ authIv: 'sid', key });
    assert.equal(
      reasonOf(await authenticator.login(request('admin:correct horse', { iv: other }))),
      'bad-iv',
    );
    assert.equal(opened, 0);
    assert.equal((await authenticator.login(request('admin:correct horse'))).ok, true);
    assert.equal(opened, 1);
  });

  test('counts in either case of its digits', async () => {
    const { authenticator } = create();
    const login = request('admin:correct horse');
    assert.equal((await authenticator.login({ ...login, iv: login.iv.toUpperCase() })).ok, true);
    assert.equal((await authenticator.login({ ...login, iv: login.iv.toLowerCase() })).ok, true);
  });

  test('that is no iv at all is a failure like others', async () => {
    const { authenticator } = create({ authIv: 'any' });
    for (const iv of ['', 'x', SID.toString('hex').slice(1), '\0'.repeat(32), '0'.repeat(100_000)]) {
      assert.equal(
        reasonOf(await authenticator.login({ ...request('admin:correct horse'), iv })),
        'bad-cipher',
      );
    }
  });
});

describe('login flood', () => {
  test('what does not fit into the line fails as others do', async () => {
    const { authenticator, clock } = create({ maxRunning: 1, maxWaiting: 2 });
    const results = await Promise.all(
      Array.from({ length: 6 }, () => authenticator.login(request('admin:correct horse'))),
    );
    assert.deepEqual(results.map(reasonOf), ['none', 'none', 'none', 'overload', 'overload', 'overload']);
    assert.equal(clock.nowMs, 3 * 250);
  });

  test('a key or user source that throws fails the login, nothing more', async () => {
    const broken = () => {
      throw new Error('broken');
    };
    for (const options of [{ key: broken }, { users: { get: broken } }]) {
      const { authenticator } = create(options);
      assert.equal(reasonOf(await authenticator.login(request('admin:correct horse'))), 'internal-error');
    }
  });
});

describe('check of plain credentials', () => {
  test('asks for the right it is told', async () => {
    const { authenticator } = create();
    const check = (user: string) =>
      authenticator.check({ user, password: 'correct horse' }, ADDRESS, RIGHT_REST);
    assert.equal((await check('rest')).ok, true);
    assert.equal((await check('admin')).ok, true);
    assert.equal(reasonOf(await check('nobody')), 'unknown-user');
  });
});

test('a user who is removed or changed while the password is verified is judged as the file has it then', async () => {
  const admin = users.get('admin');
  assert.ok(admin);
  for (const [after, reason] of [
    [undefined, 'unknown-user'],
    [{ ...admin, rights: 0 }, 'no-right'],
    [{ ...admin, password: UNMATCHABLE_HASH }, 'wrong-password'],
  ] as const) {
    let now: User | undefined = admin;
    const { authenticator } = create({ users: { get: (name) => (name === 'admin' ? now : undefined) } });
    const pending = authenticator.login(request('admin:correct horse'));
    now = after;
    assert.equal(reasonOf(await pending), reason);
  }
});

test('a login that nobody waits for any more costs no work, no log line and no delay', async () => {
  const { authenticator, lines, clock } = create();
  const result = await authenticator.login({ ...request('admin:wrong'), abandoned: () => true });
  assert.equal(reasonOf(result), 'abandoned');
  assert.deepEqual(lines, []);
  assert.equal(clock.nowMs, 0);
});

describe('guessing at one account', () => {
  const wrongFrom = (authenticator: Authenticator, count: number) =>
    Promise.all(
      Array.from({ length: count }, (_, i) =>
        authenticator.login(request('admin:wrong', { from: `10.1.${i >> 8}.${i & 255}` })),
      ),
    );

  test('from many addresses ends in refusals of the right password too, from strangers alone', async () => {
    const { authenticator, lines } = create();
    const login = (plain: string, from: string) => authenticator.login(request(plain, { from }));
    assert.equal((await login('admin:correct horse', '192.168.1.9')).ok, true);
    await wrongFrom(authenticator, 6);
    const refused = await login('admin:correct horse', '10.2.0.1');
    assert.deepEqual(refused, { ok: false, reason: 'too-many-guesses' });
    assert.equal(lines.at(-1), 'auth failed user=admin ip=10.2.0.1 reason=too-many-guesses');
    assert.equal((await login('admin:correct horse', '192.168.1.9')).ok, true);
    assert.equal((await login('md5:correct horse', '10.2.0.2')).ok, true);
  });

  test('a refusal for too many guesses takes what any other takes', async () => {
    const { authenticator, timed } = create();
    await wrongFrom(authenticator, 6);
    const right = await timed(request('admin:correct horse', { from: '10.2.0.1' }));
    assert.equal(right, await timed(request('admin:wrong', { from: '10.2.0.2' })));
    assert.equal(right, await timed(request('no colon', { from: '10.2.0.3' })));
  });
});
