/** The client library as others get it: packed by npm, installed in an empty folder, used from there. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { buildClientPackage } from '../../scripts/build-client-package.mjs';
import { FakeVscpServer } from '../support/fake-vscp-server.ts';
import { runNode } from './run-node.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const NAME = 'vscpl2drv-websocksrv-client';

const PROGRAM = `import { VscpClient, decodeMeasurement } from '${NAME}';
import { typeName } from '${NAME}/names';
const client = new VscpClient({ url: process.argv[2], user: 'admin', password: 'secret' });
await client.connect();
await client.noop();
client.disconnect();
console.log(typeof decodeMeasurement, typeName(10, 6));
`;

const TYPED_PROGRAM = `import { type Measurement, VscpClient, type VscpEvent, decodeMeasurement } from '${NAME}';
import { typeName } from '${NAME}/names';
export async function first(url: string): Promise<Measurement | undefined> {
  const client = new VscpClient({ url, user: 'admin', password: 'x' });
  await client.connect();
  client.on('event', (event: VscpEvent) => typeName(event.vscpClass, event.vscpType).length);
  for await (const event of client.events()) return decodeMeasurement(event);
  // @ts-expect-error: there is no such option
  new VscpClient({ url, nonsense: true });
  return undefined;
}
`;

let folder = '';
const installed = () => join(folder, 'user', 'node_modules', NAME);

function run(cwd: string, program: string, ...args: string[]): string {
  const own = Object.entries(process.env).filter(([name]) => !/^npm_/i.test(name));
  return execFileSync(program, args, { cwd, env: Object.fromEntries(own), encoding: 'utf8', stdio: 'pipe' });
}

describe('the npm package of the client library', () => {
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'client-package-'));
    const user = join(folder, 'user');
    mkdirSync(user);
    await buildClientPackage(join(folder, 'package'));
    const packing = run(join(folder, 'package'), 'npm', 'pack', '--json', '--pack-destination', folder);
    const [packed] = JSON.parse(packing);
    writeFileSync(join(user, 'package.json'), '{ "type": "module" }');
    // What it depends on comes from this checkout: the test does without the registry.
    const dependencies = ['ws', '@noble/ciphers', '@noble/hashes'].map((name) =>
      join(ROOT, 'node_modules', name),
    );
    const options = ['--offline', '--install-links=false', '--ignore-scripts'];
    run(user, 'npm', 'install', ...options, join(folder, packed.filename), ...dependencies);
  });

  after(() => rmSync(folder, { recursive: true, force: true }));

  it('holds modules, types, README and licences, and may be published', () => {
    const manifest = JSON.parse(readFileSync(join(installed(), 'package.json'), 'utf8'));
    const own = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
    assert.equal(manifest.version, own.version);
    assert.equal(manifest.private, undefined);
    assert.deepEqual(Object.keys(manifest.dependencies), ['@noble/ciphers', '@noble/hashes', 'ws']);
    assert.deepEqual(readdirSync(installed()).sort(), [
      'LICENSE',
      'README.md',
      'client.js',
      'licences.txt',
      'names.js',
      'node.js',
      'package.json',
      'types',
    ]);
  });

  it('logs in from a program in Node', async () => {
    const server = await FakeVscpServer.start();
    try {
      writeFileSync(join(folder, 'user', 'program.js'), PROGRAM);
      const output = await runNode(join(folder, 'user'), 'program.js', server.url('ws2'));
      assert.equal(output, 'function Temperature\n');
    } finally {
      await server.close();
    }
  });

  for (const resolution of ['Bundler', 'NodeNext']) {
    it(`has types that check in a strict project with module resolution ${resolution}`, () => {
      writeFileSync(join(folder, 'user', 'typed.ts'), TYPED_PROGRAM);
      const module = resolution === 'Bundler' ? 'ESNext' : resolution;
      const options = ['--strict', '--noEmit', '--target', 'ES2022', '--lib', 'ES2022', '--module', module];
      const tsc = join(ROOT, 'node_modules/typescript/bin/tsc');
      run(
        join(folder, 'user'),
        process.execPath,
        tsc,
        ...options,
        '--moduleResolution',
        resolution,
        'typed.ts',
      );
    });
  }

  it('names, in what it exports, only files it has', () => {
    const { exports } = JSON.parse(readFileSync(join(installed(), 'package.json'), 'utf8'));
    const targets = Object.values(exports).flatMap((target) =>
      typeof target === 'string' ? [target] : Object.values(target as Record<string, string>),
    );
    for (const target of targets) assert.ok(readFileSync(join(installed(), target)).length > 0, target);
  });
});
