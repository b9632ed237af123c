import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { escapeControls, redactFrame } from '../../src/logging/redact.ts';

const IV = '0123456789abcdef0123456789abcdef';
const CRYPTO = 'A1B2C3D4E5F60718293A4B5C6D7E8F90';

const FRAMES: [name: string, frame: string, shown: string][] = [
  ['ws1 AUTH', `C;AUTH;${IV};${CRYPTO}`, `C;AUTH;${IV};(hidden)`],
  ['ws1 AUTH with spaces and lower case', ` c ; auth ; ${IV} ; ${CRYPTO} \n`, ` c ; auth ; ${IV} ;(hidden)`],
  [
    'ws1 AUTH within a log line',
    `from 1.2.3.4: C;AUTH;${IV};${CRYPTO}`,
    `from 1.2.3.4: C;AUTH;${IV};(hidden)`,
  ],
  ['ws1 AUTH with bare credentials', 'C;AUTH;admin:do-not-log-me', 'C;AUTH;(hidden)'],
  ['ws1 AUTH with bare credentials in two fields', 'C;AUTH;admin;do-not-log-me', 'C;AUTH;(hidden)'],
  ['ws1 AUTH without an iv', `C;AUTH;${CRYPTO}`, 'C;AUTH;(hidden)'],
  [
    'ws2 AUTH',
    `{"type":"CMD","command":"AUTH","args":{"iv":"${IV}","crypto":"${CRYPTO}"}}`,
    `{"type":"CMD","command":"AUTH","args":{"iv":"${IV}","crypto":"(hidden)"}}`,
  ],
  ['ws2 AUTH cut off', `{"crypto" : "${CRYPTO}`, '{"crypto" : "(hidden)"'],
  ['a misspelt AUTH', `C;AUTH,${IV};${CRYPTO}${CRYPTO}`, `C;AUTH,${IV};(64 hex digits hidden)`],
  ['a misspelt AUTH of a short password', `X;AUTH ${IV} ${CRYPTO}`, `X;AUTH ${IV} (32 hex digits hidden)`],
  [
    'a password of users.json',
    `{"user":"a","password":"${IV};${CRYPTO}"}`,
    '{"user":"a","password":"(hidden)"}',
  ],
  ['an AUTH0 reply', `+;AUTH0;${IV}`, `+;AUTH0;${IV}`],
  ['an event', `E;0,30,5,0,,0,${'FF:'.repeat(15)}00,1`, `E;0,30,5,0,,0,${'FF:'.repeat(15)}00,1`],
];

for (const [name, frame, shown] of FRAMES) {
  test(`${name} is logged without its secret`, () => assert.equal(redactFrame(frame), shown));
}

test('no crypto text of a ws1 login survives, whatever stands around it', () => {
  const space = fc.constantFrom('', ' ', '\t');
  fc.assert(
    fc.property(
      fc.string(),
      space,
      space,
      fc.stringMatching(/^[0-9a-f]{32,128}$/),
      (before, a, b, crypto) => {
        assert.ok(!redactFrame(`${before}C${a};${b}AUTH;${IV};${crypto}`).includes(crypto));
      },
    ),
  );
});

test('no control character and no line separator survives', () => {
  assert.equal(
    escapeControls('a\nb\r\tc\x1b[31m\x00\x7f\x9b\u2028'),
    'a\\nb\\r\\tc\\x1b[31m\\x00\\x7f\\x9b\\u2028',
  );
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      assert.doesNotMatch(escapeControls(text), /[\p{Cc}\u2028\u2029]/u);
    }),
  );
});
