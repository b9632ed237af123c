import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import {
  hashPassword,
  type PasswordHash,
  parsePasswordHash,
  UNMATCHABLE_HASH,
  verifyPassword,
} from '../../src/auth/password.ts';

const vectors: { hashes: { user: string; password: string; stored: string }[] } = JSON.parse(
  readFileSync(new URL('../fixtures/auth.json', import.meta.url), 'utf8'),
);

function hashOf(stored: string): PasswordHash {
  const hash = parsePasswordHash(stored);
  assert.ok(hash.ok);
  return hash.value;
}

describe('password hash', () => {
  for (const { user, password, stored } of vectors.hashes) {
    test(`of ${user}, ${stored.length} characters, is verified in either case of its digits`, async () => {
      for (const text of [stored.toLowerCase(), ` ${stored.toUpperCase()} `]) {
        assert.equal(await verifyPassword(hashOf(text), user, password), true);
      }
      assert.equal(await verifyPassword(hashOf(stored), user, `${password}x`), false);
      assert.equal(await verifyPassword(hashOf(stored), `${user}x`, password), false);
    });
  }

  const salt = '0'.repeat(32);
  const key = '0'.repeat(64);
  const refused = [
    '',
    'x',
    salt.slice(1),
    `${salt};`,
    `;${key}`,
    `${salt};${key}0`,
    `${salt}0;${key}`,
    `${salt}${key}`,
  ];
  for (const text of [...refused, `${salt}:${key}`, `g${salt.slice(1)}`, `${salt};${key};${key}`, 'secret']) {
    test(`${JSON.stringify(text)} is refused, and not repeated in the reason`, () => {
      const hash = parsePasswordHash(text);
      assert.ok(!hash.ok);
      assert.ok(text.length < 2 || !hash.reason.includes(text));
    });
  }

  test('a new hash is upper-case hex with a fresh salt and verifies the password', async () => {
    const stored = await hashPassword('åsa', 'lö:sen;');
    assert.match(stored, /^[0-9A-F]{32};[0-9A-F]{64}$/);
    assert.equal(await verifyPassword(hashOf(stored), 'åsa', 'lö:sen;'), true);
    assert.notEqual(await hashPassword('åsa', 'lö:sen;'), stored);
  });

  test('nothing verifies against the hash for users that do not exist', async () => {
    assert.equal(await verifyPassword(UNMATCHABLE_HASH, '', ''), false);
    assert.equal(await verifyPassword(UNMATCHABLE_HASH, 'admin', 'secret'), false);
  });
});
