import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { Agent, get } from 'node:http';
import { test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { Authenticator } from '../../src/auth/authenticator.ts';
import { RIGHT_WEBSOCKETS } from '../../src/auth/rights.ts';
import { TokenStore } from '../../src/auth/token-store.ts';
import type { User } from '../../src/auth/user.ts';
import { parseUsers } from '../../src/auth/users-file.ts';
import { tempFolder } from '../config/temp-folder.ts';
import { withLiveDriver } from '../support/live-driver.ts';
import { createTestLogger, USER } from '../support/memory-server.ts';
import { command, makeToken, passwordClient, tokenLogin } from '../support/token-client.ts';
import { DEFAULT_KEY, TestClient } from '../support/ws-client.ts';

const folder = tempFolder();
const GUESSES = 100_000;
const AT_ONCE = 1000;
/** Guesses over the wire, each from an address of its own: of one address, one is looked at at a time. */
const OVER_THE_WIRE = 500;
const WIRE_AT_ONCE = 50;
const MAX_GROWTH = 8 * 1024 * 1024;

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

function heapUsed(): number {
  collect();
  collect();
  return process.memoryUsage().heapUsed;
}

test('100 000 random proofs and bearers for a token that exists let nobody in, and leave nothing behind', async () => {
  const { users } = parseUsers({ users: [USER] });
  const log = { ...createTestLogger().logger(), warn: () => undefined };
  const tokens = await TokenStore.load({ users, log });
  const user = users.get('user') as User;
  const token = await tokens.create({ user, label: 'x', lifetimeS: 60, rights: undefined, isLocal: false });
  assert.ok(token);
  // Time passes as it is waited for.
  let nowMs = 0;
  const authenticator = new Authenticator({
    users,
    tokens,
    key: () => DEFAULT_KEY,
    authIv: 'spec',
    log,
    now: () => nowMs,
    sleep: async (delayMs) => {
      nowMs += delayMs;
    },
  });
  const guess = async (index: number): Promise<string> => {
    const remoteAddress = `10.${(index >> 16) & 255}.${(index >> 8) & 255}.${index & 255}`;
    const random = randomBytes(32).toString('hex');
    const result = await (index % 2 === 0
      ? authenticator.loginWithToken({
          token: token.id,
          proof: random,
          sid: randomBytes(16),
          remoteAddress,
        })
      : authenticator.checkBearer(`${token.id}.${random}`, remoteAddress, RIGHT_WEBSOCKETS));
    return result.ok ? 'let in' : result.reason;
  };
  let before = 0;
  for (let done = 0; done < GUESSES; done += AT_ONCE) {
    const batch = Array.from({ length: AT_ONCE }, (_, index) => guess(done + index));
    assert.deepEqual([...new Set(await Promise.all(batch))], ['bad-token']);
    if (done === GUESSES / 10) before = heapUsed();
  }
  const growth = heapUsed() - before;
  assert.ok(growth < MAX_GROWTH, `${growth} bytes more`);
  const bearer = `${token.id}.${token.secret.toString('hex')}`;
  assert.equal((await authenticator.checkBearer(bearer, '127.0.0.1', RIGHT_WEBSOCKETS)).ok, true);
  await tokens.close();
});

const addressOf = (index: number): string => `127.2.${index >> 8}.${index & 255}`;

async function guessProof(url: string, id: string, index: number): Promise<string> {
  const client = await TestClient.connect(`${url}/ws2`, { localAddress: addressOf(index) });
  const args = { token: id, proof: randomBytes(32).toString('hex') };
  const { type, errcode } = await command(client, 'AUTH', args);
  client.ws.terminate();
  return `${type}${errcode}`;
}

function guessBearer(url: string, id: string, index: number): Promise<number | undefined> {
  const headers = { authorization: `Bearer ${id}.${randomBytes(32).toString('hex')}` };
  const options = { headers, localAddress: addressOf(index), agent: new Agent() };
  return new Promise((resolve, reject) => {
    get(`${url.replace('ws', 'http')}/api/v1/me`, options, (response) => {
      response.resume();
      resolve(response.statusCode);
    }).on('error', reject);
  });
}

test('through the built library: random proofs and bearers from many addresses are refused, and the owner stays and comes in', async () => {
  const stateDir = `${folder.path}/guessed`;
  mkdirSync(stateDir, { mode: 0o700 });
  await withLiveDriver(
    async (driver) => {
      const token = await makeToken(await passwordClient(driver.url, 'user'));
      const { client: owner } = await tokenLogin(driver.url, token);
      const outcomes = new Map<unknown, number>();
      for (let done = 0; done < OVER_THE_WIRE; done += WIRE_AT_ONCE) {
        const guesses = Array.from({ length: WIRE_AT_ONCE }, (_, index) =>
          index % 2 === 0
            ? guessProof(driver.url, token.id, done + index)
            : guessBearer(driver.url, token.id, done + index),
        );
        for (const outcome of await Promise.all(guesses)) {
          outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
        }
      }
      assert.deepEqual(
        outcomes,
        new Map<unknown, number>([
          ['-5', OVER_THE_WIRE / 2],
          [401, OVER_THE_WIRE / 2],
        ]),
      );
      assert.equal((await command(owner, 'NOOP')).type, '+');
      assert.equal((await tokenLogin(driver.url, token)).reply.type, '+');
      await driver.waitForLog(new RegExp(`(?:[^]*?reason=bad-token){${OVER_THE_WIRE}}`));
      assert.doesNotMatch(driver.log, new RegExp(token.secret.toString('hex'), 'i'));
    },
    { keys: { 'state-dir': stateDir, 'enable-api': true, 'max-clients': 0 } },
  );
});
