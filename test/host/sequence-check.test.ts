import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SequenceCheck } from '../../src/host/sequence-check.ts';

function checkAt(): { check: SequenceCheck; clock: { ms: number }; take(...numbers: number[]): boolean[] } {
  const clock = { ms: 0 };
  const check = new SequenceCheck(() => clock.ms);
  return {
    check,
    clock,
    take: (...numbers) => numbers.map((n) => check.isNew(SequenceCheck.format('node-1', 'r1', n))),
  };
}

test('a repeat is recognised, and the first message of a sender may have any number', () => {
  const { check, take } = checkAt();
  assert.deepEqual(take(7, 8, 8, 7, 9), [true, true, false, false, true]);
  check.sweep();
  assert.equal(check.lost, 0);
});

test('a gap counts as lost once it is too old to be filled', () => {
  const { check, clock, take } = checkAt();
  assert.deepEqual(take(1, 5, 3, 3), [true, true, true, false]);
  check.sweep();
  assert.equal(check.lost, 0);
  clock.ms = 5000;
  check.sweep();
  assert.equal(check.lost, 2);
  assert.deepEqual(take(2), [false], 'it counts as lost already');
});

test('a huge gap costs no memory and is counted', () => {
  const { check, clock, take } = checkAt();
  take(1, 1_000_000_000);
  clock.ms = 5000;
  check.sweep();
  assert.equal(check.lost, 999_999_998);
});

test('a sender that was started again begins anew', () => {
  const { check, take } = checkAt();
  take(1, 2, 3);
  assert.equal(check.isNew('node-1 r2 1'), true);
  assert.equal(check.isNew('node-1 r2 1'), false);
  assert.equal(check.lost, 0);
});

test('the first messages of a sender that was started again are counted when they do not come', () => {
  const { check, clock, take } = checkAt();
  take(1, 2, 3);
  assert.equal(check.isNew('node-1 r2 3'), true);
  assert.equal(check.isNew('node-1 r2 1'), true, 'a late one is none that is lost');
  clock.ms = 5000;
  check.sweep();
  assert.equal(check.lost, 1);
});

test('what is still under way of the run before a start does not count as a start', () => {
  const { check, clock, take } = checkAt();
  take(1, 2, 3);
  for (const [text, isNew] of [
    ['node-1 r2 1', true],
    ['node-1 r1 4', true],
    ['node-1 r2 2', true],
    ['node-1 r2 2', false],
  ] as const) {
    assert.equal(check.isNew(text), isNew, text);
  }
  clock.ms = 5000;
  check.sweep();
  assert.equal(check.lost, 0);
});

test('what is no number of ours tells nothing', () => {
  const { check } = checkAt();
  for (const text of [undefined, '', 'x', 'a b c', ['a r 1', 'a r 1'], 'a r -1', `${'a'.repeat(100)} r 1`]) {
    assert.equal(check.isNew(text), true);
    assert.equal(check.isNew(text), true);
  }
});

test('the number of senders is bounded', () => {
  const { check } = checkAt();
  for (let sender = 0; sender < 5000; sender++) check.isNew(`s${sender} r 1`);
  assert.equal(check.isNew('s4999 r 1'), false);
  assert.equal(check.isNew('s1 r 1'), true, 'forgotten');
});
