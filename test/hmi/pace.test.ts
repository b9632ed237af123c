import assert from 'node:assert/strict';
import { it } from 'node:test';
import { Pace } from '../../examples/hmi/src/ui/pace.ts';

it('a pace lets through once per interval, and goes on when the clock is set back', () => {
  const pace = new Pace(500);
  const times = [10_000, 10_499, 10_500, 10_600, 3_000, 3_499, 3_500];
  assert.deepEqual(
    times.map((now) => pace.isDue(now)),
    [true, false, true, false, true, false, true],
  );
});
