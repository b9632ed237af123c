import assert from 'node:assert/strict';
import { createDecipheriv, webcrypto } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { encryptLogin } from '../../src/client/login-crypto.ts';

interface Vector {
  from: string;
  key: string;
  iv: string;
  crypto: string;
  user: string;
  password: string;
}

const { login } = JSON.parse(readFileSync(new URL('../fixtures/auth.json', import.meta.url), 'utf8')) as {
  login: Vector[];
};
const ways = { WebCrypto: webcrypto.subtle as never, 'the AES library': null };

for (const [way, subtle] of Object.entries(ways)) {
  describe(`login text by ${way}`, () => {
    for (const { from, key, iv, crypto, user, password } of login) {
      it(`decrypts to user and password: ${from}, ${user}`, async () => {
        const made = await encryptLogin(user, password, key, iv, subtle);
        const decipher = createDecipheriv('aes-128-cbc', Buffer.from(key, 'hex'), Buffer.from(iv, 'hex'));
        assert.equal(decipher.update(made, 'hex', 'utf8') + decipher.final('utf8'), `${user}:${password}`);
        if (from.includes('pkcs7')) assert.equal(made, crypto);
      });
    }

    it('takes the first 32 digits of a longer key, in either case, with white space', async () => {
      const key = '2dbb079a 38985af00ebeefe22f9ffa0e';
      const iv = '0'.repeat(32);
      const long = await encryptLogin('a', 'b', `${key}\n${'F'.repeat(480)}`, iv, subtle);
      assert.equal(long, await encryptLogin('a', 'b', key.toUpperCase(), iv, subtle));
    });

    it('is refused for a key that is none', async () => {
      await assert.rejects(encryptLogin('a', 'b', 'xyz', '0'.repeat(32), subtle), { code: 'BAD_INPUT' });
    });
  });
}
