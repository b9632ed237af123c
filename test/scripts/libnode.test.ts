import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { loadScript, ROOT } from './load-script.ts';

const { dependencyNames, installPackages } = await loadScript<{
  dependencyNames(field?: string): string[];
  installPackages(names: string[]): Promise<void>;
}>('setup/debian-packages.mjs');

/** A machine as its package tools tell it: what stands in the lists, and what an installation would do. */
interface Machine {
  /** Depends field by package name. */
  lists: Record<string, string>;
  /** Package lists are empty until `apt-get update` ran. */
  listsMissing?: boolean;
  /** Packages that cannot be installed beside what is there. */
  conflicting: string[];
  installed: string[];
}

interface Outcome {
  plan?: { install: string[]; unpack: string[]; dependencies: string[]; carry: string[] };
  error?: string;
  remedy?: string;
  calls: string[];
}

/** Package tools that answer from a description; they see only what they are asked. */
const FAKE_TOOL = `#!${process.execPath}
const { appendFileSync, existsSync, readFileSync, writeFileSync } = require('node:fs');
const { basename, dirname } = require('node:path');
const folder = dirname(process.argv[1]);
const machine = JSON.parse(readFileSync(folder + '/machine.json', 'utf8'));
const args = process.argv.slice(2);
const names = args.filter((arg, i) => !arg.startsWith('-') && args[i - 1] !== '-o');
appendFileSync(folder + '/calls', basename(process.argv[1]) + ' ' + names.join(' ') + '\\n');
const listed = !machine.listsMissing || existsSync(folder + '/updated');
if (names[0] === 'update') writeFileSync(folder + '/updated', '');
if (names[0] === 'show') {
  const depends = listed ? machine.lists[names[1]] : undefined;
  if (depends === undefined) process.exit(100);
  process.stdout.write('Package: ' + names[1] + '\\nDepends: ' + depends + '\\nVersion: 1\\n\\n');
}
if (basename(process.argv[1]) === 'dpkg-query') {
  for (const name of names) if (machine.installed.includes(name)) process.stdout.write(name + ' installed\\n');
}
if (names[0] === 'install') {
  const wanted = names.slice(1);
  if (wanted.some((name) => machine.conflicting.includes(name))) process.exit(100);
  for (const name of wanted) {
    if (!machine.installed.includes(name)) process.stdout.write('Inst ' + name + ' (1 Debian:12)\\n');
  }
}
`;

const PROBE = `
import { planLibnode } from ${JSON.stringify(`${ROOT}scripts/setup/libnode.mjs`)};
if (process.argv[1] === 'person') process.getuid = () => 1000;
else process.getuid = () => 0;
const outcome = await planLibnode().then((plan) => ({ plan }), (error) => ({ error: error.message, remedy: error.remedy }));
process.stdout.write(JSON.stringify(outcome));
`;

function planOn(machine: Machine, who: 'root' | 'person' = 'root'): Outcome {
  const folder = mkdtempSync(join(tmpdir(), 'machine-'));
  try {
    writeFileSync(join(folder, 'machine.json'), JSON.stringify(machine));
    writeFileSync(join(folder, 'calls'), '');
    for (const tool of ['apt-get', 'apt-cache', 'dpkg-query', 'dpkg-deb']) {
      writeFileSync(join(folder, tool), FAKE_TOOL);
      chmodSync(join(folder, tool), 0o755);
    }
    const output = execFileSync(process.execPath, ['--input-type=module', '-e', PROBE, who], {
      env: { PATH: folder },
      encoding: 'utf8',
    });
    const calls = readFileSync(join(folder, 'calls'), 'utf8').trimEnd().split('\n');
    return { ...JSON.parse(output), calls };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const BOOKWORM = {
  'libnode-dev': 'libssl-dev (>= 1.1.1~), libuv1-dev (>= 1.33.0~), libnode108 (= 18.20.4+dfsg-1~deb12u2)',
  libnode108:
    'libbrotli1 (>= 0.6.0), libc6 (>= 2.36), libicu72 (>= 72.1~rc-1~), node-acorn (<< 9~), node-undici (>= 5~)',
};
const TRIXIE = {
  'libnode-dev': 'libssl-dev, libuv1-dev, libnode115 (= 20.19.2+dfsg-1)',
  libnode115:
    'libada-url3 | libada-url4, libc6 (>= 2.38), libicu76 (>= 76.1-1~), libuv1t64 (>= 1.49), node-acorn:any',
};

test('where nothing stands against it, libnode-dev is installed', () => {
  const { plan } = planOn({ lists: BOOKWORM, conflicting: [], installed: [] });
  assert.deepEqual(plan, { install: ['libnode-dev'], unpack: [], dependencies: [], carry: [] });
});

test('beside a nodejs that conflicts, libnode is unpacked and only its missing dependencies are installed', () => {
  const { plan } = planOn({
    lists: BOOKWORM,
    conflicting: ['libnode-dev'],
    installed: ['libc6', 'libbrotli1'],
  });
  assert.deepEqual(plan, {
    install: ['libicu72', 'node-acorn', 'node-undici'],
    unpack: ['libnode108', 'libnode-dev', 'libuv1-dev'],
    dependencies: ['libbrotli1', 'libc6', 'libicu72', 'node-acorn', 'node-undici'],
    carry: [],
  });
});

test('a dependency that depends on Debian’s nodejs does not keep the others from being installed', () => {
  const { plan } = planOn({
    lists: BOOKWORM,
    conflicting: ['libnode-dev', 'node-acorn'],
    installed: ['libc6', 'libbrotli1'],
  });
  assert.deepEqual(plan, {
    install: ['libicu72', 'node-undici'],
    unpack: ['libnode108', 'libnode-dev', 'libuv1-dev'],
    dependencies: ['libbrotli1', 'libc6', 'libicu72', 'node-undici', 'vscpl2drv-websocksrv-libnode-files'],
    carry: ['node-acorn'],
  });
});

test('package names of another release come from its lists', () => {
  const { plan } = planOn({ lists: TRIXIE, conflicting: ['libnode-dev'], installed: ['libc6'] });
  assert.deepEqual(plan?.unpack, ['libnode115', 'libnode-dev', 'libuv1-dev']);
  assert.deepEqual(plan?.install, ['libada-url3', 'libicu76', 'libuv1t64', 'node-acorn']);
});

test('root refreshes missing package lists, once', () => {
  const { plan, calls } = planOn({ lists: BOOKWORM, listsMissing: true, conflicting: [], installed: [] });
  assert.deepEqual(plan?.install, ['libnode-dev']);
  assert.equal(calls.filter((call) => call === 'apt-get update').length, 1);
});

test('package lists that are there are not refreshed', () => {
  const { calls } = planOn({ lists: BOOKWORM, conflicting: ['libnode-dev'], installed: [] });
  assert.equal(calls.includes('apt-get update'), false);
});

test('without root rights, missing package lists name the command a person has to run', () => {
  const { error, remedy, calls } = planOn(
    { lists: BOOKWORM, listsMissing: true, conflicting: [], installed: [] },
    'person',
  );
  assert.match(error ?? '', /package lists/);
  assert.match(remedy ?? '', /sudo apt-get update/);
  assert.equal(calls.includes('apt-get update'), false);
});

test('a distribution without libnode-dev is told so', () => {
  const { error, remedy } = planOn({ lists: {}, conflicting: [], installed: [] });
  assert.match(error ?? '', /have no libnode-dev/);
  assert.match(remedy ?? '', /Debian 12/);
});

/** Has the test run as somebody who is not root, as far as the scripts can see. */
function becomePerson(t: TestContext): void {
  const { getuid } = process;
  process.getuid = () => 1000;
  t.after(() => {
    if (getuid !== undefined) process.getuid = getuid;
  });
}

test('without root rights, missing packages name the whole command a person has to run', async (t) => {
  becomePerson(t);
  await assert.rejects(installPackages(['g++', 'make', 'libnode-dev']), (error: { remedy?: string }) => {
    assert.match(
      error.remedy ?? '',
      /^ {4}sudo apt-get update && sudo apt-get install --yes --no-install-recommends g\+\+ make libnode-dev$/m,
    );
    return true;
  });
});

test('without root rights, nothing missing is nothing to ask for', async (t) => {
  becomePerson(t);
  await installPackages([]);
});

const FIELDS: [field: string | undefined, names: string[]][] = [
  [undefined, []],
  ['', []],
  ['libc6', ['libc6']],
  ['libc6 (>= 2.36), libuv1t64', ['libc6', 'libuv1t64']],
  ['libc6(>= 2.36)', ['libc6']],
  ['node-acorn:any (>= 8), python3:any', ['node-acorn', 'python3']],
  ['a | b (>= 1) | c, d', ['a', 'd']],
];

for (const [field, names] of FIELDS) {
  test(`the field Depends ${JSON.stringify(field)} names ${names.length} packages`, () => {
    assert.deepEqual(dependencyNames(field), names);
  });
}
