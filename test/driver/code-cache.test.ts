/** V8's code cache beside the bundle: used where it fits; a driver without, or with any other, opens and serves all the same. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { LiveDriver } from '../support/live-driver.ts';
import { driverLibrary } from '../support/native-host.ts';
import { TestClient } from '../support/ws-client.ts';

const NEWLINE = 0x0a;
const BLANK = 0x20;
const HASH_SIZE = 32;
/** The place of the hash of V8's version in its data: behind a magic number. */
const V8_VERSION_AT = HASH_SIZE + 4;

let folder = '';
let cacheFile = '';
let bundleFile = '';
let bundle = Buffer.alloc(0);
let cache = Buffer.alloc(0);

before(() => {
  folder = mkdtempSync(join(tmpdir(), 'code-cache-'));
  const release = dirname(driverLibrary);
  for (const name of readdirSync(release).filter((name) =>
    /^(libv.*\.so|libnode.*|websocksrv\.c.*|node_modules)$/.test(name),
  ))
    cpSync(join(release, name), join(folder, name), { recursive: true, dereference: true });
  cacheFile = join(folder, 'websocksrv.cache');
  bundleFile = join(folder, 'websocksrv.cjs');
  bundle = readFileSync(bundleFile);
  cache = readFileSync(cacheFile);
});

after(() => rmSync(folder, { recursive: true, force: true }));

/** A cache as set-up would write it. */
function cacheOf(source: Buffer, data: Buffer): Buffer {
  return Buffer.concat([createHash('sha256').update(source).update(data).digest(), data]);
}

/** Opens the copy, has a client log in, closes; returns what the log says of the cache. */
async function outcome(): Promise<string | undefined> {
  const driver = await LiveDriver.start({
    library: join(folder, basename(driverLibrary)),
    logLevel: 'debug',
  });
  try {
    const client = await TestClient.connect(`${driver.url}/ws1`);
    await client.start();
    client.ws.terminate();
    const [, state] = await driver.waitForLog(/code cache: (.*)/);
    await driver.stop();
    return state;
  } finally {
    await driver.dispose();
  }
}

test('a copy of the folder uses the cache that set-up made', async () => {
  assert.equal(await outcome(), 'used');
});

test('a driver without the cache opens', async () => {
  rmSync(cacheFile);
  assert.equal(await outcome(), 'absent');
  writeFileSync(cacheFile, cache);
});

const REFUSED = 'of another bundle, or damaged';

test('a damaged cache is not used, nor one that was cut off', async () => {
  const damaged = Buffer.from(cache);
  damaged[damaged.length >> 1] = (damaged[damaged.length >> 1] ?? 0) ^ 1;
  for (const bytes of [damaged, cache.subarray(0, HASH_SIZE)]) {
    writeFileSync(cacheFile, bytes);
    assert.equal(await outcome(), REFUSED, `${bytes.length} bytes`);
  }
  writeFileSync(cacheFile, cache);
});

test('the cache of another bundle is not used, although it is of the same length, which is all that V8 looks at', async () => {
  const other = Buffer.from(bundle);
  assert.equal(other[other.length - 1], NEWLINE);
  other[other.length - 1] = BLANK;
  writeFileSync(bundleFile, other);
  assert.equal(await outcome(), REFUSED);
  writeFileSync(bundleFile, bundle);
});

test('what another V8 made is not used', async () => {
  const data = Buffer.from(cache.subarray(HASH_SIZE));
  const at = V8_VERSION_AT - HASH_SIZE;
  data.writeUInt32LE((data.readUInt32LE(at) ^ 0x5a5a5a5a) >>> 0, at);
  writeFileSync(cacheFile, cacheOf(bundle, data));
  assert.equal(await outcome(), 'of another Node.js');
  writeFileSync(cacheFile, cache);
});
