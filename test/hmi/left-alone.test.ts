import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { type Alarm, MAX_ALARMS } from '../../examples/hmi/src/alarms/alarm.ts';
import { LeftAlone } from '../../examples/hmi/src/alarms/left-alone.ts';
import { deviceStorage } from './device-storage.ts';

let kept = new Map<string, string>();

beforeEach(() => {
  kept = deviceStorage();
});

const at = (since: number): Alarm => ({ since });

test('an alarm is left alone after a reload too, with the time that another panel gave it, until it rings anew', () => {
  new LeftAlone('alarmsHidden').add([['a', at(100_000)]]);
  const hidden = new LeftAlone('alarmsHidden');
  assert.deepEqual(
    [100_000, 100_900, 160_000].map((since) => hidden.has('a', at(since))),
    [true, true, false],
  );
  assert.equal(hidden.has('b', at(100_000)), false);
  assert.equal(new LeftAlone('alarmsSilenced').has('a', at(100_000)), false);
});

test('where the browser keeps nothing, an alarm is left alone as long as the page lives', () => {
  Object.assign(globalThis, { localStorage: undefined });
  const silenced = new LeftAlone('alarmsSilenced');
  silenced.add([['a', at(100_000)]]);
  assert.equal(silenced.has('a', at(100_000)), true);
  silenced.clear();
  assert.equal(silenced.has('a', at(100_000)), false);
});

test('what a device remembers of it is bounded, and the oldest go first', () => {
  const hidden = new LeftAlone('alarmsHidden');
  for (let i = 0; i < 3 * MAX_ALARMS; i += 1) hidden.add([[`a${i}`, at(i * 60_000)]]);
  assert.equal(Object.keys(JSON.parse([...kept.values()][0] ?? '')).length, MAX_ALARMS);
  assert.equal(hidden.has(`a${3 * MAX_ALARMS - 1}`, at((3 * MAX_ALARMS - 1) * 60_000)), true);
});
