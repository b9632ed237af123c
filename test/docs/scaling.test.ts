/** Follows the page about several servers to the letter, with other folders and ports. */
import assert from 'node:assert/strict';
import { type ChildProcess, execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { CLI, runCli, startCli } from '../cli/run-cli.ts';
import { portIn } from '../cli/serve-cli.ts';
import { startBalancer, untilStatus } from '../support/balancer.ts';
import { Broker } from '../support/broker.ts';
import { eventually } from '../support/eventually.ts';
import { freePort } from '../support/free-port.ts';
import { TemporaryFolders } from '../support/temporary-folders.ts';
import { TestClient } from '../support/ws-client.ts';
import { documentation, ROOT } from './markdown.ts';

/** What needs a machine of its own: see command-lines.test.ts. */
const CHANGES_MACHINE = /^(?:apt-get|adduser|systemctl|cp .* \/etc\/haproxy)/;
/** What needs Podman, and images of a registry. */
const NEEDS_CONTAINERS = /^(?:npm run package|cp build\/|cd |podman build|podman network|podman-compose)/;

/** The lines of the page, those for containers or the others, with other folders and ports. */
function script(isForContainers: boolean, replacements: readonly [string, string][]): string {
  const page = documentation().find(({ path }) => path === 'docs/scaling.md');
  const blocks = (page?.code ?? []).filter(({ language }) => language === 'sh').map(({ text }) => text);
  const wanted = blocks
    .filter((text) => text.includes('podman') === isForContainers)
    .join('\n')
    .split('\n')
    .filter((line) => !CHANGES_MACHINE.test(line) && !NEEDS_CONTAINERS.test(line));
  return replacements.reduce((text, [from, to]) => text.replaceAll(from, to), wanted.join('\n'));
}

function runScript(text: string, cwd?: string): string {
  return execFileSync('sh', ['-e', '-u'], {
    ...{ input: text, encoding: 'utf8', cwd },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
}

async function serveNode(context: TestContext, config: string): Promise<ChildProcess> {
  const node = startCli(['serve', config]);
  context.after(() => node.kill('SIGKILL'));
  let console_ = '';
  for (const stream of [node.stdout, node.stderr]) {
    stream?.on('data', (chunk) => {
      console_ += chunk;
    });
  }
  await eventually(`${config} is served`, () => portIn(console_) > 0 || node.exitCode !== null);
  assert.equal(node.exitCode, null, console_);
  return node;
}

test('the steps for two nodes behind haproxy make one service, and one node may stop', async (context) => {
  const broker = await Broker.start(context);
  const folders = new TemporaryFolders('websocksrv-scaling-');
  context.after(() => folders.removeAll());
  const place = folders.next();
  mkdirSync(join(place, 'etc'));
  const ports = [await freePort(), await freePort()] as const;
  const text = script(false, [
    ['/etc/vscp', join(place, 'etc')],
    ['/var/log/vscp', join(place, 'log')],
    ['vscpl2drv-websocksrv', `"${process.execPath}" "${CLI}"`],
    [' --owner vscp', ''],
    ['mqtt://localhost:1883', broker.url],
    ['8885', String(ports[0])],
    ['8886', String(ports[1])],
  ]);
  const said = runScript(text);
  const [, password = ''] = /^ +password +(\S+)$/m.exec(said) ?? [];
  const key = Buffer.from(readFileSync(join(place, 'etc/node1/vscp.key'), 'utf8').trim(), 'hex');
  const nodes = [
    await serveNode(context, join(place, 'etc/node1/websocksrv.json')),
    await serveNode(context, join(place, 'etc/node2/websocksrv.json')),
  ] as const;
  const port = await startBalancer(context, ports);
  await untilStatus(port, '/healthz', 200);
  const connect = async (): Promise<TestClient> => {
    const client = await TestClient.connect(`ws://127.0.0.1:${port}/ws1`);
    context.after(() => client.ws.terminate());
    assert.match(await client.ask(client.authRequest('admin', password, { key })), /^\+;AUTH/);
    await client.ask('C;OPEN');
    return client;
  };
  const nodeOf = (frame: string): number => Number(frame.split(',')[3]) >>> 16;
  const clients = [await connect(), await connect()] as const;
  assert.match(await clients[0].ask('E;0,20,3,0,,0,-,1'), /^\+;EVENT/);
  const first = nodeOf(await clients[1].next());
  const stopped = nodes[first - 1] as ChildProcess;
  const ended = once(stopped, 'exit');
  stopped.kill('SIGTERM');
  assert.equal((await clients[0].closed).code, 1001);
  assert.deepEqual(await ended, [0, null]);
  const again = await connect();
  assert.match(await again.ask('E;0,20,3,0,,0,-,2'), /^\+;EVENT/);
  assert.equal(nodeOf(await clients[1].next()), 3 - first);
});

test('the steps for containers make two configurations that fit compose.yaml', async (context) => {
  const folders = new TemporaryFolders('websocksrv-containers-');
  context.after(() => folders.removeAll());
  const place = folders.next();
  const outside = 'podman run --rm --user root --volume ./config:/etc/vscp websocksrv';
  runScript(
    script(true, [
      [outside, `"${process.execPath}" "${CLI}"`],
      ['/etc/vscp', join(place, 'config')],
      ['/var/log/vscp', join(place, 'log')],
      [' --owner vscp', ''],
    ]),
    place,
  );
  const page = documentation().find(({ path }) => path === 'docs/scaling.md');
  const network = page?.code
    .map(({ text }) => /^podman network create --subnet (\S+)/m.exec(text)?.[1])
    .find(Boolean);
  const compose = readFileSync(join(ROOT, 'examples/cluster/compose.yaml'), 'utf8');
  for (const number of [1, 2]) {
    const file = join(place, `config/node${number}/websocksrv.json`);
    const { code, err } = await runCli(['check', '--quiet', file]);
    assert.equal(code, 0, err);
    const config = JSON.parse(readFileSync(file, 'utf8'));
    assert.equal(config.mqtt['node-number'], number);
    assert.equal(config['trusted-proxies'], network);
    assert.match(compose, new RegExp(`^  node${number}:`, 'm'));
    const [, port] = /:(\d+)$/.exec(config.interface) ?? [];
    assert.match(compose, new RegExp(`^      NODE${number}: node${number}:${port}$`, 'm'));
  }
});
