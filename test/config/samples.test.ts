import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { readUsers } from '../../src/auth/user-database.ts';
import { loadSettings } from '../../src/config/load-settings.ts';

const EXAMPLES = fileURLToPath(new URL('../../examples/', import.meta.url));
const context = { guid: new Uint8Array(16) };

/**
 * A checkout gives files modes of its own: that others can read the samples does no harm. Their passwords are those
 * of samples, and that is what the driver says of them.
 */
function isOfSample(warning: string): boolean {
  return /can be read by every user|the password is that of a sample/.test(warning);
}

test('the sample configurations are in order and mean the same', async () => {
  const [json, xml] = await Promise.all(
    ['websocksrv.json', 'websocksrv.xml'].map((name) => loadSettings(`${EXAMPLES}${name}`, context)),
  );
  assert.ok(json?.ok && xml?.ok, JSON.stringify([json, xml]));
  assert.deepEqual(
    [...json.warnings, ...xml.warnings].filter((warning) => !isOfSample(warning)),
    [],
  );
  const comparable = ({ settings }: typeof json) => ({
    ...settings,
    pathUsers: '',
    logging: { ...settings.logging, filePath: '' },
  });
  assert.deepEqual(comparable(json), comparable(xml));
});

test('the sample user databases are in order and hold the same users', async () => {
  const [json, xml] = await Promise.all(
    ['users.json', 'users.xml'].map((name) => readUsers(`${EXAMPLES}${name}`)),
  );
  assert.ok(json?.ok && xml?.ok, JSON.stringify([json, xml]));
  assert.deepEqual(
    [...json.warnings, ...xml.warnings].filter((warning) => !isOfSample(warning)),
    [],
  );
  const withoutNotes = ({ users }: typeof json) => [...users.values()].map((user) => ({ ...user, note: '' }));
  assert.deepEqual(withoutNotes(json), withoutNotes(xml));
  assert.ok(json.users.size > 0);
});

test("the sample entries of a daemon's configuration lead to the driver's own", async () => {
  const guid = Uint8Array.from([0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xfe, 2, 0, 0, 0, 0, 1, 0, 0]);
  for (const form of ['json', 'xml']) {
    // This machine may well have a driver configured where the samples point to.
    const sample = await readFile(`${EXAMPLES}vscpd/level2-driver.${form}`, 'utf8');
    const result = await loadSettings(sample.replaceAll('/etc/vscp/', '/no/such/folder/'), { guid });
    assert.ok(!result.ok);
    assert.deepEqual(result.problems, [
      `/no/such/folder/websocksrv.${form}: no such file (path-config in inline configuration)`,
    ]);
    assert.match(sample, new RegExp(`/etc/vscp/websocksrv\\.${form}`));
  }
});
