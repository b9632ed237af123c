import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { TestAuthority } from '../http/support/certificates.ts';
import { parsePrometheusText } from '../http/support/prometheus-text.ts';
import { Broker } from '../support/broker.ts';
import { eventually } from '../support/eventually.ts';
import { freePort } from '../support/free-port.ts';
import { seriesOf, stateFolder } from '../support/history-driver.ts';
import { command, makeToken, passwordClient, tokenLogin } from '../support/token-client.ts';
import { quickUser } from '../support/users.ts';
import { TestClient } from '../support/ws-client.ts';
import { runCli } from './run-cli.ts';
import { type ServeProcess, startServe } from './serve-cli.ts';

const FIRST = 11;
const WORKERS = 3;
const NUMBERS = [FIRST, FIRST + 1, FIRST + 2];

interface Workers {
  place: string;
  server: ServeProcess;
  config: string;
  /** The process of a worker that is open. */
  processOf(number: number): number;
  client(): Promise<TestClient>;
  /** What the log file says, a line each. */
  log(): string[];
}

/** A configuration for workers with one folder for state, one file of users and one log. */
function writeConfig(place: string, broker: string, keys: Record<string, unknown> = {}): string {
  mkdirSync(join(place, 'state'), { recursive: true, mode: 0o700 });
  const users = join(place, 'users.json');
  const list = [quickUser('admin', 'admin'), quickUser('anna', 'user')];
  writeFileSync(users, JSON.stringify({ users: list }), { mode: 0o600 });
  const config = join(place, 'workers.json');
  const all = {
    interface: 'ws://127.0.0.1:0',
    'path-users': users,
    'state-dir': join(place, 'state'),
    'enable-rest': false,
    'enable-metrics': true,
    mqtt: { url: broker, 'node-number': FIRST },
    logging: {
      'file-enable-log': true,
      'file-path': join(place, 'server.log'),
      'file-pattern': '%P %l %v',
    },
  };
  writeFileSync(config, JSON.stringify({ ...all, ...keys }), { mode: 0o600 });
  return config;
}

async function startWorkers(context: TestContext, keys: Record<string, unknown> = {}): Promise<Workers> {
  const broker = await Broker.start(context);
  const place = stateFolder(context);
  const config = writeConfig(place, broker.url, keys);
  const server = await startServe(context, config, ['--workers', String(WORKERS)]);
  const log = (): string[] =>
    existsSync(join(place, 'server.log')) ? readFileSync(join(place, 'server.log'), 'utf8').split('\n') : [];
  await eventually('all are open', () => log().some((line) => line.endsWith('all 3 workers are open')));
  const processOf = (number: number): number => {
    const said = ` worker ${number}: node ${number} is open as `;
    const told = log()
      .filter((line) => line.includes(said))
      .at(-1);
    return Number(told?.split(' ')[0]);
  };
  // A parent that is killed leaves workers that end by themselves; a test that fails must leave none at all.
  context.after(() => {
    for (const number of NUMBERS) kill(processOf(number));
  });
  const client = async (): Promise<TestClient> => {
    const made = await TestClient.connect(`${server.url}/ws1`);
    context.after(() => made.ws.terminate());
    await made.start();
    return made;
  };
  return { place, server, config, processOf, client, log };
}

function kill(pid: number, signal: NodeJS.Signals = 'SIGKILL'): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It has ended.
  }
}

const isGone = (pid: number): boolean => !existsSync(`/proc/${pid}`);

/** As ws1 writes a data byte. */
const hex = (byte: number): string => `0x${byte.toString(16).padStart(2, '0')}`;

/** The worker whose client sent this, as the obid tells. */
const workerOf = (frame: string): number => Number(frame.split(',')[3]) >>> 16;

async function end(server: ChildProcess): Promise<unknown[]> {
  const ended = once(server, 'exit');
  server.kill('SIGTERM');
  return ended;
}

/** Each client sends an event; the result is the worker of each. @throws when an event is not where it belongs */
async function exchange(clients: readonly TestClient[], round: number): Promise<number[]> {
  for (const [index, client] of clients.entries()) {
    assert.match(await client.ask(`E;0,20,3,0,,0,-,${round},${index}`), /^\+;EVENT/);
    for (const other of clients) {
      if (other === client) continue;
      const frame = await other.next();
      assert.ok(frame.endsWith(`,${hex(round)},${hex(index)}`), `event ${index}: ${frame}`);
    }
  }
  const workers: number[] = [];
  for (const [index, client] of clients.entries()) {
    assert.deepEqual(await client.settle(), [], `nothing came twice or back to client ${index}`);
    assert.match(await client.ask(`E;0,20,4,0,,0,-,${round},${index}`), /^\+;EVENT/);
    for (const other of clients) if (other !== client) workers[index] = workerOf(await other.next());
  }
  return workers;
}

test('clients of all workers are one crowd; a worker that is killed comes back, and its clients too', async (context) => {
  const { server, processOf, client, log } = await startWorkers(context);
  const clients: TestClient[] = [];
  for (let count = 0; count < 2 * WORKERS; count++) clients.push(await client());
  const workers = await exchange(clients, 1);
  assert.deepEqual([...workers].sort(), [...NUMBERS, ...NUMBERS].sort(), 'spread evenly');

  const [, killed = 0] = NUMBERS;
  const before = processOf(killed);
  kill(before);
  const staying: TestClient[] = [];
  for (const [index, one] of clients.entries()) {
    if (workers[index] !== killed) staying.push(one);
    else assert.equal((await one.closed).code, 1006);
  }
  // A connection that is given to a process which is dead, but not known to be, gets no answer.
  const told = `worker 12 (process ${before}) has ended: SIGKILL; it is started again in 0.25 s`;
  await eventually('its end is noticed', () => log().some((line) => line.endsWith(told)));
  const back = [...staying, await client(), await client()];
  assert.ok(!(await exchange(back, 2)).includes(0));
  await eventually('it is open again', () => log().some((line) => line.endsWith('worker 12 is open again')));
  await eventually('as another process', () => processOf(killed) !== before);
  const more = [...back];
  for (let count = 0; count < WORKERS; count++) more.push(await client());
  assert.ok((await exchange(more, 3)).includes(killed), 'the new one serves');

  const pids = NUMBERS.map(processOf);
  const ended = end(server.process);
  for (const one of more) assert.deepEqual(await one.closed, { code: 1001, reason: 'driver closes' });
  assert.deepEqual(await ended, [0, null], server.printed());
  assert.deepEqual(
    pids.filter((pid) => !isGone(pid)),
    [],
  );
  for (const number of NUMBERS) {
    assert.equal(log().filter((line) => line.endsWith(`info worker ${number}: closed`)).length, 1);
  }
});

/** Number of sockets that listen on a port of 127.0.0.1. */
function listenersOn(port: number): number {
  const end = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  const rows = readFileSync('/proc/net/tcp', 'utf8').split('\n');
  return rows.filter((row) => {
    const [, local = '', , state] = row.trim().split(/\s+/);
    return local.endsWith(end) && state === '0A';
  }).length;
}

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
const HAS_SOCKETS_OF_THEIR_OWN = major >= 23 || (major === 22 && minor >= 12);

test('with TLS on a port of their own, and a history, which each has of what it heard', async (context) => {
  const port = await freePort();
  const authority = await TestAuthority.create(context);
  const ca = readFileSync(authority.ca);
  const { server, processOf, log, config } = await startWorkers(context, {
    interface: `wss://127.0.0.1:${port}`,
    tls: await authority.issue('server'),
    'enable-history': true,
    'history-interval': 5,
  });
  const clients: TestClient[] = [];
  const enter = async (): Promise<TestClient> => {
    const client = await TestClient.connect(`wss://127.0.0.1:${port}/ws2`, { ca });
    context.after(() => client.ws.terminate());
    assert.match(await client.login('admin', 'secret'), /"\+"/);
    clients.push(client);
    return client;
  };
  for (let count = 0; count < 4 * WORKERS; count++) await enter();
  assert.equal(listenersOn(port), HAS_SOCKETS_OF_THEIR_OWN ? WORKERS : 1);

  const second = await runCli(['serve', config, '--workers', '2']);
  assert.equal(second.code, 1, 'no second server shares the port');
  assert.ok(
    log().some((line) => line.endsWith(`interface: address already in use: wss://127.0.0.1:${port}`)),
  );

  const sender = await TestClient.connect(`wss://127.0.0.1:${port}/ws1`, { ca });
  context.after(() => sender.ws.terminate());
  assert.match(await sender.login('admin', 'secret'), /^\+/);
  assert.match(await sender.ask('E;0,10,6,0,,0,-,0x89,0x02,0x00,0xfa'), /^\+;EVENT/);
  for (const client of clients) assert.equal((await seriesOf(client, 1)).length, 1);

  const [killed = 0] = NUMBERS;
  kill(processOf(killed));
  await eventually('it is open again', () => log().some((line) => line.endsWith('worker 11 is open again')));
  for (let count = 0; count < WORKERS; count++) await seriesOf(await enter());
  assert.deepEqual(await end(server.process), [0, null], server.printed());
  for (const number of NUMBERS) {
    const asked = ['history', 'info', '--config', config, '--node-number', String(number)];
    const { code, out, err } = await runCli(asked);
    assert.equal(code, 0, err);
    if (number !== killed) assert.match(out, /^series +1$/m);
  }
});

test('a removed user, a new password and a revoked token reach the clients of all workers', async (context) => {
  const { server } = await startWorkers(context);
  const admin = await passwordClient(server.url);
  const annas: TestClient[] = [];
  for (let count = 0; count < WORKERS; count++)
    annas.push(await passwordClient(server.url, 'anna', 'secret'));
  const token = await makeToken(admin);
  const byToken: TestClient[] = [];
  for (let count = 0; count < WORKERS; count++) {
    const { client, reply } = await tokenLogin(server.url, token);
    assert.equal(reply.type, '+', `every worker knows the token: ${JSON.stringify(reply)}`);
    byToken.push(client);
  }
  assert.equal((await command(admin, 'REVOKE', { id: token.id })).args.revoked, 1);
  for (const client of byToken) assert.equal((await client.closed).code, 4403);
  const removed = await command(admin, 'USERDEL', { name: 'anna' });
  assert.equal(removed.type, '+', JSON.stringify(removed));
  for (const client of annas) assert.equal((await client.closed).code, 4403);
  assert.equal((await command(admin, 'NOOP')).type, '+');
});

test('one request for metrics tells those of all workers; one that hangs is left out, and ends with the rest', async (context) => {
  const { server, processOf, client, log, place } = await startWorkers(context);
  const url = server.url.replace('ws:', 'http:');
  await client();
  const read = async (): Promise<Record<string, number>> => {
    const text = await (await fetch(`${url}/metrics`, { headers: { connection: 'close' } })).text();
    const { samples = [] } = parsePrometheusText(text).get('vscp_websocksrv_sessions_open') ?? {};
    return Object.fromEntries(samples.map(({ labels, value }) => [labels.worker ?? '', value]));
  };
  /** On a very busy machine a worker may answer too late. */
  const readAll = async (): Promise<Record<string, number>> => {
    for (;;) {
      const found = await read();
      if (Object.keys(found).length === WORKERS) return found;
    }
  };
  const open = await readAll();
  assert.deepEqual(Object.keys(open), NUMBERS.map(String));
  assert.equal(
    Object.values(open).reduce((sum, count) => sum + count),
    1,
  );
  const both = await Promise.all([readAll(), readAll()]);
  assert.deepEqual(both, [open, open]);
  const health = await fetch(`${url}/healthz`);
  assert.equal(((await health.json()) as { status: string }).status, 'ok');

  kill(processOf(FIRST), 'SIGSTOP');
  const others = await Promise.any([read(), read(), read(), read()]);
  assert.deepEqual(Object.keys(others), [String(FIRST + 1), String(FIRST + 2)]);
  assert.deepEqual(await end(server.process), [1, null]);
  assert.ok(log().some((line) => line.endsWith(`worker ${FIRST} does not end within 8 s; it is killed`)));
  const state = join(place, 'state');
  for (const number of NUMBERS) assert.ok(existsSync(join(state, `node-${number}`)), `folder of ${number}`);
});

test('when the process that started them is killed, workers end in good order', async (context) => {
  const { server, processOf, client, log } = await startWorkers(context);
  const clients = [await client(), await client(), await client()];
  const pids = NUMBERS.map(processOf);
  server.process.kill('SIGKILL');
  for (const one of clients) assert.deepEqual(await one.closed, { code: 1001, reason: 'driver closes' });
  await eventually('all are gone', () => pids.every(isGone));
  assert.equal(log().filter((line) => line.endsWith(': closed')).length, WORKERS);
});

test('a worker that cannot start ends all, and says why', async (context) => {
  const { config, log, server } = await startWorkers(context);
  const late = await runCli(['serve', config, '--workers', '2']);
  assert.equal(late.code, 1);
  assert.ok(
    log().some((line) =>
      /worker 1\d: state-dir: .*\/node-1\d belongs to another server that runs/.test(line),
    ),
    log().join('\n'),
  );
  assert.ok(log().some((line) => /has ended: exit code 1, before it was open; it has said why/.test(line)));
  // It writes into the folder, which goes with the test.
  await end(server.process);
});

test('what cannot work with workers is refused before one is started', async (context) => {
  const place = stateFolder(context);
  const refused = async (keys: Record<string, unknown>, workers = '4'): Promise<string> => {
    const config = writeConfig(place, 'mqtt://127.0.0.1:9', keys);
    const { code, err } = await runCli(['serve', config, '--workers', workers]);
    assert.notEqual(code, 0);
    return err;
  };
  const mqtt = { url: 'mqtt://127.0.0.1:9' };
  const cases: [Record<string, unknown>, RegExp][] = [
    [{ mqtt: { ...mqtt, 'node-number': 65_533 } }, /mqtt\.node-number: found 65533, expected at most 65532/],
    [{ mqtt: { ...mqtt, 'client-id': 'x'.repeat(63) } }, /mqtt\.client-id: found "x+", expected room/],
    [{ 'enable-rest': true }, /enable-rest: found true, expected false with --workers/],
    [{ 'bind-retry': 5 }, /bind-retry: found 5, expected 0 with --workers/],
    [{ 'path-users': undefined }, /path-users: found nothing/],
    [{ mqtt: {} }, /mqtt\.url: found nothing/],
  ];
  for (const [keys, text] of cases) assert.match(await refused(keys), text);
  for (const workers of ['0', '257', 'many']) {
    assert.match(await refused({}, workers), /--workers takes a whole number from 1 to 256/);
  }
  assert.equal(existsSync(join(place, 'server.log')), false, 'no worker has logged');
});
