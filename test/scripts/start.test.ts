import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { TestClient } from '../support/ws-client.ts';
import { ROOT } from './load-script.ts';

/** Set-up, opening and closing; generous, for machines that do other things meanwhile. */
const START_TIMEOUT_MS = 120_000;
const CLOSE_LIMIT_MS = 2000;

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

/** Takes a port, or finds it taken by somebody else: either way nobody can have it until the server closes. */
async function take(port: number): Promise<Server> {
  const server = createServer();
  server.listen(port, '127.0.0.1');
  await Promise.race([once(server, 'listening'), once(server, 'error')]);
  return server;
}

const portOf = (server: Server) => {
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
};

async function freePort(): Promise<number> {
  const server = await take(0);
  const port = portOf(server);
  server.close();
  await once(server, 'close');
  return port;
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
  const kitchenLampOn = { type: 'EVENT', event: { vscpClass: 30, vscpType: 5, vscpData: [0, 2, 1] } };
  client.send(kitchenLampOn);
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

test('when the usual port is taken, npm start says so and goes to another one', {
  timeout: START_TIMEOUT_MS * 2,
}, async () => {
  const usual = await take(8884);
  const house = start();
  try {
    await house.said('Ctrl-C ends it');
    assert.match(house.text(), /Port 8884 is taken, so this goes to (\d+)/);
    const page = /^ +page +(\S+)$/m.exec(house.text())?.[1] ?? '';
    assert.notEqual(new URL(page).port, '8884');
    assert.equal((await fetch(page)).status, 200);
  } finally {
    usual.close();
    const ended = once(house.child, 'close');
    house.child.kill('SIGTERM');
    assert.deepEqual(await ended, [0, null]);
  }
});

test('a port that was asked for and is taken is an error that names it', {
  timeout: START_TIMEOUT_MS,
}, async () => {
  const taken = await take(0);
  const port = portOf(taken);
  try {
    const house = start('--port', String(port));
    const [code] = await once(house.child, 'close');
    assert.equal(code, 1);
    assert.match(house.text(), new RegExp(`port ${port} is taken`));
  } finally {
    taken.close();
  }
});
