import assert from 'node:assert/strict';
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface, type Interface } from 'node:readline';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { VscpClient, type VscpEvent } from '../../src/client/node.ts';
import { ROOT, readPage, shellLines } from '../docs/markdown.ts';
import { driverLibrary } from '../support/driver-folder.ts';
import { freePort } from '../support/free-port.ts';
import { LIVE_USERS } from '../support/live-driver.ts';

const run = promisify(execFile);
const EXAMPLES = fileURLToPath(new URL('../../examples/component/', import.meta.url));
const PYTHON = '/usr/bin/python3';
const GUID = 'FFFFFFFFFFFFFFFE0200000000010001';
const PATIENCE_MS = 60_000;

let folder: string;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'websocksrv-component-'));
  await writeFile(join(folder, 'users.json'), JSON.stringify({ users: LIVE_USERS }), { mode: 0o600 });
  await compile('component');
  await compile('component-classic', '-DCLASSIC');
});

after(() => rm(folder, { recursive: true, force: true }));

/** As the source's head says, and without a warning. */
async function compile(name: string, ...flags: string[]): Promise<void> {
  const warnings = ['-Wall', '-Wextra', '-Werror'];
  await run('cc', [
    ...warnings,
    ...flags,
    join(EXAMPLES, 'component.c'),
    '-o',
    join(folder, name),
    '-pthread',
  ]);
}

/** An example that runs, and what it prints. */
interface Running {
  child: ChildProcess;
  lines: Interface;
  errors(): string;
}

function start(program: string, args: readonly string[]): Running {
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'] });
  let text = '';
  child.stderr.setEncoding('utf8').on('data', (piece: string) => {
    text += piece;
  });
  return { child, lines: createInterface({ input: child.stdout }), errors: () => text };
}

function configuration(port: number, layout: string): string {
  return JSON.stringify({
    interface: `ws://127.0.0.1:${port}`,
    'path-users': join(folder, 'users.json'),
    'event-layout': layout,
    'event-data': 'driver',
    logging: { 'file-enable-log': false, 'console-log-level': 'error' },
  });
}

/** Logs in as soon as the example listens. */
async function connect(port: number, example: Running): Promise<VscpClient> {
  const deadline = performance.now() + PATIENCE_MS;
  for (;;) {
    const client = new VscpClient({
      url: `ws://127.0.0.1:${port}/ws2`,
      user: 'admin',
      password: 'secret',
    });
    try {
      await client.connect();
      await client.open();
      return client;
    } catch (error) {
      client.disconnect();
      if (performance.now() > deadline || example.child.exitCode !== null) {
        throw new Error(`no login: ${example.errors()}`, { cause: error });
      }
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

function nextEvent(client: VscpClient, signal: AbortSignal): Promise<VscpEvent> {
  return new Promise((resolve, reject) => {
    client.on('event', resolve);
    signal.addEventListener('abort', () => reject(new Error('no event came')));
  });
}

/** One event each way; `end` lets the example close the driver. */
async function exchange(
  example: Running,
  port: number,
  { provoke, printed, end }: { provoke(): void; printed: RegExp; end(): void },
): Promise<void> {
  const signal = AbortSignal.timeout(PATIENCE_MS);
  const exited = once(example.child, 'exit');
  try {
    const client = await connect(port, example);
    const received = nextEvent(client, signal);
    provoke();
    const { vscpClass, vscpType, data } = await received;
    assert.deepEqual([vscpClass, vscpType, data.length], [10, 6, 4]);
    const line = once(example.lines, 'line', { signal });
    await client.send({ vscpClass: 30, vscpType: 5, data: [0, 1, 255] });
    assert.match(String((await line)[0]), printed);
    client.disconnect();
    end();
    assert.deepEqual(await exited, [0, null], example.errors());
    assert.equal(example.errors(), '');
  } finally {
    example.child.kill('SIGKILL');
  }
}

describe('the driver as a component of', () => {
  const programs = [
    { name: 'a C program', layout: '2026', command: () => [join(folder, 'component')] },
    { name: 'a C program', layout: 'classic', command: () => [join(folder, 'component-classic')] },
    { name: 'a Python program', layout: '2026', command: () => [PYTHON, join(EXAMPLES, 'component.py')] },
    { name: 'a Python program', layout: 'classic', command: () => [PYTHON, join(EXAMPLES, 'component.py')] },
  ];
  for (const { name, layout, command } of programs) {
    it(`${name} takes and gives events (${layout})`, async () => {
      const port = await freePort();
      const [program = '', ...args] = command();
      const last = program === PYTHON ? [layout] : [];
      const example = start(program, [...args, driverLibrary, configuration(port, layout), ...last]);
      await exchange(example, port, {
        provoke: () => example.child.stdin?.write(`10 6 ${GUID} 888100D7\n`),
        printed: /^30 5 [0-9A-F]{32} 0001FF$/,
        end: () => example.child.stdin?.end(),
      });
    });
  }

  it('a Node program, in a process beside it', async () => {
    const port = await freePort();
    const args = [driverLibrary, configuration(port, '2026'), join(folder, 'component')];
    const example = start(process.execPath, [join(EXAMPLES, 'component.mjs'), ...args]);
    const printed = new Promise<string>((resolve) => {
      let text = '';
      example.lines.on('line', (line: string) => {
        text += line;
        if (/\}/.test(text)) resolve(text);
      });
    });
    await exchange(example, port, {
      provoke: () => {},
      printed: /^\{/,
      end: () => example.child.kill('SIGINT'),
    });
    assert.match(await printed, /vscpClass: 30.*vscpType: 5.*data: \[ 0, 1, 255 \]/);
  });

  it('a program made with the commands of the documentation', async () => {
    const commands = shellLines(readPage('docs/component.md')).filter((line) => !line.startsWith('npm'));
    const port = await freePort();
    const script = commands
      .join('\n')
      .replaceAll('/tmp/component', join(folder, 'documented'))
      .replace('build/Release/libvscpl2drv-websocksrv.so', driverLibrary)
      .replace('8884', String(port));
    assert.match(script, /cc .*\n.*echo/s);
    const { stdout, stderr } = await run('sh', ['-c', `set -e\n${script}`], { cwd: ROOT });
    assert.match(stdout, new RegExp(`listens on ws://\\S+:${port}\\b`));
    assert.equal(stderr, '');
  });

  it('a program with a configuration that is wrong: VSCPOpen is 0 and the reason is on standard error', async () => {
    const example = start(join(folder, 'component'), [driverLibrary, '{"interface": 5}']);
    assert.deepEqual(await once(example.child, 'exit'), [1, null]);
    assert.match(example.errors(), /VSCPOpen failed: .*interface/s);
  });
});
