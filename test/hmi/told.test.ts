import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MAX_ALARMS } from '../../examples/hmi/src/alarms/alarm.ts';
import { Told } from '../../examples/hmi/src/alarms/told.ts';
import { deviceStorage } from './device-storage.ts';

test('of two pages of a device, one tells an alarm, also when their clocks differ', () => {
  deviceStorage();
  const [one, other] = [new Told(), new Told()];
  assert.deepEqual([one.note('a', 10_000), other.note('a', 10_700)], [true, false]);
  assert.deepEqual([other.note('a', 60_000), one.note('a', 59_500)], [true, false]);
});

test('a page tells anew what rings anew at once', () => {
  deviceStorage();
  const [one, other] = [new Told(), new Told()];
  assert.deepEqual(
    [one.note('a', 10_000), one.note('a', 12_000), other.note('a', 12_000)],
    [true, true, false],
  );
});

test('what a device remembers of it is bounded', () => {
  const kept = deviceStorage();
  const told = new Told();
  for (let since = 1; since <= 10 * MAX_ALARMS; since += 1) told.note(`alarm ${since}`, since);
  const [text = ''] = kept.values();
  assert.equal(Object.keys(JSON.parse(text)).length, MAX_ALARMS);
  assert.equal(told.note('alarm 1', 1), true);
});
