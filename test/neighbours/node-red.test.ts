/** The nodes in the real Node-RED: a flow is deployed over its admin interface, and events go round. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { Script } from 'node:vm';
import { buildClientPackage } from '../../scripts/build-client-package.mjs';
import { tempFolder } from '../config/temp-folder.ts';
import { loadScript, ROOT } from '../scripts/load-script.ts';
import { makeEvent } from '../support/events.ts';
import { eventually } from '../support/eventually.ts';
import { freePort } from '../support/free-port.ts';
import { waitFor } from '../support/live-driver.ts';
import { memoryServerFor } from '../support/memory-server.ts';

const { nodeRedProgram } = await loadScript<{ nodeRedProgram: string }>('setup/test-tools.mjs');
const PACKAGE = join(ROOT, 'examples', 'node-red');
const TYPES = ['vscp-server', 'vscp in', 'vscp out', 'vscp last'];
const folder = tempFolder();

/** Node-RED's folder with the nodes and the client library as npm would install them. */
async function makeUserFolder(port: number): Promise<string> {
  const user = join(folder.path, 'user');
  const modules = join(user, 'node_modules');
  mkdirSync(join(modules, '@noble'), { recursive: true });
  cpSync(PACKAGE, join(modules, 'node-red-contrib-vscp-websocksrv'), { recursive: true });
  await buildClientPackage(join(modules, 'vscpl2drv-websocksrv-client'));
  for (const name of ['ws', '@noble/ciphers', '@noble/hashes']) {
    symlinkSync(join(ROOT, 'node_modules', name), join(modules, name));
  }
  // Of its own nodes it needs the one that changes messages; the others only take time.
  const core = join(dirname(nodeRedProgram), '..', '@node-red', 'nodes', 'core');
  const nodes = readdirSync(core, { recursive: true, encoding: 'utf8' })
    .map((path) => path.split('/').at(-1) ?? '')
    .filter((name) => /^\d\d-\S+\.js$/.test(name) && name !== '15-change.js');
  const settings = {
    ...{ uiHost: '127.0.0.1', uiPort: port, nodesExcludes: nodes },
    ...{ telemetry: { enabled: false }, logging: { console: { level: 'info' } } },
  };
  writeFileSync(join(user, 'settings.js'), `module.exports = ${JSON.stringify(settings)};\n`);
  return user;
}

async function startNodeRed(context: TestContext) {
  const port = await freePort();
  const user = await makeUserFolder(port);
  const child: ChildProcess = spawn(process.execPath, [nodeRedProgram, '--userDir', user], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env.PATH, HOME: folder.path },
  });
  context.after(() => child.kill('SIGKILL'));
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk) => {
      output += chunk;
    });
  }
  await waitFor(/Started flows/, () => output);
  return { url: `http://127.0.0.1:${port}`, output: () => output };
}

function flowFor(serverUrl: string) {
  const tab = 'a0';
  const node = (id: string, type: string, wires: string[], keys: object = {}) => {
    return { id, type, z: tab, x: 100, y: 100, wires: wires.length === 0 ? [] : [wires], ...keys };
  };
  const server = { server: 'b0' };
  return [
    { id: tab, type: 'tab', label: 'VSCP' },
    {
      ...{ id: 'b0', type: 'vscp-server', name: '', url: `${serverUrl}/ws2` },
      credentials: { user: 'admin', password: 'secret', key: '' },
    },
    node('c1', 'vscp in', ['c9'], { ...server, vscpClass: '20', vscpType: '3', guid: '' }),
    node('c2', 'vscp in', ['c3'], { ...server, vscpClass: '20', vscpType: '4', guid: '' }),
    node('c3', 'vscp last', ['c9'], { ...server, vscpClass: '10', vscpType: '', guid: '' }),
    node('c4', 'vscp in', ['c5'], { ...server, vscpClass: '20', vscpType: '9', guid: '' }),
    node('c5', 'change', ['c9'], {
      rules: [
        {
          ...{ t: 'set', p: 'payload', pt: 'msg', tot: 'json' },
          to: JSON.stringify({ measurement: { type: 6, unit: 1, value: 21.5 } }),
        },
      ],
    }),
    node('c6', 'vscp in', ['c7'], { ...server, vscpClass: '20', vscpType: '10', guid: '' }),
    node('c7', 'change', ['c9'], {
      rules: [{ t: 'set', p: 'payload', pt: 'msg', to: 'on', tot: 'str' }],
    }),
    node('c9', 'vscp out', [], server),
  ];
}

/** Waits until so many clients get events. */
async function untilOpen(port: number, wanted: number): Promise<void> {
  let seen: string | undefined;
  const look = setInterval(async () => {
    const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
    seen = /^vscp_websocksrv_sessions_open (\d+)$/m.exec(text)?.[1];
  }, 50);
  await eventually(`${wanted} clients get events`, () => seen === String(wanted)).finally(() =>
    clearInterval(look),
  );
}

test('in Node-RED, events go through in, last and out, and errors are told', async (context) => {
  const server = await memoryServerFor(context, { 'enable-metrics': true });
  const nodeRed = await startNodeRed(context);
  const get = async (path: string, accept: string) =>
    (await fetch(`${nodeRed.url}${path}`, { headers: { accept } })).text();

  await context.test('all nodes are there, and the editor gets a form for each', async () => {
    const sets = JSON.parse(await get('/nodes', 'application/json')) as {
      module: string;
      types: string[];
      enabled: boolean;
      err?: string;
    }[];
    const own = sets.find(({ module }) => module === 'node-red-contrib-vscp-websocksrv');
    assert.deepEqual([own?.types, own?.enabled, own?.err], [TYPES, true, undefined], nodeRed.output());
    assert.match(await get('/nodes', 'text/html'), /data-template-name="vscp last"/);
    const html = readFileSync(join(PACKAGE, 'vscp.html'), 'utf8');
    const [, script = ''] = /<script type="text\/javascript">([\s\S]*?)<\/script>/.exec(html) ?? [];
    const forms = new Map<string, { defaults: Record<string, unknown>; credentials?: object }>();
    new Script(script).runInNewContext({
      RED: {
        nodes: { registerType: (name: string, form: { defaults: object }) => forms.set(name, form as never) },
      },
    });
    assert.deepEqual([...forms.keys()], TYPES);
    for (const [name, { defaults, credentials = {} }] of forms) {
      const part = html.split(`data-template-name="${name}"`)[1]?.split('</script>')[0] ?? '';
      for (const field of [...Object.keys(defaults), ...Object.keys(credentials)]) {
        assert.match(part, new RegExp(`id="node-(?:config-)?input-${field}"`), `${name}: ${field}`);
      }
    }
  });

  // What the driver remembers before Node-RED comes.
  server.link.hostWrite(makeEvent());
  const deployed = await fetch(`${nodeRed.url}/flows`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'Node-RED-Deployment-Type': 'full' },
    body: JSON.stringify(flowFor(server.url)),
  });
  assert.equal(deployed.status, 204, await deployed.text());
  await untilOpen(server.port, 1).catch((error: unknown) => {
    throw new Error(`${error}: ${nodeRed.output()}`);
  });
  const say = (vscpType: number, ...data: number[]) =>
    server.link.hostWrite(makeEvent({ vscpClass: 20, vscpType, data: Uint8Array.from(data) }));
  const sent = async () => {
    const { vscpClass, vscpType, data, guid } = await server.link.nextFromDriver(60_000);
    return { kind: [vscpClass, vscpType], data: [...data], guid: [...guid] };
  };
  const { guid } = makeEvent();

  await context.test('an event that comes in goes out as it is', async () => {
    say(3, 0, 1, 2);
    assert.deepEqual(await sent(), { kind: [20, 3], data: [0, 1, 2], guid: [...guid] });
  });

  await context.test('last answers with what the driver remembers', async () => {
    say(4, 0, 1, 2);
    assert.deepEqual(await sent(), { kind: [10, 6], data: [0x89, 0x82, 0x08, 0xc5], guid: [...guid] });
  });

  await context.test('a measurement is coded', async () => {
    say(9, 0, 1, 2);
    const { kind, data } = await sent();
    assert.deepEqual(
      [kind, data],
      [
        [10, 6],
        [0x88, 0x81, 0, 0xd7],
      ],
    );
  });

  await context.test('what is no event is an error of the node', async () => {
    say(10, 0, 1, 2);
    await eventually('it is told', () => /\[vscp out:c9\].*expected an event/.test(nodeRed.output()));
  });

  await context.test('an empty flow ends the connection', async () => {
    const emptied = await fetch(`${nodeRed.url}/flows`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '[]',
    });
    assert.equal(emptied.status, 204);
    await untilOpen(server.port, 0);
  });
});
