import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AllowedOrigins } from '../../src/http/allowed-origins.ts';

const LIST = [
  'https://hmi.example',
  'http://10.0.0.5:8080',
  'panel.local',
  'other.local:81',
  ' HTTP://Upper.Example:80/ ',
];

const TABLE: [list: string[], origin: string | undefined, allowed: boolean][] = [
  [['*'], 'https://evil.example', true],
  [['*'], 'null', true],
  [['*'], 'rubbish', true],
  [LIST, undefined, true],
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
  [[], 'https://hmi.example', false],
];

test('an origin is allowed exactly when the list names it', () => {
  for (const [list, origin, allowed] of TABLE) {
    assert.equal(new AllowedOrigins(list).allows(origin), allowed, `${origin} by ${list.join(' ')}`);
  }
});
