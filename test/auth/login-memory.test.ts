import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LoginMemory } from '../../src/auth/login-memory.ts';
import type { PasswordHash } from '../../src/auth/password.ts';

const hashOf = (byte: number): PasswordHash => ({
  kind: 'pbkdf2',
  salt: Buffer.alloc(16, byte),
  key: Buffer.alloc(32, byte),
});
const OLD = hashOf(1);
const NEW = hashOf(2);

test('a password is known to its user under its stored hash alone', () => {
  const memory = new LoginMemory();
  assert.equal(memory.knows('anna', OLD, 'x'), false);
  memory.remember('anna', OLD, 'x');
  assert.equal(memory.knows('anna', OLD, 'x'), true);
  assert.equal(memory.knows('anna', OLD, 'y'), false);
  assert.equal(memory.knows('anna', NEW, 'x'), false);
  assert.equal(memory.knows('ann', OLD, 'ax'), false);
  assert.equal(memory.knows('anna', { kind: 'md5', digest: Buffer.alloc(16, 1) }, 'x'), false);
});

test('what is forgotten is gone for that user alone, and from the bytes', () => {
  const bytes = new Uint8Array(32 + 64 * 128);
  const memory = new LoginMemory(bytes);
  for (const password of ['x', 'y', 'z']) memory.remember('anna', OLD, password);
  memory.remember('bert', OLD, 'x');
  memory.forget(['anna']);
  for (const password of ['x', 'y', 'z']) assert.equal(memory.knows('anna', OLD, password), false);
  assert.equal(memory.knows('bert', OLD, 'x'), true);
  memory.forget(['bert']);
  assert.ok(bytes.subarray(32).every((byte) => byte === 0));
});

test('a new memory over the same bytes knows the same, one over others nothing', () => {
  const bytes = new Uint8Array(32 + 64 * 128);
  new LoginMemory(bytes).remember('anna', OLD, 'x');
  assert.equal(new LoginMemory(bytes).knows('anna', OLD, 'x'), true);
  assert.equal(new LoginMemory(new Uint8Array(bytes.length)).knows('anna', OLD, 'x'), false);
});

test('nothing of user or password lies in the bytes, and the same login leaves others where the key is another', () => {
  const one = new Uint8Array(32 + 128);
  const other = new Uint8Array(32 + 128);
  for (const bytes of [one, other]) new LoginMemory(bytes).remember('annabella', OLD, 'correct horse');
  for (const text of ['annabella', 'correct horse']) assert.equal(Buffer.from(one).includes(text), false);
  assert.notDeepEqual(one.subarray(32), other.subarray(32));
});

test('it is bounded: of 10 000 users nearly all are known in half a megabyte, and the latest always', () => {
  const bytes = new Uint8Array(512 * 1024 + 64);
  const memory = new LoginMemory(bytes);
  for (let index = 0; index < 10_000; index++) {
    memory.remember(`user${index}`, OLD, 'x');
    assert.equal(memory.knows(`user${index}`, OLD, 'x'), true);
  }
  const known = Array.from({ length: 10_000 }, (_, index) => memory.knows(`user${index}`, OLD, 'x'));
  assert.ok(known.filter(Boolean).length > 9900, `${known.filter(Boolean).length} known`);
  // An edited file of users may name all of them; each on its own would hold the loop for half a minute.
  memory.forget(Array.from({ length: 10_000 }, (_, index) => `user${index}`));
  assert.ok(bytes.subarray(32).every((byte) => byte === 0));
  const small = new LoginMemory(new Uint8Array(32 + 128));
  for (let index = 0; index < 9; index++) small.remember(`user${index}`, OLD, 'x');
  const left = Array.from({ length: 9 }, (_, index) => small.knows(`user${index}`, OLD, 'x'));
  assert.deepEqual(left, [false, ...Array<boolean>(8).fill(true)]);
});

test('what is used again is not the next to be pushed out', () => {
  const small = new LoginMemory(new Uint8Array(32 + 128));
  for (let index = 0; index < 8; index++) small.remember(`user${index}`, OLD, 'x');
  small.remember('user0', OLD, 'x');
  small.remember('user8', OLD, 'x');
  assert.equal(small.knows('user0', OLD, 'x'), true);
  assert.equal(small.knows('user1', OLD, 'x'), false);
});
