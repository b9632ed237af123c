import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ServerClock } from '../../examples/hmi/src/store/server-clock.ts';
import { leastRange, tickDecimals } from '../../examples/hmi/src/views/plot/scale.ts';
import type { VscpEvent } from '../../src/client/index.ts';

describe('labels of an axis', () => {
  const rows: [number[], string[]][] = [
    [
      [12.5, 15, 17.5, 20],
      ['12.5', '15.0', '17.5', '20.0'],
    ],
    [
      [0, 0.25, 0.5, 0.75],
      ['0.00', '0.25', '0.50', '0.75'],
    ],
    [
      [0, 500, 1000, 1500],
      ['0', '500', '1000', '1500'],
    ],
    [
      [0.1, 0.2, 0.1 + 0.2],
      ['0.1', '0.2', '0.3'],
    ],
    [
      [21.5, 21.505, 21.51],
      ['21.500', '21.505', '21.510'],
    ],
  ];
  for (const [ticks, labels] of rows) {
    it(`tell ${ticks.join(', ')} as they are`, () => {
      const decimals = tickDecimals(ticks);
      assert.deepEqual(
        ticks.map((tick) => tick.toFixed(decimals)),
        labels,
      );
    });
  }
});

describe('the small line of a tile', () => {
  it('shows a step of 0.01 °C as next to nothing, one of 5 °C in full height', () => {
    const small = leastRange(21.5, 21.51, 2);
    assert.ok(0.01 / (small.high - small.low) < 0.1);
    assert.deepEqual(leastRange(17, 22, 1), { low: 17, high: 22 });
  });

  it('has a height for values that stay the same, zero too', () => {
    for (const [value, decimals] of [
      [0, 0],
      [230, 1],
      [-4, 2],
    ] as const) {
      const { low, high } = leastRange(value, value, decimals);
      assert.ok(low < value && high > value && low + high === 2 * value, `${value}: ${low} to ${high}`);
    }
  });
});

function eventAt(dateTime: string, timestamp = 0): VscpEvent {
  const guid = '00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00';
  return { head: 0, obid: 0, dateTime, timestamp, vscpClass: 20, vscpType: 7, guid, data: Uint8Array.of() };
}

describe('times of the server on this device', () => {
  const NOW = Date.UTC(2026, 10, 26, 12);
  const agesS = (clock: ServerClock, ...dates: string[]) =>
    clock
      .old(
        dates.map((date) => eventAt(date)),
        NOW,
      )
      .map(({ moment }) => Math.round((NOW - moment.at) / 1000));

  it('are as old as the server says, however far its clock is off', () => {
    for (const offMs of [0, 600_000, -600_000, -56 * 365 * 86_400_000]) {
      const clock = new ServerClock();
      clock.set(-offMs);
      const at = (agoS: number) => new Date(NOW + offMs - agoS * 1000).toISOString();
      assert.deepEqual(agesS(clock, at(90), at(30)), [90, 30], `${offMs} ms off`);
    }
  });

  it('follow live events when these tell another difference than the server did', () => {
    const clock = new ServerClock();
    clock.set(0);
    for (let i = 0; i < 20; i += 1) clock.live(eventAt('2026-11-26T11:50:00Z'), NOW);
    assert.deepEqual(agesS(clock, '2026-11-26T11:49:00Z'), [60]);
  });

  it('from before its clock was set do not stretch a plot over half a century', () => {
    const clock = new ServerClock();
    clock.set(0);
    const [boot, later] = ['1970-01-01T00:00:10Z', '1970-01-01T00:00:40Z'];
    assert.deepEqual(
      agesS(clock, boot, later, '2026-11-26T11:59:00Z', '2026-11-26T11:59:30Z'),
      [90, 60, 60, 30],
    );
  });

  it('are never later than now', () => {
    const clock = new ServerClock();
    assert.deepEqual(agesS(clock, '2026-11-26T13:00:00Z', '2026-11-26T12:59:00Z'), [60, 0]);
  });

  it('are read as the same when they are looked at again, though dates of whole seconds swing', () => {
    const clock = new ServerClock();
    const listen = (leadMs: number) => {
      for (let i = 0; i < 20; i += 1) clock.live(eventAt('2026-11-26T12:00:00Z'), NOW + leadMs);
      return clock.steadyAheadMs;
    };
    assert.deepEqual(
      [listen(0), listen(900), listen(100), listen(600_000), listen(600_900)],
      [0, 0, 0, 600_000, 600_000],
    );
  });

  it('within a second are told apart by the time stamp', () => {
    const events = [eventAt('2026-11-26T11:59:30Z', 900_000), eventAt('2026-11-26T11:59:30Z', 100)];
    const stamps = new ServerClock().old(events, NOW).map(({ event }) => event.timestamp);
    assert.deepEqual(stamps, [100, 900_000]);
  });
});
