import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isOriginEntry } from '../../src/config/origin-entry.ts';
import { AllowedOrigins } from '../../src/http/allowed-origins.ts';

const LIST = [
  'https://hmi.example',
  'http://10.0.0.5:8080',
  'panel.local',
  'other.local:81',
  ' HTTP://Upper.Example:80/ ',
];

const TABLE: [list: string[], origin: string, allowed: boolean][] = [
  [['*'], 'https://evil.example', true],
  [['*'], 'null', true],
  [['*'], 'rubbish', true],
  [LIST, 'https://hmi.example', true],
  [LIST, 'https://HMI.example', true],
  [LIST, 'https://hmi.example:443', true],
  [LIST, 'http://hmi.example', false],
  [LIST, 'https://hmi.example:444', false],
  [LIST, 'https://hmi.example.evil', false],
  [LIST, 'https://evil.example/https://hmi.example', false],
  [LIST, 'https://hmi.example@evil.example', false],
  [LIST, 'https://sub.hmi.example', false],
  [LIST, 'http://10.0.0.5:8080', true],
  [LIST, 'http://10.0.0.5', false],
  [LIST, 'http://panel.local', true],
  [LIST, 'https://panel.local', true],
  [LIST, 'http://panel.local:8080', false],
  [LIST, 'http://other.local:81', true],
  [LIST, 'http://upper.example', true],
  [LIST, 'null', false],
  [LIST, '', false],
  [LIST, 'https://hmi.example, https://evil.example', false],
  [LIST, 'file://', false],
  [['null'], 'null', true],
  [['file://'], 'file://', true],
  [['file:///'], 'file://', true],
  [['file://'], 'null', false],
  [['file://'], 'file://evil.example', false],
  [['hmi.example:8443'], 'https://hmi.example:8443', true],
  [['hmi.example:8443'], 'http://hmi.example:8443', true],
  [['hmi.example:8443'], 'https://hmi.example', false],
  [['[fd00::7]:8884'], 'http://[fd00::7]:8884', true],
  [['capacitor://localhost'], 'capacitor://localhost', true],
  [[], 'https://hmi.example', false],
];

test('an origin is allowed exactly when the list names it', () => {
  for (const [list, origin, allowed] of TABLE) {
    assert.equal(new AllowedOrigins(list).allows(origin), allowed, `${origin} by ${list.join(' ')}`);
  }
});

test('the validator takes every form of an entry that the reference names, and refuses what could never match', () => {
  const good = [
    '*',
    'null',
    'file://',
    'hmi.example',
    'hmi.example:8443',
    'https://hmi.example:8443/',
    '[::1]:80',
  ];
  for (const entry of good) assert.ok(isOriginEntry(entry), entry);
  for (const entry of ['https://', 'https://a/b', 'a b', 'user@host', 'hmi.example/', '*.example', 'a:b']) {
    assert.ok(!isOriginEntry(entry), entry);
  }
});
