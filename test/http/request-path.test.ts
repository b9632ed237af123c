import assert from 'node:assert/strict';
import { test } from 'node:test';
import { printable, requestPath, samePath } from '../../src/http/request-path.ts';

test('a request target gives its path without query and fragment', () => {
  const table: [string, string | undefined][] = [
    ['/', '/'],
    ['/ws1', '/ws1'],
    ['/ws1?a=b', '/ws1'],
    ['/ws1/?a=/x', '/ws1/'],
    ['/a%2fb#c?d', '/a%2fb'],
    ['//a', '//a'],
    ['http://host', '/'],
    ['http://host/ws2?x', '/ws2'],
    ['HTTPS://host:1/a', '/a'],
    ['*', undefined],
    ['', undefined],
    ['host:443', undefined],
    ['ftp://host/a', undefined],
  ];
  for (const [target, path] of table) {
    const parsed = requestPath(target);
    assert.equal(parsed.ok ? parsed.value : undefined, path, target);
  }
});

test('paths are the same with and without a trailing slash, and only then', () => {
  assert.ok(samePath('/ws1', '/ws1'));
  assert.ok(samePath('/ws1/', '/ws1'));
  assert.ok(samePath('/', '/'));
  assert.ok(!samePath('/ws1//', '/ws1'));
  assert.ok(!samePath('/WS1', '/ws1'));
  assert.ok(!samePath('/ws1/x', '/ws1'));
});

test('text of a peer is logged as bounded printable ASCII', () => {
  assert.equal(printable('a\r\nb\x1b[31m\u009b\u2028é'), 'a??b?[31m???');
  assert.equal(printable('x'.repeat(300)), `${'x'.repeat(200)}...`);
});
