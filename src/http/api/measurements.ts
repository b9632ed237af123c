import { formatGuid } from '../../core/guid.ts';
import { decodeMeasurement } from '../../core/measurement.ts';
import { measurementName } from '../../core/names.ts';
import type { DriverEvent } from '../../vscp/event.ts';
import { calendarToNs, eventTimeNs, hasDate, isNanosecondEvent } from '../../vscp/event-time.ts';
import { dateTimeText } from '../../vscp/plain-event.ts';
import type { ItemReader } from './last-values.ts';

const NS_PER_MS = 1_000_000n;

/** Seconds since the time of an event; null when it carries none. */
function ageOf(event: DriverEvent, nowMs: number): number | null {
  if (!isNanosecondEvent(event) && !hasDate(event)) return null;
  const ns = isNanosecondEvent(event) ? eventTimeNs(event) : calendarToNs(event);
  return Math.round(nowMs - Number(ns / NS_PER_MS)) / 1000;
}

/** Decodes the measurements among some events; other events are left out. */
export function measurements(nowMs: number): ItemReader {
  return {
    read: (event) => {
      const measured = decodeMeasurement(event);
      if (measured === undefined || measured.kind !== 'measurement' || !Number.isFinite(measured.value))
        return [];
      const { type, value, unit, symbol, sensorIndex, zone, subzone, interfaceGuid } = measured;
      const item = {
        ...{ type, name: measurementName(type), value, unit, symbol, sensorIndex },
        ...(zone === undefined ? {} : { zone, subzone }),
        guid: interfaceGuid ?? formatGuid(event.guid),
        datetime: dateTimeText(event),
        age: ageOf(event, nowMs),
      };
      return [item];
    },
  };
}

/** The nodes that some last values (oldest first) come from. */
export function nodes(nowMs: number): ItemReader {
  const found = new Map<string, { values: number; latest: DriverEvent }>();
  return {
    read: (event) => {
      const guid = formatGuid(event.guid);
      found.set(guid, { values: (found.get(guid)?.values ?? 0) + 1, latest: event });
      return [];
    },
    *rest() {
      for (const [guid, { values, latest }] of found) {
        yield { guid, values, datetime: dateTimeText(latest), age: ageOf(latest, nowMs) };
      }
    },
  };
}
