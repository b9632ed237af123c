import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { build, type Metafile } from 'esbuild';
import { loadScript, ROOT } from '../scripts/load-script.ts';
import { Broker } from '../support/broker.ts';
import { eventually } from '../support/eventually.ts';
import { TemporaryFolders } from '../support/temporary-folders.ts';
import { TestClient } from '../support/ws-client.ts';
import { runCli, startCli } from './run-cli.ts';
import { portIn } from './serve-cli.ts';

const folders = new TemporaryFolders('websocksrv-serve-');
after(() => folders.removeAll());

const textOf = (file: string): string => (existsSync(file) ? readFileSync(file, 'utf8') : '');

test('serve runs what init made for a broker, and SIGTERM ends it in order', async (context) => {
  const broker = await Broker.start(context);
  const place = join(folders.next(), 'node7');
  const log = join(place, 'log', 'server.log');
  const secret = join(folders.next(), 'password');
  execFileSync('sh', ['-c', 'printf "correct horse battery\\n" > "$0"', secret]);
  const made = await runCli([
    ...['init', place, '--yes', '--listen', 'ws://127.0.0.1:0', '--log-file', log],
    ...['--password-file', secret, '--broker', broker.url, '--node-number', '7'],
  ]);
  assert.equal(made.code, 0, made.err);
  assert.match(made.out, /^1\. Start the server: vscpl2drv-websocksrv serve \S+\/node7\/websocksrv\.json$/m);
  const config = join(place, 'websocksrv.json');
  const checked = await runCli(['check', config]);
  assert.equal(checked.code, 0);
  assert.match(checked.out, new RegExp(`^mqtt\\.url +${broker.url}$`, 'm'));
  assert.match(checked.out, /^mqtt\.node-number +7$/m);

  const server = startCli(['serve', config]);
  context.after(() => server.kill('SIGKILL'));
  let console_ = '';
  server.stdout?.on('data', (chunk) => {
    console_ += chunk;
  });
  server.stderr?.on('data', (chunk) => {
    console_ += chunk;
  });
  await eventually('it listens', () => portIn(textOf(log)) > 0).catch((error: unknown) => {
    throw new Error(`${error}: ${console_}`);
  });
  const key = Buffer.from(readFileSync(join(place, 'vscp.key'), 'utf8').trim(), 'hex');
  const client = await TestClient.connect(`ws://127.0.0.1:${portIn(textOf(log))}/ws1`);
  assert.match(await client.ask(client.authRequest('admin', 'correct horse battery', { key })), /^\+;AUTH/);
  await client.ask('C;OPEN');
  const peer = await broker.connect();
  const heard: string[] = [];
  peer.on('message', (topic, payload) => heard.push(`${topic} ${payload}`));
  await peer.subscribeAsync('vscp/#', { qos: 1 });
  assert.match(await client.ask('E;0,20,3,0,,0,-,1,2,3'), /^\+;EVENT/);
  await eventually('the broker has it', () => heard.length === 1);
  assert.match(heard[0] ?? '', /^vscp\/FF:FF:FF:FF:FF:FF:FF:F5:03:00:00:00:00:07:..:..\/20\/3 \{"vscpHead":/);
  const ended = once(server, 'exit');
  server.kill('SIGTERM');
  assert.deepEqual(await client.closed, { code: 1001, reason: 'driver closes' });
  assert.deepEqual(await ended, [0, null], console_);
  assert.match(readFileSync(log, 'utf8'), / closed\n$/);
});

test('serve says what is missing or wrong, and ends with 1', async () => {
  const users = join(ROOT, 'examples', 'users.json');
  const run = (mqtt: unknown) =>
    runCli(['serve', JSON.stringify({ interface: 'ws://127.0.0.1:0', 'path-users': users, mqtt })]);
  const none = await run({});
  assert.equal(none.code, 1);
  assert.match(none.err, /problem: mqtt\.url: found nothing, expected a broker like mqtt:/);
  const wrong = await run({ url: 'http://x' });
  assert.equal(wrong.code, 1);
  assert.match(wrong.err, /mqtt\.url: found "http:\/\/x", expected list of brokers/);
  assert.equal((await runCli(['serve'])).code, 2);
});

test('SIGTERM ends a server that still waits for its broker', async (context) => {
  const users = join(ROOT, 'examples', 'users.json');
  const keys = { interface: 'ws://127.0.0.1:0', 'path-users': users, mqtt: { url: 'mqtt://127.0.0.1:9' } };
  const server = startCli(['serve', JSON.stringify(keys)]);
  context.after(() => server.kill('SIGKILL'));
  let console_ = '';
  server.stdout?.on('data', (chunk) => {
    console_ += chunk;
  });
  await eventually('it tries', () => console_.includes('tried again until it works'));
  const ended = once(server, 'exit');
  server.kill('SIGTERM');
  assert.deepEqual(await ended, [0, null], console_);
  assert.doesNotMatch(console_, /listens on/, 'not open without a broker');
});

test('the licences of all packages in the server are shipped with it', async () => {
  const { buildServe } = await loadScript<{ buildServe(outfile: string): Promise<Metafile> }>(
    'build-serve.mjs',
  );
  const { travellingPackages } = await loadScript<{ travellingPackages(): { path: string }[] }>(
    'package/sbom.mjs',
  );
  const shipped = new Set(travellingPackages().map(({ path }) => path));
  const { inputs } = await buildServe(join(folders.next(), 'serve.cjs'));
  const packages = Object.keys(inputs).flatMap(
    (path) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path) ?? [],
  );
  assert.ok(packages.includes('node_modules/mqtt'));
  assert.deepEqual(
    packages.filter((path) => !shipped.has(path)),
    [],
  );
});

test("the driver's own bundle has nothing of the broker's side", async () => {
  const { metafile } = await build({
    absWorkingDir: ROOT,
    entryPoints: ['src/main.ts'],
    bundle: true,
    platform: 'node',
    format: 'cjs',
    external: ['koffi'],
    write: false,
    metafile: true,
    logLevel: 'silent',
  });
  const inputs = Object.keys(metafile.inputs);
  assert.ok(inputs.includes('src/host/shim-link.ts'));
  const foreign =
    /node_modules\/mqtt|^src\/(?:serve(?:-\w+)?\.ts|workers\/|host\/(?:mqtt|repeat|sequence)|vscp\/event-(?:xml|frame)\.)/;
  assert.deepEqual(
    inputs.filter((path) => foreign.test(path)),
    [],
  );
});
