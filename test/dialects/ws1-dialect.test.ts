import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ws1Dialect } from '../../src/dialects/ws1-dialect.ts';
import type { Reply } from '../../src/session/dialect.ts';
import { type ErrorCode, PROTOCOL_ERRORS } from '../../src/session/protocol-error.ts';
import { readsWithoutThrowing, texts } from '../support/any-text.ts';

const CODES = Object.keys(PROTOCOL_ERRORS).map(Number) as ErrorCode[];

test('no text makes the parser throw, nor what it gives', () => {
  fc.assert(
    fc.property(texts('ws1'), (text) => readsWithoutThrowing(ws1Dialect, text)),
    { numRuns: 2000 },
  );
});

test('a message that begins with E; is an event whatever follows, one with C; a command', () => {
  fc.assert(
    fc.property(texts('ws1'), fc.constantFrom('E', 'e', ' E ', 'C', 'c', '\tC'), (text, letter) => {
      const request = ws1Dialect.parse(`${letter};${text}`);
      assert.equal(request.kind, letter.trim().toUpperCase() === 'E' ? 'event' : 'command');
    }),
  );
});

test('the word of an unknown command comes back in one field of one line', () => {
  fc.assert(
    fc.property(texts('ws1'), fc.constantFrom(...CODES), (text, code) => {
      const request = ws1Dialect.parse(`C;${text}`);
      assert.ok(request.kind === 'command');
      const frame = ws1Dialect.formatReply({ ok: false, code }, request.spelling, request.spelling);
      assert.equal(frame.split(';').length, 4);
      assert.ok(frame.startsWith('-;') && frame.endsWith(`;${code};${PROTOCOL_ERRORS[code]}`));
      // biome-ignore lint/suspicious/noControlCharactersInRegex: finding them is the purpose
      assert.doesNotMatch(frame, /[\u0000-\u001f]/);
      assert.ok(frame.length < 200);
    }),
  );
});

test('the fields of a positive reply stay apart, whatever they hold', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'binary' }), { minLength: 1 }), (fields) => {
      const reply: Reply = { ok: true, fields };
      assert.equal(ws1Dialect.formatReply(reply, 'x', 'WORD').split(';').length, fields.length + 2);
    }),
  );
});

test('error texts are those of the specification', () => {
  const frames = CODES.map((code) => ws1Dialect.formatRefusal(code, 'ignored'));
  assert.deepEqual(frames, [
    '-;0;Everything is OK.',
    '-;1;Syntax error.',
    '-;2;Unknown command.',
    '-;3;Transmit buffer full.',
    '-;4;Having problems to allocate memory.',
    '-;5;Not authorised.',
    '-;6;Not allowed to send event.',
    '-;7;Not allowed to do that (check privileges)',
    '-;8;Parse error, invalid format.',
    "-;9;Unknown type, only know 'COMMAND' and 'EVENT'.",
    '-;10;Exception or other general error.',
  ]);
});
