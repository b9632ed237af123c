import assert from 'node:assert/strict';
import { createCipheriv } from 'node:crypto';
import { describe, type TestContext, test } from 'node:test';
import { LIVE_USERS, LiveDriver, type LiveDriverOptions } from '../support/live-driver.ts';
import { quickUser } from '../support/users.ts';
import { DEFAULT_KEY, encryptLogin } from '../support/ws-client.ts';
import {
  attackerAddress,
  kruskalWallis,
  MOST_BY_CHANCE,
  observe,
  readPassword,
  recordLogin,
  shuffled,
  turned,
} from './login-attack.ts';

/** Logins of the automated attacker; `npm run attack` takes any number. */
const ATTACK_LOGINS = process.env.CI ? 2000 : 240;
const FAILURES_BEFORE = 10;
const ADDRESSES = 6;
/** Chi-square with seven degrees of freedom is beyond it once in 100 000 times. */
const MAX_SPREAD = 36;

async function start(context: TestContext, options: LiveDriverOptions = {}): Promise<LiveDriver> {
  // Each connection is that of an attacker who has not logged in: half of the places are for those.
  const driver = await LiveDriver.startFor(context, {
    ...options,
    keys: { 'max-clients': 2000, ...options.keys },
  });
  return driver;
}

/** AES-128-CBC of any bytes, zero-padded. */
function encryptBytes(plain: Buffer, iv: string): string {
  const cipher = createCipheriv('aes-128-cbc', DEFAULT_KEY, Buffer.from(iv, 'hex')).setAutoPadding(false);
  const padded = Buffer.alloc(Math.ceil(plain.length / 16) * 16);
  plain.copy(padded);
  return Buffer.concat([cipher.update(padded), cipher.final()]).toString('hex');
}

let freshNames = 0;
/** Ways to fail; each gives what the client sends. */
const KINDS: Record<string, (sid: string) => { iv: string; crypto: string }> = {
  'no colon': (sid) => ({ iv: sid, crypto: encryptBytes(Buffer.from('nocolon'), sid) }),
  'a fresh name': (sid) => ({
    iv: sid,
    crypto: encryptLogin(`fresh${freshNames++}`, 'x', Buffer.from(sid, 'hex')),
  }),
  'an empty name': (sid) => ({ iv: sid, crypto: encryptBytes(Buffer.from(':secret'), sid) }),
  'a known name': (sid) => ({ iv: sid, crypto: encryptLogin('admin', 'wrong', Buffer.from(sid, 'hex')) }),
  'bad padding': (sid) => ({
    iv: sid,
    crypto: encryptBytes(Buffer.from('admin:secret\x01\x02\x03\x05'), sid),
  }),
  'text that is not UTF-8': (sid) => ({ iv: sid, crypto: encryptBytes(Buffer.from('ff3afe80', 'hex'), sid) }),
  'a wrong length': (sid) => ({ iv: sid, crypto: '0123456789abcdef0123456789abcdef01' }),
  'a wrong iv': () => ({
    iv: '00'.repeat(16),
    crypto: encryptLogin('admin', 'secret', Buffer.alloc(16)),
  }),
};

// Most of their time is waiting.
describe('what a failed login shows', { concurrency: true }, () => {
  test('after ten failures the delays of all ways to fail are one distribution', async (context) => {
    const driver = await start(context);
    const delays = new Map(Object.keys(KINDS).map((kind) => [kind, [] as number[]]));
    const replies = new Set<string>();
    const one = Array.from({ length: ADDRESSES }, async (_, number) => {
      const fail = async (kind: string): Promise<number> => {
        const login = KINDS[kind];
        assert.ok(login);
        const { ms, reply } = await observe(`${driver.url}/ws1`, attackerAddress(number), login);
        replies.add(reply);
        return ms;
      };
      const kinds = Object.keys(KINDS);
      for (let i = 0; i < FAILURES_BEFORE; i++) await fail(kinds[i % kinds.length] ?? '');
      for (const kind of shuffled(kinds)) delays.get(kind)?.push(await fail(kind));
    });
    await Promise.all(one);
    assert.deepEqual([...replies], ['-;AUTH;5;Not authorised.']);
    const groups = [...delays];
    const middle = (values: readonly number[]) => [...values].sort((a, b) => a - b)[values.length >> 1] ?? 0;
    context.diagnostic(groups.map(([kind, ms]) => `${kind}: ${middle(ms).toFixed(0)} ms`).join(', '));
    const spread = kruskalWallis(groups.map(([, values]) => values));
    context.diagnostic(`Kruskal-Wallis ${spread.toFixed(1)}, with 7 degrees of freedom`);
    assert.ok(spread < MAX_SPREAD, `the delays tell the ways apart: ${spread.toFixed(1)}`);
  });

  test('an attacker without the key reads no letter of a recorded login better than by chance', async (context) => {
    const driver = await start(context);
    const { logins, places, byShortest, byLongest, replies } = await readPassword(
      `${driver.url}/ws2`,
      ATTACK_LOGINS,
    );
    context.diagnostic(`${logins} logins: ${byShortest} and ${byLongest} of ${places} letters`);
    assert.equal(replies.size, 1, 'one reply for all');
    assert.ok(byShortest <= MOST_BY_CHANCE, `the shortest delays give ${byShortest} letters away`);
    assert.ok(byLongest <= MOST_BY_CHANCE, `the longest delays give ${byLongest} letters away`);
  });

  test('logins turned to the name of another user do not show in whether that one gets in', async (context) => {
    const driver = await start(context, { users: [...LIVE_USERS, quickUser('adminA', 'user')] });
    const url = `${driver.url}/ws2`;
    const other = recordLogin('adminA', 'secret');
    const replay = (number: number) =>
      observe(url, attackerAddress(number), () => ({ iv: other.iv.toString('hex'), crypto: other.crypto }));
    assert.match((await replay(0)).reply, /"type":"\+"/, 'a login with an iv of its own can be sent again');
    const victim = recordLogin('admin', 'secret');
    // The right guess of the first letter, many times: the name is that of the other user then.
    const iv = turned(victim.iv, 5, ':s', 'A:');
    const logins = Array.from({ length: 8 }, (_, i) =>
      observe(url, attackerAddress(i + 1), () => ({ iv, crypto: victim.crypto })),
    );
    for (const { reply } of await Promise.all(logins)) assert.match(reply, /"type":"-"/);
    assert.match((await replay(100)).reply, /"type":"\+"/);
  });
});
