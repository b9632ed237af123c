import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ws2Dialect } from '../../src/dialects/ws2-dialect.ts';
import { type ErrorCode, PROTOCOL_ERRORS } from '../../src/session/protocol-error.ts';
import { jsonValues, readsWithoutThrowing, texts } from '../support/any-text.ts';

const CODES = Object.keys(PROTOCOL_ERRORS).map(Number) as ErrorCode[];

test('no text makes the parser throw, nor what it gives', () => {
  fc.assert(
    fc.property(texts('ws2'), (text) => readsWithoutThrowing(ws2Dialect, text)),
    { numRuns: 2000 },
  );
});

test('no JSON value does, as a message, as args or as an event', () => {
  fc.assert(
    fc.property(jsonValues, fc.constantFrom('SF', 'AUTH', 'LAST', 'NOOP'), (value, command) => {
      readsWithoutThrowing(ws2Dialect, JSON.stringify(value));
      readsWithoutThrowing(ws2Dialect, JSON.stringify({ type: 'CMD', command, args: value }));
      readsWithoutThrowing(ws2Dialect, JSON.stringify({ type: 'EVENT', event: value }));
    }),
    { numRuns: 2000 },
  );
});

test('a refusal names the command, its code in both spellings, and is JSON whatever the word', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.constantFrom(...CODES), (word, code) => {
      const request = ws2Dialect.parse(JSON.stringify({ type: 'CMD', command: word }));
      assert.ok(request.kind === 'command');
      const frame = ws2Dialect.formatReply({ ok: false, code }, request.spelling, 'OTHER');
      assert.deepEqual(JSON.parse(frame), {
        type: '-',
        command: request.spelling,
        errcode: code,
        errstr: PROTOCOL_ERRORS[code],
        'error-code': code,
        'error-str': PROTOCOL_ERRORS[code],
        args: null,
      });
    }),
  );
});

test('messages do not reach into the prototype of anything', () => {
  ws2Dialect.parse('{"__proto__":{"type":"CMD","command":"NOOP"},"constructor":{"prototype":{"args":1}}}');
  const request = ws2Dialect.parse('{"type":"CMD","command":"SF","args":{"__proto__":{"filter_class":10}}}');
  assert.ok(request.kind === 'command');
  const filter = request.args.filter();
  assert.ok(filter.ok && filter.value.filterClass === 0);
  assert.equal(({} as Record<string, unknown>).type, undefined);
  assert.equal(({} as Record<string, unknown>).args, undefined);
});
