/** What other programs read of the package's files is accepted by those programs. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { loadScript, ROOT } from '../scripts/load-script.ts';
import { TemporaryFolders } from '../support/temporary-folders.ts';

const { testTool } = await loadScript<{
  testTool(name: string): { program: string; env: NodeJS.ProcessEnv };
}>('setup/test-tools.mjs');
const hasSystemd = spawnSync('systemd-analyze', ['--version']).status === 0;
const folders = new TemporaryFolders('websocksrv-shipped-');
after(() => folders.removeAll());

const example = (path: string): string => readFileSync(join(ROOT, 'examples', path), 'utf8');

/** What systemd-analyze says; its exit code is 0 also when it found mistakes. */
function complaints(place: string, unit: string): string {
  const { stdout, stderr, error } = spawnSync('systemd-analyze', ['verify', '--man=no', join(place, unit)], {
    encoding: 'utf8',
    // Nothing of this machine's own units counts.
    env: { ...process.env, SYSTEMD_UNIT_PATH: `${place}:/usr/lib/systemd/system` },
  });
  assert.equal(error, undefined);
  return stdout + stderr;
}

/** Puts a daemon's unit with the drop-in, and the unit of the servers, into a folder. */
function placeUnits(spoil: (text: string) => string): string {
  const place = folders.next();
  // The package is not installed here.
  const servers = example('cluster/websocksrv@.service').replace(
    '/usr/bin/vscpl2drv-websocksrv',
    '/bin/true',
  );
  writeFileSync(join(place, 'websocksrv@.service'), spoil(servers));
  writeFileSync(join(place, 'vscpd.service'), '[Unit]\nDescription=daemon\n[Service]\nExecStart=/bin/true\n');
  mkdirSync(join(place, 'vscpd.service.d'));
  const dropIn = spoil(example('vscpd/vscpd.service.d.conf'));
  writeFileSync(join(place, 'vscpd.service.d', 'websocksrv.conf'), dropIn);
  return place;
}

test('systemd accepts the unit of the servers and what a daemon needs, and would say what is wrong', {
  skip: !hasSystemd && 'systemd-analyze is not installed',
}, () => {
  const good = placeUnits((text) => text);
  const spoilt = placeUnits((text) => text.replace('NoNewPrivileges=', 'NoSuchPrivileges='));
  for (const unit of ['websocksrv@.service', 'vscpd.service']) {
    assert.equal(complaints(good, unit), '', unit);
    assert.match(complaints(spoilt, unit), /NoSuchPrivileges/, unit);
  }
});

test('haproxy accepts the example for several servers, and would say what is wrong', () => {
  const { program, env } = testTool('haproxy');
  const check = (text: string): { status: number | null; output: string } => {
    const file = join(folders.next(), 'haproxy.cfg');
    writeFileSync(file, text);
    const { status, stdout, stderr } = spawnSync(program, ['-c', '-f', file], { env, encoding: 'utf8' });
    return { status, output: stdout + stderr };
  };
  const good = check(example('cluster/haproxy.cfg'));
  assert.equal(good.status, 0, good.output);
  assert.doesNotMatch(good.output, /WARNING|ALERT/);
  const spoilt = check(example('cluster/haproxy.cfg').replace('balance leastconn', 'balance nothing'));
  assert.equal(spoilt.status, 1);
});
