import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { Broker } from '../support/broker.ts';
import { seriesOf, stateFolder, total, untilCounted } from '../support/history-driver.ts';
import { stretched } from '../support/time-factor.ts';
import { command, makeToken, passwordClient, tokenLogin } from '../support/token-client.ts';
import { quickUser } from '../support/users.ts';
import { encryptLogin, TestClient } from '../support/ws-client.ts';
import { runCli } from './run-cli.ts';
import { type ServeProcess, startServe } from './serve-cli.ts';

/** A revocation and an edit of the users reach all nodes within this time. */
const SOON_MS = stretched(2000);

interface Pair {
  place: string;
  /** Paths of the configurations. */
  configs: readonly [string, string];
  nodes: [ServeProcess, ServeProcess];
}

/** Two nodes with one folder for state and one file of users. */
async function startPair(context: TestContext, keys: Record<string, unknown> = {}): Promise<Pair> {
  const broker = await Broker.start(context);
  const place = stateFolder(context);
  mkdirSync(join(place, 'state'), { mode: 0o700 });
  const users = join(place, 'users.json');
  const list = [quickUser('admin', 'admin'), quickUser('anna', 'user')];
  writeFileSync(users, JSON.stringify({ users: list }), { mode: 0o600 });
  const configOf = (number: number): string => {
    const path = join(place, `node${number}.json`);
    const own = { url: broker.url, 'node-number': number };
    const all = {
      interface: 'ws://127.0.0.1:0',
      'path-users': users,
      'state-dir': join(place, 'state'),
      mqtt: own,
    };
    writeFileSync(path, JSON.stringify({ ...all, ...keys }), { mode: 0o600 });
    return path;
  };
  const configs = [configOf(1), configOf(2)] as const;
  const nodes: Pair['nodes'] = [await startServe(context, configs[0]), await startServe(context, configs[1])];
  return { place, configs, nodes };
}

/** Fails when it takes longer than promised. */
async function soon<T>(what: string, promise: Promise<T>): Promise<T> {
  const beganMs = performance.now();
  const result = await promise;
  const tookMs = performance.now() - beganMs;
  assert.ok(tookMs < SOON_MS, `${what}: ${tookMs.toFixed()} ms`);
  return result;
}

test('nodes that share a folder share tokens, panel and users; a revocation reaches all', async (context) => {
  const { configs, nodes } = await startPair(context);
  const [one, two] = nodes;
  const admins = [await passwordClient(one.url), await passwordClient(two.url)] as const;

  const token = await makeToken(admins[0]);
  const onOne = await tokenLogin(one.url, token);
  const onTwo = await tokenLogin(two.url, token);
  assert.deepEqual([onOne.reply.type, onTwo.reply.type], ['+', '+'], 'the other node knows it at once');
  assert.equal((await command(admins[1], 'REVOKE', { id: token.id })).args.revoked, 1);
  assert.equal((await soon('sessions of a revoked token end', onOne.client.closed)).code, 4403);
  assert.equal((await onTwo.client.closed).code, 4403);

  const iv = Buffer.alloc(16, 7);
  const password = { iv: iv.toString('hex'), crypto: encryptLogin('berta', 'long enough', iv) };
  const wish = { name: 'berta', create: true, rights: 'user', ...password };
  assert.equal((await command(admins[0], 'USERSET', wish)).type, '+');
  let berta: TestClient | undefined;
  for (const untilMs = performance.now() + SOON_MS; berta === undefined; ) {
    assert.ok(performance.now() < untilMs, 'the other node knows the new user');
    berta = await passwordClient(two.url, 'berta', 'long enough').catch(() => undefined);
  }
  const hers = await makeToken(berta);
  const mobile = await tokenLogin(one.url, hers);
  assert.equal(mobile.reply.type, '+');
  assert.equal((await command(admins[0], 'USERDEL', { name: 'berta' })).type, '+');
  const gone = await soon(
    'a removed user is disconnected',
    Promise.all([berta.closed, mobile.client.closed]),
  );
  assert.deepEqual(
    gone.map(({ code }) => code),
    [4403, 4403],
  );

  const saved = await command(admins[0], 'PANELSET', { revision: 0, patch: { rooms: ['kitchen'] } });
  assert.equal(saved.type, '+', JSON.stringify(saved));
  const late = await command(admins[1], 'PANELSET', { revision: 0, patch: { rooms: ['cellar'] } });
  assert.equal((late as unknown as { args: { revision: number; panel: unknown } }).args.revision, 1);
  assert.deepEqual((await command(admins[1], 'PANEL')).args.panel, { rooms: ['kitchen'] });

  const made = await runCli(['token', 'add', 'anna', '--config', configs[0]]);
  if (made.code !== 0) assert.fail(made.err);
  const [id = '', secret = ''] = /([0-9a-f]{16})\.([0-9a-f]{64})/.exec(made.out)?.slice(1) ?? [];
  const byHand = { id, secret: Buffer.from(secret, 'hex') };
  for (const { url } of nodes) {
    for (const untilMs = performance.now() + SOON_MS; ; ) {
      if ((await tokenLogin(url, byHand)).reply.type === '+') break;
      assert.ok(performance.now() < untilMs, 'a token of the command line works on every node');
    }
  }
});

test('a node number that is in use on the machine is refused with a clear line', async (context) => {
  const { configs, nodes } = await startPair(context);
  await assert.rejects(
    startServe(context, configs[0]),
    /node-1 belongs to another server that runs.*each node needs its own mqtt\.node-number/,
  );
  const ended = once(nodes[0].process, 'exit');
  nodes[0].process.kill('SIGKILL');
  await ended;
  await startServe(context, configs[0]);
});

test('each node keeps the history of all events, over its restart', async (context) => {
  const keys = { 'enable-history': true, 'history-interval': 5, 'history-raw-days': 2 };
  const { configs, nodes } = await startPair(context, keys);
  const sender = await TestClient.connect(`${nodes[0].url}/ws1`);
  await sender.login();
  for (const value of [20, 21, 25])
    assert.match(await sender.ask(`E;0,10,6,0,,0,-,0x68,${value}`), /^\+;EVENT/);
  const ids: number[] = [];
  for (const { url } of nodes) {
    const client = await passwordClient(url);
    const [series] = await seriesOf(client, 1);
    assert.ok(series !== undefined);
    await untilCounted(client, series.id, 3);
    assert.deepEqual(await total(client, series.id), { n: 3, min: 20, max: 25 });
    ids.push(series.id);
  }
  const ended = once(nodes[1].process, 'exit');
  nodes[1].process.kill('SIGTERM');
  assert.deepEqual(await ended, [0, null], nodes[1].printed());
  const shown = await runCli(['history', 'info', '--config', configs[1]]);
  assert.equal(shown.code, 0, shown.err);
  const again = await passwordClient((await startServe(context, configs[1])).url);
  assert.deepEqual(await total(again, ids[1] ?? 0), { n: 3, min: 20, max: 25 });
});
