import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { loadSettings } from '../../src/config/load-settings.ts';

// Any readable file will do, because nobody reads it.
const FILE = fileURLToPath(import.meta.url);

const load = (mqtt: unknown, isDaemon = false) =>
  loadSettings(JSON.stringify({ interface: 'ws://127.0.0.1:0', 'path-users': FILE, mqtt }), {
    guid: new Uint8Array(16),
    isDaemon,
  });

const WRONG: readonly (readonly [keys: object, expected: RegExp])[] = [
  [{ url: 'http://x' }, /mqtt\.url: found "http:\/\/x", expected list of brokers/],
  [{ url: 'mqtt://x:70000' }, /mqtt\.url: found/],
  [{ url: 'mqtt://user:secret@x' }, /mqtt\.url: found/],
  [{ publish: 'vscp/{{what}}' }, /mqtt\.publish: found "vscp\/\{\{what\}\}", expected a topic without/],
  [{ publish: 'vscp/#' }, /mqtt\.publish: found/],
  [{ publish: 'vscp/all' }, /mqtt\.publish: found/],
  [{ subscribe: ['a/#/b'] }, /mqtt\.subscribe: found/],
  [{ subscribe: ['$share/x/a'] }, /mqtt\.subscribe: found/],
  [{ subscribe: ['a/b+'] }, /mqtt\.subscribe: found/],
  [{ qos: 2 }, /mqtt\.qos: found 2, expected a whole number from 0 to 1/],
  [{ guid: '-' }, /mqtt\.guid: found "-", expected a GUID/],
  [{ 'client-id': 'a b' }, /mqtt\.client-id: found "a b", expected a name/],
  [{ 'node-number': 65_536 }, /mqtt\.node-number: found/],
  [{ cert: FILE }, /mqtt\.key: found nothing, expected path of a PEM file, because mqtt\.cert is given/],
  [{ 'password-file': '/does/not/exist' }, /mqtt\.password-file: found .* expected a readable file/],
];

test('a fault in a key of the broker is a problem for serve and only a warning in a daemon', async () => {
  for (const [keys, expected] of WRONG) {
    const served = await load({ url: 'mqtt://localhost', ...keys });
    assert.ok(!served.ok);
    assert.match(served.problems.join('\n'), expected);
    const driven = await load(keys, true);
    assert.ok(driven.ok, JSON.stringify(driven));
    assert.match(driven.warnings.join('\n'), expected);
  }
  // In a daemon's own file the group may be another thing.
  for (const mqtt of ['on', [{ topic: 'x' }], { host: 'localhost', publish: [{ topic: 'x', qos: 0 }] }]) {
    assert.ok((await load(mqtt, true)).ok);
  }
});

test('the keys of the broker: defaults, lists and what a daemon says about them', async () => {
  const loaded = await load({ url: 'mqtt://one, mqtts://[::1]:8883', subscribe: 'a/+/b, c/#' });
  assert.ok(loaded.ok);
  const { guid, ...mqtt } = loaded.settings.mqtt;
  assert.deepEqual(mqtt, {
    url: ['mqtt://one', 'mqtts://[::1]:8883'],
    nodeNumber: 0,
    subscribe: ['a/+/b', 'c/#'],
    publish: 'vscp/{{guid}}/{{class}}/{{type}}',
    format: 'json',
    qos: 1,
    retainLast: false,
  });
  assert.equal(guid.length, 16);
  const driven = await load({ url: 'mqtt://one' }, true);
  assert.match(driven.warnings.join(), /mqtt\.url: has no effect in a daemon/);
});
