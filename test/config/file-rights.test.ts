import assert from 'node:assert/strict';
import { chmodSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { rightsOfOthers } from '../../src/config/file-rights.ts';
import { tempFolder } from './temp-folder.ts';

const folder = tempFolder();
const READ = 'can be read by every user of this machine; chmod o-rwx it';
const CHANGE = 'can be changed by every user of this machine; chmod o-w it';
const REPLACE = 'can be replaced by every user of this machine; chmod o-w its folder';

const CASES: [file: number, folder: number, isSecret: boolean, said: string[]][] = [
  [0o640, 0o755, true, []],
  [0o644, 0o755, true, [READ]],
  [0o644, 0o755, false, []],
  [0o642, 0o755, true, [CHANGE]],
  [0o666, 0o755, true, [READ, CHANGE]],
  [0o600, 0o777, true, [REPLACE]],
  [0o600, 0o1777, true, []],
  [0o666, 0o777, false, [CHANGE, REPLACE]],
];

for (const [mode, folderMode, isSecret, said] of CASES) {
  const name = `${mode.toString(8)} in ${folderMode.toString(8)}${isSecret ? ', a secret' : ''}`;
  test(`what others may do with a file of mode ${name} is told`, async () => {
    const place = join(folder.path, name);
    mkdirSync(place);
    const file = folder.file(join(name, 'file'), 'x');
    chmodSync(file, mode);
    chmodSync(place, folderMode);
    assert.deepEqual(await rightsOfOthers(file, isSecret), said);
    chmodSync(place, 0o755);
  });
}

test('nothing is told of a file that is not there', async () => {
  assert.deepEqual(await rightsOfOthers(join(folder.path, 'none'), true), []);
});
