/** The flavour that carries libnode: whether a libnode whose paths were changed reads its files elsewhere. */
import assert from 'node:assert/strict';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { tryDriver } from './installed-driver.ts';
import { loadScript, ROOT } from './load-script.ts';

interface Libnode {
  library: string;
  soname: string;
}

const { findLibnode } = await loadScript<{ findLibnode(): Promise<Libnode> }>('setup/libnode.mjs');
const { builtinFiles } = await loadScript<{ builtinFiles(libnode: Libnode): Promise<string[]> }>(
  'setup/builtin-files.mjs',
);
const { redirectBuiltins, redirected } = await loadScript<{
  redirectBuiltins(contents: Buffer, files: string[], folder?: string): Buffer;
  redirected(file: string, folder?: string): string;
}>('package/builtins.mjs');

const LIBRARY = 'libvscpl2drv-websocksrv.so';
const RELEASE = join(ROOT, 'build/Release');

/** As long as /usr/share/nodejs/, which a folder of the system would need root for. */
let builtins = '';
let driver = '';
let samples = '';
let files: string[] = [];

before(async () => {
  builtins = `${mkdtempSync('/tmp/wsd-l2')}/`;
  const libnode = await findLibnode();
  files = await builtinFiles(libnode);
  for (const file of files) {
    const target = redirected(file, builtins);
    mkdirSync(dirname(target), { recursive: true });
    cpSync(file, target);
  }
  driver = join(builtins, 'driver');
  samples = join(builtins, 'samples');
  for (const name of ['websocksrv.cjs', 'websocksrv-history.cjs', 'node_modules']) {
    cpSync(join(RELEASE, name), join(driver, name), { recursive: true });
  }
  for (const name of ['users.json', 'websocksrv.json'])
    cpSync(join(ROOT, 'examples', name), join(samples, name));
  cpSync(join(ROOT, 'build/hmi'), join(samples, 'web'), { recursive: true });
  writeFileSync(
    join(driver, libnode.soname),
    redirectBuiltins(readFileSync(libnode.library), files, builtins),
  );
});

after(() => rmSync(builtins, { recursive: true, force: true }));

function placeDriver(isRedirected: boolean): string {
  const contents = readFileSync(join(RELEASE, LIBRARY));
  writeFileSync(join(driver, LIBRARY), isRedirected ? redirectBuiltins(contents, files, builtins) : contents);
  return join(driver, LIBRARY);
}

test('this libnode reads files of its own, which is why they have to travel with it', () => {
  assert.ok(files.length > 0, files.join());
});

test('with its files in another folder the driver opens and serves', async () => {
  const { code, served, log } = await tryDriver(placeDriver(true), builtins, samples);
  assert.equal(code, 0, log);
  assert.equal(served, true, log);
});

test('a file missing in that folder is named, and the host lives', async () => {
  const missing = redirected(files[0] ?? '', builtins);
  rmSync(missing);
  const { code, served, log } = await tryDriver(placeDriver(true), builtins, samples);
  assert.equal(code, 0, log);
  assert.equal(served, false);
  assert.ok(log.includes(missing), log);
});

test('libnode itself looks in that folder only: unchecked, it aborts over the missing file', async () => {
  const { code, log } = await tryDriver(placeDriver(false), builtins, samples);
  assert.equal(code, null, log);
});

test('a library that does not have a path exactly once is refused', () => {
  const path = files[0] ?? '';
  for (const contents of ['', `\0${path}\0${path}\0`, `\0${path}x\0`, `\0=${path}\0`]) {
    assert.throws(() => redirectBuiltins(Buffer.from(contents), [path]), /instead of once/, contents);
  }
});
