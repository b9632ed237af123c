import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { Ajv } from 'ajv';
import { KEYS_BY_NAME } from '../../src/config/config-keys.ts';
import { configSchema } from '../../src/config/key-views.ts';
import { loadSettings } from '../../src/config/load-settings.ts';
import { tempFolder } from './temp-folder.ts';

const BUILT = new URL('../../build/Release/websocksrv.schema.json', import.meta.url);
const EXAMPLES = new URL('../../examples/', import.meta.url);
const folder = tempFolder();
const users = folder.file('users.json', '{"users":[]}');
const key = folder.file('vscp.key', '0123456789ABCDEF0123456789ABCDEF');
const context = { guid: new Uint8Array(16) };

const validate = new Ajv({ allErrors: true }).compile(configSchema());

/** Paths of what the schema refuses. */
function faults(value: unknown): string[] {
  validate(value);
  return (validate.errors ?? []).map(({ instancePath, params }) => {
    const name = params.additionalProperty ?? params.missingProperty;
    return name === undefined ? instancePath : `${instancePath}/${name}`;
  });
}

test('the file beside the library is the schema of the keys', () => {
  assert.deepEqual(JSON.parse(readFileSync(BUILT, 'utf8')), configSchema());
});

test('the sample configurations are in order by the schema', () => {
  const names = readdirSync(EXAMPLES).filter((name) => /^websocksrv.*\.json$/.test(name));
  assert.ok(names.includes('websocksrv.json'));
  for (const name of names) {
    assert.deepEqual(faults(JSON.parse(readFileSync(new URL(name, EXAMPLES), 'utf8'))), [], name);
  }
});

/** Texts of values that no key of that type takes. */
const WRONG: Record<string, unknown> = { boolean: 'true', integer: 1.5, number: '1', string: 1 };

test('schema and driver refuse the same for every key', async () => {
  for (const [name, { type, default: raw }] of KEYS_BY_NAME) {
    const { schema } = type;
    const bad: unknown[] = [schema.type === undefined ? true : WRONG[schema.type], null];
    if (schema.minimum !== undefined) bad.push(schema.minimum - 1);
    if (schema.maximum !== undefined) bad.push(schema.maximum + 1);
    if (schema.enum !== undefined) bad.push('no such word');
    for (const value of bad) {
      const [first = name, member] = name.split('.');
      const config = {
        'path-users': users,
        'key-file': key,
        [first]: member === undefined ? value : { [member]: value },
      };
      assert.deepEqual([...new Set(faults(config))], [`/${name.replace('.', '/')}`], JSON.stringify(config));
      const result = await loadSettings(JSON.stringify(config), context);
      assert.ok(!result.ok && result.problems[0]?.includes(` ${name}: found `), JSON.stringify(config));
    }
    if (raw === undefined || typeof raw === 'function') continue;
    const [first = name, member] = name.split('.');
    const good = { 'path-users': users, [first]: member === undefined ? raw : { [member]: raw } };
    assert.deepEqual(faults(good), [], name);
  }
});

test('the schema knows aliases and what files have for others, and marks unknown keys', async () => {
  const known = {
    $schema: './websocksrv.schema.json',
    'path-users': users,
    'vscp-key-file': key,
    'max-out-queue': 5,
    tls: { certificate: '/c' },
    encryption: 'aes256',
    'mongoose-debug': true,
    write: true,
  };
  assert.deepEqual(faults(known), []);
  const result = await loadSettings(JSON.stringify(known), context);
  assert.ok(result.ok);
  assert.deepEqual(result.warnings, []);
  assert.deepEqual(faults({ 'path-users': users, interfase: 'x', tls: { crt: 1 } }).sort(), [
    '/interfase',
    '/tls/crt',
  ]);
  assert.deepEqual(faults({}), ['/path-users']);
});
