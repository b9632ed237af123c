import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { buildClient } from '../../scripts/build-client.mjs';
import { VscpClient } from '../../src/client/node.ts';
import { loadScript } from '../scripts/load-script.ts';
import { freePort } from '../support/free-port.ts';
import { type MemoryServer, startMemoryServer } from '../support/memory-server.ts';

const run = promisify(execFile);
const { testTool } = await loadScript<{
  testTool(name: string): { program: string; env: NodeJS.ProcessEnv };
}>('setup/test-tools.mjs');
const EXAMPLES = fileURLToPath(new URL('../../examples/', import.meta.url));
const LAMP_ON = { vscpClass: 30, vscpType: 5 };
const PYTHON = '/usr/bin/python3';
const SECONDS = '1';

let server: MemoryServer;
let folder: string;

before(async () => {
  await buildClient();
  folder = await mkdtemp(join(tmpdir(), 'websocksrv-examples-'));
});

after(() => rm(folder, { recursive: true, force: true }));

beforeEach(async () => {
  server = await startMemoryServer();
});

afterEach(() => server.close());

async function nextOfHost(): Promise<{ vscpClass: number; vscpType: number; data: number[] }> {
  const { vscpClass, vscpType, data } = await server.link.nextFromDriver(30_000);
  return { vscpClass, vscpType, data: [...data] };
}

/** Runs an example that logs in, sends TurnOn and prints events; answers as a lamp would. */
async function tryExample(program: string, args: string[]): Promise<string> {
  const running = run(program, [...args, SECONDS], { timeout: 60_000 });
  running.catch(() => {});
  assert.deepEqual(await nextOfHost(), { ...LAMP_ON, data: [0, 1, 1] });
  server.link.hostWrite(lampEvent());
  return (await running).stdout;
}

function lampEvent() {
  const time = { year: 2026, month: 1, day: 2, hour: 3, minute: 4, second: 5, timestamp: 0, timestampNs: 0n };
  const guid = new Uint8Array(16);
  return { ...time, head: 0x60, obid: 0, vscpClass: 20, vscpType: 3, guid, data: Uint8Array.of(0, 1, 1) };
}

describe('the examples', () => {
  it('in Node logs in, sends and receives', async () => {
    const output = await tryExample(process.execPath, [
      join(EXAMPLES, 'node-client.mjs'),
      `${server.url}/ws2`,
      'admin',
      'secret',
    ]);
    assert.match(output, /-- online\n-- driver \S+, extensions: LAST/);
    assert.match(output, /Information: On 000101/);
  });

  it('of measurements prints what it reads and writes', async () => {
    const { stdout } = await run(process.execPath, [join(EXAMPLES, 'measurements.mjs')]);
    assert.match(stdout, /Units of temperature: K, °C, °F/);
    assert.equal(stdout.match(/Temperature 22\.45/g)?.length, 5, stdout);
    assert.match(stdout, /class 10: 898208c5 = Temperature 22\.45 °C \(normalized\)/);
  });

  it('in Python logs in, sends and receives', async () => {
    const output = await tryExample(PYTHON, [
      join(EXAMPLES, 'python_client.py'),
      `${server.url}/ws1`,
      'admin',
      'secret',
    ]);
    assert.match(output, /^\+;EVENT\n/);
    assert.match(output, /E;96,20,3,.*,0x00,0x01,0x01/);
  });

  it('in C logs in, sends and receives, and tells of a refused login by its exit code', async () => {
    const program = join(folder, 'c_client');
    const source = join(EXAMPLES, 'c_client.c');
    await run('cc', ['-Wall', '-Wextra', '-Werror', source, '-o', program, '-lwebsockets', '-lcrypto']);
    const port = new URL(server.url).port;
    const output = await tryExample(program, ['127.0.0.1', port, 'admin', 'secret']);
    assert.match(output, /^\+;EVENT\n/);
    assert.match(output, /E;96,20,3,.*,0x00,0x01,0x01/);
    await assert.rejects(run(program, ['127.0.0.1', port, 'admin', 'wrong', '10']), { code: 1 });
  });

  it('for nginx is a valid configuration through which a client logs in', async () => {
    const { port, config } = await nginxConfig(Number(new URL(server.url).port));
    const { program, env } = testTool('nginx');
    const nginx = spawn(program, ['-e', 'stderr', '-c', config, '-g', 'daemon off;'], {
      stdio: 'ignore',
      env,
    });
    const client = new VscpClient({ url: `ws://127.0.0.1:${port}/ws2`, user: 'admin', password: 'secret' });
    try {
      await untilUp(client);
      await client.send(LAMP_ON);
      assert.deepEqual(await nextOfHost(), { ...LAMP_ON, data: [] });
      const metrics = await fetch(`http://127.0.0.1:${port}/metrics`);
      assert.equal(metrics.status, 404);
    } finally {
      client.disconnect();
      const ended = new Promise((resolve) => nginx.once('exit', resolve));
      nginx.kill('SIGTERM');
      await ended;
    }
  });
});

/** The example with this test's ports and folders in it, and without TLS. */
async function nginxConfig(driverPort: number): Promise<{ port: number; config: string }> {
  const port = await freePort();
  const text = (await readFile(join(EXAMPLES, 'nginx.conf'), 'utf8'))
    .replace('127.0.0.1:8884', `127.0.0.1:${driverPort}`)
    .replace('listen 443 ssl', `listen 127.0.0.1:${port}`)
    .replace(/^ *ssl_.*$/gm, '');
  const config = join(folder, 'nginx.conf');
  const paths = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    .map((name) => `${name}_temp_path ${join(folder, name)};`)
    .join(' ');
  const main = `pid ${join(folder, 'nginx.pid')}; error_log stderr; events {} http { access_log off; ${paths}\n${text}\n}`;
  await writeFile(config, main);
  return { port, config };
}

/** nginx does not tell when it listens. */
async function untilUp(client: VscpClient): Promise<void> {
  for (let attempt = 0; ; attempt += 1) {
    try {
      await client.connect();
      return;
    } catch (error) {
      if (attempt === 100) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}
