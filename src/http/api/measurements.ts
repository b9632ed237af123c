import { formatGuid } from '../../core/guid.ts';
import { decodeMeasurement } from '../../core/measurement.ts';
import { measurementName } from '../../core/names.ts';
import type { DriverEvent } from '../../vscp/event.ts';
import { calendarToNs, eventTimeNs, hasDate, isNanosecondEvent } from '../../vscp/event-time.ts';
import { dateTimeText } from '../../vscp/plain-event.ts';

const NS_PER_MS = 1_000_000n;

/** Seconds since the time of an event; null when it carries none. */
function ageOf(event: DriverEvent, nowMs: number): number | null {
  if (!isNanosecondEvent(event) && !hasDate(event)) return null;
  const ns = isNanosecondEvent(event) ? eventTimeNs(event) : calendarToNs(event);
  return Math.round(nowMs - Number(ns / NS_PER_MS)) / 1000;
}

/** Decodes the measurements among some events; other events are left out. */
export function measurementsIn(events: readonly DriverEvent[], nowMs: number): object[] {
  return events.flatMap((event) => {
    const measured = decodeMeasurement(event);
    if (measured === undefined || measured.kind !== 'measurement' || !Number.isFinite(measured.value))
      return [];
    const { type, value, unit, symbol, sensorIndex, zone, subzone, interfaceGuid } = measured;
    return {
      ...{ type, name: measurementName(type), value, unit, symbol, sensorIndex },
      ...(zone === undefined ? {} : { zone, subzone }),
      guid: interfaceGuid ?? formatGuid(event.guid),
      datetime: dateTimeText(event),
      age: ageOf(event, nowMs),
    };
  });
}

/** The nodes that some last values (oldest first) come from. */
export function nodesIn(events: readonly DriverEvent[], nowMs: number): object[] {
  const nodes = new Map<string, { values: number; latest: DriverEvent }>();
  for (const event of events) {
    const guid = formatGuid(event.guid);
    nodes.set(guid, { values: (nodes.get(guid)?.values ?? 0) + 1, latest: event });
  }
  return [...nodes].map(([guid, { values, latest }]) => ({
    ...{ guid, values },
    datetime: dateTimeText(latest),
    age: ageOf(latest, nowMs),
  }));
}
