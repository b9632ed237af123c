import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { after, before, test } from 'node:test';
import { tempFolder } from '../config/temp-folder.ts';
import { makeEvent } from '../support/events.ts';
import { type MemoryServer, startMemoryServer } from '../support/memory-server.ts';
import { runCli, startCli } from './run-cli.ts';

const folder = tempFolder();
const SECRET = { VSCP_PASSWORD: 'secret' };
let server: MemoryServer;

before(async () => {
  server = await startMemoryServer();
});
after(() => server.close());

/** Starts a monitor; `until` resolves with its whole output once that matches. */
function startMonitor(args: string[]): { child: ChildProcess; until(what: RegExp): Promise<string> } {
  const child = startCli(['monitor', ...args], SECRET);
  let text = '';
  const checks = new Set<() => void>();
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk) => {
      text += chunk;
      for (const check of checks) check();
    });
  }
  const until = (what: RegExp): Promise<string> =>
    new Promise((resolve, reject) => {
      const check = (): void => {
        if (what.test(text)) resolve(text);
      };
      checks.add(check);
      child.once('close', () => reject(new Error(`ended: ${text}`)));
      check();
    });
  return { child, until };
}

for (const path of ['/ws1', '/ws2', '']) {
  test(`send reaches the host over ${path === '' ? 'the default path' : path} in every form of an event`, async () => {
    const events = [
      '20:3:0x00,1,2',
      '96,30,5,0,2026-01-01T12:33:14Z,7,00:01:02:03:04:05:06:07:08:09:0A:0B:0C:0D:0E:0F,0x01',
      'E;0,20,9,0,,0,-',
      '{"vscpClass":10,"vscpType":6,"vscpData":[137,1]}',
    ];
    const { code, err } = await runCli(
      ['send', `${server.url}${path}`, '--user', 'admin', ...events],
      '',
      SECRET,
    );
    assert.equal(code, 0, err);
    assert.equal(err, 'Logged in as admin.\nSent 4 events.\n');
    const seen = [];
    for (let index = 0; index < events.length; index++) seen.push(await server.link.nextFromDriver());
    assert.deepEqual(
      seen.map(({ vscpClass, vscpType, data }) => [vscpClass, vscpType, Array.from(data)]),
      [
        [20, 3, [0, 1, 2]],
        [30, 5, [1]],
        [20, 9, []],
        [10, 6, [137, 1]],
      ],
    );
    const [, given] = seen;
    assert.deepEqual([given?.year, given?.second, given?.timestamp, given?.guid[15]], [2026, 14, 7, 15]);
  });
}

test('the password comes from a file, the standard input, or the environment', async () => {
  const file = folder.file('password', 'secret\nnot this\n');
  const args = ['send', server.url.replace('//', '//admin@'), '20:3'];
  const results = await Promise.all([
    runCli([...args, '--password-file', file]),
    runCli([...args, '--stdin'], 'secret\n'),
    runCli(args, '', SECRET),
  ]);
  assert.deepEqual(
    results.map(({ code }) => code),
    [0, 0, 0],
    results.map(({ err }) => err).join(),
  );
});

test('a wrong password, a wrong key, nobody listening and a refused event fail with the reason', async () => {
  const cases: [args: string[], env: Record<string, string>, err: RegExp][] = [
    [[server.url, '-u', 'admin', '20:3'], { VSCP_PASSWORD: 'wrong' }, /Login refused/],
    [
      [server.url, '-u', 'admin', '20:3', '--key-file', folder.file('k', 'AB'.repeat(16))],
      SECRET,
      /Login refused/,
    ],
    [
      [server.url, '-u', 'admin', '20:3', '--key-file', '/no/key'],
      SECRET,
      /--key-file \/no\/key: no such file/,
    ],
    [['ws://127.0.0.1:9', '-u', 'admin', '20:3'], SECRET, /vscpl2drv-websocksrv: \S/],
    [[server.url, '-u', 'user', '1028:1'], SECRET, /"1028:1": EVENT: Not allowed to send event/],
  ];
  for (const [args, env, err] of cases) {
    const result = await runCli(['send', ...args], '', env);
    assert.equal(result.code, 1, result.err);
    assert.match(result.err, err);
    assert.doesNotMatch(result.err, /\n {4}at /, 'no stack trace');
  }
});

test('monitor prints events with names and values, and ends when interrupted', async () => {
  const { child, until } = startMonitor([`${server.url}/ws1`, '-u', 'admin']);
  await until(/Logged in as admin/);
  // OPEN follows the login; what comes earlier is queued for the session and delivered then.
  server.link.hostWrite(makeEvent());
  const text = await until(/\n.*10:6/);
  assert.match(
    text,
    /2026-01-02T03:04:05Z {2}10:6 +CLASS1\.MEASUREMENT Temperature {2}FF:.*:00:00 {2}\[89 82 08 c5\] {2}= 22\.45 °C\n/,
  );
  child.kill('SIGINT');
  assert.deepEqual(await once(child, 'close'), [0, null]);
});

test('monitor --json prints what it is asked for, one object a line, and ends after --count', async () => {
  const { child, until } = startMonitor([
    server.url,
    '-u',
    'admin',
    '--json',
    '--class',
    '20',
    '--count',
    '2',
  ]);
  let out = '';
  child.stdout?.on('data', (chunk) => {
    out += chunk;
  });
  await until(/Logged in/);
  const ended = once(child, 'close');
  const timer = setInterval(() => {
    server.link.hostWrite(makeEvent());
    server.link.hostWrite(makeEvent({ vscpClass: 20, vscpType: 3, data: Uint8Array.from([1, 2]) }));
  }, 20);
  assert.deepEqual(await ended, [0, null]);
  clearInterval(timer);
  const lines = out
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  assert.equal(lines.length, 2);
  for (const { vscpClass, vscpType, data } of lines)
    assert.deepEqual([vscpClass, vscpType, data], [20, 3, [1, 2]]);
});

test('monitor ends quietly when its reader goes away', async () => {
  const { child, until } = startMonitor([server.url, '-u', 'admin']);
  await until(/Logged in/);
  const ended = once(child, 'close');
  child.stdout?.destroy();
  const timer = setInterval(() => server.link.hostWrite(makeEvent()), 20);
  assert.deepEqual(await ended, [0, null]);
  clearInterval(timer);
});
