import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { after, test } from 'node:test';
import type { Points } from '../../src/history/points.ts';
import { DAY_MS } from '../../src/history/schema.ts';
import { freePort } from '../support/free-port.ts';
import { command, makeToken, passwordClient, tokenLogin } from '../support/token-client.ts';
import { TestClient } from '../support/ws-client.ts';
import { loadScript, ROOT } from './load-script.ts';

const { portsToTry } = await loadScript<{
  portsToTry(args: string[], tell: (line: string) => void, usual?: number): AsyncGenerator<number, never>;
}>('start/ports.mjs');

/** Set-up, opening and closing; generous, for machines that do other things meanwhile. */
const START_TIMEOUT_MS = 120_000;
/** Against one that hangs; on a quiet machine it takes a fraction of a second. */
const CLOSE_LIMIT_MS = 20_000;

interface Running {
  child: ChildProcess;
  /** What it printed so far. */
  text(): string;
  /** Resolves once the text holds `part`. @throws with the text when the program ended before */
  said(part: string): Promise<void>;
}

const started: ChildProcess[] = [];
after(() => {
  for (const child of started) child.kill('SIGKILL');
});

function start(...args: string[]): Running {
  const child = spawn(process.execPath, [join(ROOT, 'scripts', 'start.mjs'), ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  started.push(child);
  let printed = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      printed += text;
    });
  }
  const said = async (part: string) => {
    const ended = once(child, 'close').then(() => 'ended');
    const timer = AbortSignal.timeout(START_TIMEOUT_MS);
    while (!printed.includes(part)) {
      const news = once(child.stdout, 'data', { signal: timer }).then(() => 'news');
      news.catch(() => {});
      if ((await Promise.race([news, ended])) === 'ended' && !printed.includes(part)) {
        throw new Error(`ended without saying ${JSON.stringify(part)}:\n${printed}`);
      }
    }
  };
  return { child, text: () => printed, said };
}

/** A listener on a port that nobody else can have until it closes. */
async function listener(): Promise<{ port: number; server: Server }> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  assert.ok(typeof address === 'object' && address !== null);
  return { port: address.port, server };
}

test('npm start shows a house that obeys, says how to log in, and ends in good order', {
  timeout: START_TIMEOUT_MS * 2,
}, async () => {
  const port = await freePort();
  const house = start('--port', String(port));
  await house.said('Ctrl-C ends it');
  const text = house.text();
  const user = /^ +user +(\S+)$/m.exec(text)?.[1] ?? '';
  const password = /^ +password +(\S+)$/m.exec(text)?.[1] ?? '';
  const page = /^ +page +(\S+)$/m.exec(text)?.[1] ?? '';
  const ws2 = /^ +ws2 +(\S+)$/m.exec(text)?.[1] ?? '';
  assert.equal(page, `http://localhost:${port}/`);

  const answer = await fetch(page);
  assert.equal(answer.status, 200);
  assert.match(await answer.text(), /<html/);

  const client = await TestClient.connect(ws2);
  await client.start(user, password);
  // Off first: the house may have switched it on by itself, and says only what changes.
  for (const vscpType of [6, 5])
    client.send({ type: 'EVENT', event: { vscpClass: 30, vscpType, vscpData: [0, 2, 1] } });
  const seen = new Set<string>();
  const measured = () => [...seen].some((kind) => kind.startsWith('10.'));
  while (!(seen.has('20.3 1,2,1') && measured())) {
    const { event } = (await client.nextJson()) as {
      event?: { vscpClass: number; vscpType: number; vscpData: number[] };
    };
    if (event === undefined) continue;
    const { vscpClass, vscpType, vscpData } = event;
    seen.add(vscpClass === 10 ? `10.${vscpType}` : `${vscpClass}.${vscpType} ${vscpData}`);
  }
  await house.said('Kitchen lamp on');

  const askedAt = performance.now();
  const ended = once(house.child, 'close');
  house.child.kill('SIGINT');
  const [code] = await ended;
  assert.equal(code, 0, house.text());
  assert.ok(performance.now() - askedAt < CLOSE_LIMIT_MS, `${performance.now() - askedAt} ms`);
  assert.equal((await client.closed).code, 1001);
});

test('npm start keeps who is logged in, and leaves the sample users alone whatever the panel edits', {
  timeout: START_TIMEOUT_MS * 4,
}, async (context) => {
  const port = await freePort();
  const kept = join(ROOT, 'build', 'start', String(port));
  context.after(() => rmSync(kept, { recursive: true, force: true }));
  const sample = readFileSync(join(ROOT, 'examples', 'users.json'), 'utf8');
  const url = `ws://localhost:${port}`;
  const first = start('--port', String(port));
  await first.said('Ctrl-C ends it');
  const admin = await TestClient.connect(`${url}/ws2`);
  assert.match(await admin.login(), /"\+"/);
  const token = await makeToken(admin);
  assert.equal((await command(admin, 'USERSET', { name: 'viewer', note: 'edited' })).type, '+');
  first.child.kill('SIGINT');
  await once(first.child, 'close');
  assert.equal(readFileSync(join(ROOT, 'examples', 'users.json'), 'utf8'), sample);

  const second = start('--port', String(port));
  await second.said('Ctrl-C ends it');
  const { client, reply } = await tokenLogin(url, token);
  assert.equal(reply.type, '+', JSON.stringify(reply));
  const users = (await command(client, 'USERS')).args.users as { name: string; note: string }[];
  assert.equal(users.find(({ name }) => name === 'viewer')?.note, 'edited');
  const ended = once(second.child, 'close');
  second.child.kill('SIGINT');
  assert.deepEqual(await ended, [0, null]);
});

test('npm start -- --history-demo has a past year, and goes on from there', {
  timeout: START_TIMEOUT_MS * 4,
}, async () => {
  // The folder of another address goes at the end, and 160 MB with it.
  const house = start('--host', '127.0.0.2', '--port', String(await freePort()), '--history-demo');
  await house.said('Ctrl-C ends it');
  assert.match(house.text(), /A past year is made up: 80 %/);
  const ws2 = /^ +ws2 +(\S+)$/m.exec(house.text())?.[1] ?? '';
  const password = /^ +password +(\S+)$/m.exec(house.text())?.[1] ?? '';
  const client = await passwordClient(ws2.replace('/ws2', ''), 'admin', password);
  const series = (await command(client, 'SERIES')).args.series as { id: number; class: number }[];
  assert.ok(series.length >= 100, `${series.length} series`);
  const to = Date.now();
  const ids = series.slice(0, 16).map(({ id }) => id);
  const asked = { series: ids, from: to - 365 * DAY_MS, to, buckets: 365 };
  const answer = (await command(client, 'POINTS', asked)).args as unknown as Points;
  assert.equal(answer.step, DAY_MS);
  for (const { id, mean, n } of answer.series) {
    const days = mean.filter((value) => value !== null).length;
    assert.ok(days >= 350 && days < 365, `series ${id}: ${days} days, two gaps of five`);
    assert.ok((n.at(-1) ?? 0) > 0, `series ${id} goes up to now`);
  }
  const ended = once(house.child, 'close');
  house.child.kill('SIGINT');
  assert.deepEqual(await ended, [0, null]);
});

test('npm start without a port is served, whoever has the usual one', {
  timeout: START_TIMEOUT_MS * 2,
}, async () => {
  const house = start();
  await house.said('Ctrl-C ends it');
  const page = /^ +page +(\S+)$/m.exec(house.text())?.[1] ?? '';
  assert.equal((await fetch(page)).status, 200);
  const ended = once(house.child, 'close');
  house.child.kill('SIGTERM');
  assert.deepEqual(await ended, [0, null]);
});

test('npm start on another address makes up a password, and nobody gets in with the sample one', {
  timeout: START_TIMEOUT_MS * 2,
}, async () => {
  const house = start('--host', '127.0.0.2', '--port', String(await freePort()));
  await house.said('Ctrl-C ends it');
  const ws2 = /^ +ws2 +(ws:\/\/127\.0\.0\.2:\S+)$/m.exec(house.text())?.[1] ?? '';
  const password = /^ +password +(\S{12})$/m.exec(house.text())?.[1] ?? '';
  const stranger = await TestClient.connect(ws2);
  assert.match(await stranger.login('admin', 'secret'), /"errcode":5/);
  const owner = await TestClient.connect(ws2);
  assert.match(await owner.login('admin', password), /"type":"\+"/);
  const ended = once(house.child, 'close');
  house.child.kill('SIGINT');
  assert.deepEqual(await ended, [0, null]);
});

test('when the usual port is taken, that is said and the next free one is tried', async (t) => {
  const { port, server } = await listener();
  t.after(() => server.close());
  const said: string[] = [];
  const next = await portsToTry([], (line) => said.push(line), port).next();
  assert.ok(Number(next.value) > port && Number(next.value) < port + 100, String(next.value));
  assert.deepEqual(said, [`Port ${port} is taken, so port ${next.value} is used.`]);
});

test('a port that somebody else took meanwhile is followed by another one', async () => {
  const ports = portsToTry([], () => {}, await freePort());
  const first = await ports.next();
  const second = await ports.next();
  assert.ok(Number(second.value) > Number(first.value));
});

const BAD_PORTS = ['0', '65536', '1.5', 'http', undefined];

for (const word of BAD_PORTS) {
  test(`--port ${word} is refused`, async () => {
    const args = word === undefined ? ['--port'] : ['--port', word];
    await assert.rejects(portsToTry(args, () => {}).next(), /--port takes a number, 1-65535/);
  });
}

test('a port that was asked for and is taken is an error that names it', {
  timeout: START_TIMEOUT_MS,
}, async (t) => {
  const { port, server } = await listener();
  t.after(() => server.close());
  const house = start('--port', String(port));
  const [code] = await once(house.child, 'close');
  assert.equal(code, 1);
  assert.match(house.text(), new RegExp(`port ${port} is taken`));
});
