import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { copyFile, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { bundleFile, codeCacheFile, driverLibrary, hostProgram, releaseDir, root } from '../project.mjs';
import { fingerprint, isUpToDate, setStamp } from './stamp.mjs';

/** An emulated processor takes its time. */
const LIMIT_MS = 120_000;
const POLL_MS = 20;
const STEP = 'codeCache';
const startScriptFile = join(root, 'native-shim', 'start_script.h');

/** The script that the shim starts every bundle with. */
function startScript() {
  const text = readFileSync(startScriptFile, 'utf8');
  const [, script] = /R"js\(([\s\S]*)\)js"/.exec(text) ?? [];
  if (script === undefined) throw new Error(`${startScriptFile} contains no script`);
  return script;
}

/**
 * Takes the bundle's place: it starts the bundle with the same script as the shim and, once `opened` exists, writes
 * down what V8 has compiled by then.
 */
const recorder = (opened, target) => `
const { createHash } = require('node:crypto');
const { existsSync, readFileSync, renameSync, writeFileSync } = require('node:fs');
const vm = require('node:vm');
const bundle = ${JSON.stringify(bundleFile)};
let script;
vm.Script = class extends vm.Script {
  constructor(...options) {
    super(...options);
    script ??= this;
  }
};
process.argv[1] = bundle;
const problem = new Function('process', 'require', ${JSON.stringify(startScript())})(process, require);
if (problem !== '') throw new Error(problem);
const timer = setInterval(() => {
  if (!existsSync(${JSON.stringify(opened)})) return;
  clearInterval(timer);
  const data = script.createCachedData();
  const hash = createHash('sha256').update(readFileSync(bundle)).update(data).digest();
  writeFileSync(${JSON.stringify(`${target}.part`)}, Buffer.concat([hash, data]));
  renameSync(${JSON.stringify(`${target}.part`)}, ${JSON.stringify(target)});
}, ${POLL_MS});
`;

/** A folder that the driver can be loaded from, with the recorder in the place of the bundle. */
function fill(folder, libnode, target) {
  symlinkSync(driverLibrary, join(folder, basename(driverLibrary)));
  const own = join(releaseDir, libnode.soname ?? '');
  if (libnode.kind !== 'system') symlinkSync(own, join(folder, libnode.soname));
  writeFileSync(join(folder, basename(bundleFile)), recorder(join(folder, 'opened'), target));
  writeFileSync(join(folder, 'users.json'), '{ "users": [] }', { mode: 0o600 });
  writeFileSync(join(folder, 'vscp.key'), randomBytes(16).toString('hex'), { mode: 0o600 });
  return {
    interface: 'ws://127.0.0.1:0',
    'path-users': join(folder, 'users.json'),
    'key-file': join(folder, 'vscp.key'),
    'event-layout': '2026',
    logging: {
      'console-enable-log': false,
      'file-enable-log': true,
      'file-path': join(folder, 'driver.log'),
    },
  };
}

/** Opens the driver in a host of its own, long enough for the recorder. */
async function record(folder, config, target) {
  const host = spawn(hostProgram, ['--free'], { cwd: folder, stdio: ['pipe', 'pipe', 'ignore'] });
  const ended = once(host, 'close');
  host.stdin.on('error', () => {});
  try {
    const lines = createInterface({ input: host.stdout })[Symbol.asyncIterator]();
    const guid = '00'.repeat(16);
    host.stdin.write(
      `load 0 ${join(folder, basename(driverLibrary))}\nopen 0 ${guid} ${JSON.stringify(config)}\n`,
    );
    let opened = false;
    while (!opened) {
      const { value, done } = await lines.next();
      if (done) return 'the host program ended';
      if (!value.startsWith('{')) continue;
      const reply = JSON.parse(value);
      if (reply.error !== undefined || reply.handle === 0) return reply.error ?? 'the driver did not open';
      opened = reply.handle !== undefined;
    }
    writeFileSync(join(folder, 'opened'), '');
    for (const deadline = Date.now() + LIMIT_MS; !existsSync(target); await sleep(POLL_MS))
      if (Date.now() > deadline) return `nothing was written within ${LIMIT_MS / 1000} s`;
    return undefined;
  } finally {
    host.stdin.end();
    const timer = setTimeout(() => host.kill('SIGKILL'), LIMIT_MS);
    await ended;
    clearTimeout(timer);
  }
}

/**
 * Writes what V8 compiles of the bundle while a driver opens to a file beside the bundle, so that a start with the
 * same libnode need not compile it again. A driver without that file, or with one that does not match, starts slower.
 * @param {import('../setup/libnode.mjs').Libnode} libnode
 * @returns {Promise<string>} what was done
 */
export async function buildCodeCache(libnode) {
  const inputs = ['build/Release/websocksrv.cjs', 'build/Release/libvscpl2drv-websocksrv.so'];
  const mark = fingerprint([...inputs, 'scripts/build/code-cache.mjs'], libnode);
  if (isUpToDate(STEP, mark, [codeCacheFile])) return 'up to date';
  await rm(codeCacheFile, { force: true });
  const folder = mkdtempSync(join(tmpdir(), 'websocksrv-cache-'));
  try {
    const target = join(folder, basename(codeCacheFile));
    const trouble = await record(folder, fill(folder, libnode, target), target);
    if (trouble !== undefined) return `left out: ${trouble}`;
    const fresh = `${codeCacheFile}.${process.pid}.new`;
    await copyFile(target, fresh);
    await rename(fresh, codeCacheFile);
    await setStamp(STEP, mark);
    return 'built';
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
