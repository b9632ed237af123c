/** Everybody's reflex in a clone: `npm install`. It is to build nothing, least of all in somebody else's clone. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { ROOT } from './load-script.ts';

let folder = '';
let clone = '';

/** Without what the npm that runs these tests has set. */
function npm(cwd: string, ...args: string[]): string {
  const own = Object.entries(process.env).filter(([name]) => !/^npm_/i.test(name));
  return execFileSync('npm', args, { cwd, env: Object.fromEntries(own), encoding: 'utf8', stdio: 'pipe' });
}

before(() => {
  folder = mkdtempSync(join(tmpdir(), 'npm-install-'));
  clone = join(folder, 'clone');
  mkdirSync(join(clone, 'build', 'Release'), { recursive: true });
  writeFileSync(join(clone, 'build', 'Release', 'made-before'), '');
  copyFileSync(join(ROOT, 'binding.gyp'), join(clone, 'binding.gyp'));
  const {
    dependencies: _,
    devDependencies: __,
    ...rest
  } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  writeFileSync(join(clone, 'package.json'), JSON.stringify(rest));
});

after(() => rmSync(folder, { recursive: true, force: true }));

const built = () => readdirSync(join(clone, 'build'), { recursive: true });

test('in a clone it ends well, builds nothing and says what does', () => {
  assert.match(npm(clone, 'install', '--offline'), /npm run setup/);
  assert.deepEqual(built(), ['Release', 'Release/made-before']);
});

test('of a clone as a dependency it leaves what the clone has built alone', () => {
  const other = join(folder, 'other');
  mkdirSync(other);
  writeFileSync(join(other, 'package.json'), '{ "name": "other", "version": "1.0.0" }');
  npm(other, 'install', '--offline', '--install-links=false', clone);
  assert.deepEqual(
    readdirSync(join(other, 'node_modules')).filter((name) => !name.startsWith('.')),
    ['vscpl2drv-websocksrv'],
  );
  assert.deepEqual(built(), ['Release', 'Release/made-before']);
});

test('`npm pack` of the checkout takes the command and the client library, not the sources', () => {
  const [report] = JSON.parse(npm(ROOT, 'pack', '--dry-run', '--json', '--ignore-scripts'));
  const paths: string[] = report.files.map((file: { path: string }) => file.path);
  const allowed = /^(package\.json|README\.md|LICENSE|build\/cli\.mjs|build\/client\/.+)$/;
  assert.deepEqual(
    paths.filter((path) => !allowed.test(path)),
    [],
  );
  assert.ok(paths.includes('build/client/client.js'), paths.join());
});
