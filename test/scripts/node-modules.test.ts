import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { loadScript } from './load-script.ts';

const { outOfStep } = await loadScript<{ outOfStep(folder: string): string | undefined }>(
  'setup/node-modules.mjs',
);

interface Entry {
  version: string;
  optional?: boolean;
  os?: string[];
  cpu?: string[];
  libc?: string[];
}
type Packages = Record<string, Entry>;

const otherCpu = process.arch === 'x64' ? 'arm64' : 'x64';
const LOCKED: Packages = {
  '': { version: '1.0.0' },
  'node_modules/a': { version: '1.2.3' },
  'node_modules/@scope/b': { version: '4.5.6' },
  'node_modules/binary-here': { version: '1.0.0', optional: true, os: ['linux'], cpu: [process.arch] },
  'node_modules/binary-musl': { version: '1.0.0', optional: true, os: ['linux'], libc: ['musl'] },
  'node_modules/binary-mac': { version: '1.0.0', optional: true, os: ['darwin'] },
  'node_modules/binary-other-cpu': { version: '1.0.0', optional: true, cpu: [otherCpu] },
  'node_modules/not-on-linux': { version: '1.0.0', optional: true, os: ['!linux'] },
};
const INSTALLED: Packages = {
  'node_modules/a': { version: '1.2.3' },
  'node_modules/@scope/b': { version: '4.5.6' },
  'node_modules/binary-here': { version: '1.0.0' },
};

const without = (packages: Packages, name: string) =>
  Object.fromEntries(Object.entries(packages).filter(([path]) => path !== name));

function check(installed: Packages | undefined, removed: string[] = []): string | undefined {
  const folder = mkdtempSync(join(tmpdir(), 'node-modules-'));
  try {
    writeFileSync(join(folder, 'package-lock.json'), JSON.stringify({ packages: LOCKED }));
    if (installed === undefined) return outOfStep(folder);
    for (const path of Object.keys(installed).filter((name) => !removed.includes(name))) {
      mkdirSync(join(folder, path), { recursive: true });
      writeFileSync(join(folder, path, 'package.json'), '{}');
    }
    const record = join(folder, 'node_modules', '.package-lock.json');
    writeFileSync(record, JSON.stringify({ packages: installed }));
    return outOfStep(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const CASES: [name: string, found: string | undefined, expected: string | undefined][] = [
  ['what the lock file asks for on this platform is in step', check(INSTALLED), undefined],
  [
    'packages of other platforms may be there too',
    check({ ...INSTALLED, 'node_modules/binary-musl': { version: '1.0.0' } }),
    undefined,
  ],
  ['nothing installed is out of step', check(undefined), 'nothing is installed yet'],
  ['a missing package is named', check(without(INSTALLED, 'node_modules/a')), 'node_modules/a is missing'],
  [
    'the missing binary of this platform is named',
    check(without(INSTALLED, 'node_modules/binary-here')),
    'node_modules/binary-here is missing',
  ],
  [
    'a package whose folder was deleted is named',
    check(INSTALLED, ['node_modules/@scope/b']),
    'node_modules/@scope/b is missing',
  ],
  [
    'another version is named with both',
    check({ ...INSTALLED, 'node_modules/a': { version: '1.2.2' } }),
    'node_modules/a is 1.2.2, the lock file has 1.2.3',
  ],
  [
    'a package nobody asked for is named',
    check({ ...INSTALLED, 'node_modules/c': { version: '1.0.0' } }),
    'node_modules/c is not in the lock file',
  ],
];

for (const [name, found, expected] of CASES) {
  test(name, () => {
    assert.equal(found, expected);
  });
}
