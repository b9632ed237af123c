import type { PackedEvent } from '../../src/history/event-batch.ts';

export const BEGIN = Date.UTC(2026, 0, 1);

/** The n-th value of a sensor: a temperature in °C each second, its value n. */
export function temperatureAt(n: number): PackedEvent {
  const data = Buffer.alloc(12);
  data[3] = 1;
  data.writeDoubleBE(n, 4);
  return {
    ...{ timeMs: BEGIN + n * 1000, head: 0x60, vscpClass: 1060, vscpType: 6 },
    ...{ guid: new Uint8Array(16).fill(7), data },
  };
}
