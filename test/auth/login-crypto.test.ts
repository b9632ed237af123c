import assert from 'node:assert/strict';
import { createCipheriv } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { decryptLogin } from '../../src/auth/login-crypto.ts';

interface Vectors {
  login: { from: string; key: string; iv: string; crypto: string; user: string; password: string }[];
}
const vectors: Vectors = JSON.parse(readFileSync(new URL('../fixtures/auth.json', import.meta.url), 'utf8'));
const KEY = Buffer.from('2DBB079A38985AF00EBEEFE22F9FFA0E', 'hex');
const IV = '2B0C2E640B19084868FEBAEEA892D8EC';

type Padding = 'zero' | 'zero-extra' | 'space' | 'pkcs7';

/** Encrypts as the clients with that padding do. */
function encrypt(plain: Buffer, padding: Padding): string {
  const missing = (16 - (plain.length % 16)) % 16;
  const fill: Record<Padding, Buffer> = {
    zero: Buffer.alloc(missing),
    'zero-extra': Buffer.alloc(missing + 16),
    space: Buffer.alloc(missing, ' '),
    pkcs7: Buffer.alloc(missing || 16, missing || 16),
  };
  const cipher = createCipheriv('aes-128-cbc', KEY, Buffer.from(IV, 'hex')).setAutoPadding(false);
  return Buffer.concat([cipher.update(plain), cipher.update(fill[padding]), cipher.final()]).toString('hex');
}

describe('login cipher', () => {
  for (const { from, key, iv, crypto, user, password } of vectors.login) {
    test(`${from}: ${user}`, () => {
      const expected = { ok: true, value: { user, password } };
      assert.deepEqual(decryptLogin(Buffer.from(key, 'hex'), iv, crypto), expected);
      assert.deepEqual(
        decryptLogin(Buffer.from(key, 'hex'), iv.toLowerCase(), ` ${crypto.toLowerCase()}\n`),
        expected,
      );
    });
  }

  test('every user and password comes back, whichever the padding and up to 16 blocks', () => {
    const text = (maxLength: number) => fc.string({ unit: 'grapheme', minLength: 1, maxLength });
    // Trimmed: blanks around the whole cannot be told from padding. Neither can low control characters.
    const users = text(20).filter((user) => user === user.trim() && !/[:;\p{Cc}\p{Cs}]/u.test(user));
    const passwords = text(60).filter(
      (password) => password === password.trim() && !/[\p{Cc}\p{Cs}]/u.test(password),
    );
    const paddings = fc.constantFrom<Padding>('zero', 'zero-extra', 'space', 'pkcs7');
    fc.assert(
      fc.property(users, passwords, paddings, (user, password, padding) => {
        const plain = Buffer.from(`${user}:${password}`);
        fc.pre(plain.length <= 15 * 16);
        assert.deepEqual(decryptLogin(KEY, IV, encrypt(plain, padding)), {
          ok: true,
          value: { user, password },
        });
      }),
    );
  });

  test('the password is everything behind the first colon', () => {
    const result = decryptLogin(KEY, IV, encrypt(Buffer.from('me:a:b::c;d'), 'zero'));
    assert.deepEqual(result, { ok: true, value: { user: 'me', password: 'a:b::c;d' } });
  });

  test('an empty password is a password', () => {
    assert.deepEqual(decryptLogin(KEY, IV, encrypt(Buffer.from('me:'), 'pkcs7')), {
      ok: true,
      value: { user: 'me', password: '' },
    });
  });

  test('16 blocks are read, 17 and none are not', () => {
    const login = (length: number) =>
      decryptLogin(KEY, IV, encrypt(Buffer.from(`me:${'x'.repeat(length - 3)}`), 'zero'));
    assert.equal(login(256).ok, true);
    assert.equal(login(272).ok, false);
    assert.equal(decryptLogin(KEY, IV, '').ok, false);
  });

  const good = encrypt(Buffer.from('admin:secret'), 'zero');
  const refused: [string, string, string][] = [
    ['an iv of 31 digits', IV.slice(1), good],
    ['an iv of 33 digits', `${IV}0`, good],
    ['an iv that is not hex', IV.replace('2', 'G'), good],
    ['no iv', '', good],
    ['half a byte missing', IV, good.slice(1)],
    ['half a block', IV, good.slice(16)],
    ['text that is not hex', IV, good.replace(/./, 'x')],
    ['no colon', IV, encrypt(Buffer.from('adminsecret'), 'zero')],
    ['no user', IV, encrypt(Buffer.from(':secret'), 'zero')],
    ['nothing but padding', IV, encrypt(Buffer.alloc(16), 'zero')],
    ['text that is no UTF-8', IV, encrypt(Buffer.from([0x61, 0x3a, 0xff, 0xfe]), 'zero')],
  ];
  for (const [name, iv, crypto] of refused) {
    test(`is refused with ${name}`, () => {
      assert.equal(decryptLogin(KEY, iv, crypto).ok, false);
    });
  }

  test('no input makes it throw, and no refusal repeats what was sent', () => {
    const hex = fc.string({ unit: fc.constantFrom(...'0123456789abcdef'), minLength: 32, maxLength: 128 });
    fc.assert(
      fc.property(fc.oneof(hex, fc.string()), fc.oneof(hex, fc.string()), (iv, crypto) => {
        const result = decryptLogin(KEY, iv, crypto);
        if (!result.ok) assert.ok(crypto.length < 9 || !result.reason.includes(crypto));
      }),
    );
  });
});
