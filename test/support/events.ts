import type { DriverEvent, EventFormat } from '../../src/vscp/event.ts';
import { EVENT_TEXT_MAX, writeEventText } from '../../src/vscp/event-text.ts';

/** An ordinary temperature event in which the test replaces what it cares about. */
export function makeEvent(fields: Partial<DriverEvent> = {}): DriverEvent {
  return {
    head: 0x60,
    obid: 0,
    year: 2026,
    month: 1,
    day: 2,
    hour: 3,
    minute: 4,
    second: 5,
    timestamp: 123456,
    timestampNs: 0n,
    vscpClass: 10,
    vscpType: 6,
    guid: Uint8Array.from([255, 255, 255, 255, 255, 255, 255, 245, 0, 0, 0, 0, 0, 2, 0, 0]),
    data: Uint8Array.from([0x89, 0x82, 0x08, 0xc5]),
    ...fields,
  };
}

/** The ws1 text of an event, without the leading `E;`. */
export function eventText(event: DriverEvent, format: EventFormat): string {
  const target = Buffer.alloc(EVENT_TEXT_MAX);
  return target.toString('latin1', 0, writeEventText(event, target, 0, format));
}
