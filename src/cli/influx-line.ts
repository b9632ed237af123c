import { eventTimeMs, type VscpEvent } from '../client/event.ts';
import { typeName } from '../client/names.ts';
import { decodeMeasurement, type Measurement } from '../core/measurement.ts';

/** The name under which InfluxDB keeps the points. */
const MEASUREMENT = 'vscp';

/** The protocol's timestamps have 64 bits with a sign. */
const MAX_TIME_NS = 2n ** 63n - 1n;

/**
 * Writes a measurement as a point in InfluxDB's line protocol: tags that tell the series, the value, and the
 * time in nanoseconds.
 * @param nowMs Unix time for events without a time of their own
 * @returns undefined for events that measure nothing, and for values that the protocol has no number for
 */
export function formatInfluxLine(event: VscpEvent, nowMs: number): string | undefined {
  const measurement = decodeMeasurement(event);
  if (measurement === undefined || measurement.kind === 'set' || !Number.isFinite(measurement.value)) return;
  const tags = Object.entries(tagsOf(event, measurement))
    // The protocol has no empty tags.
    .filter(([, value]) => value !== undefined && value !== '')
    .map(([name, value]) => `,${name}=${escapeTag(String(value))}`);
  return `${MEASUREMENT}${tags.join('')} value=${measurement.value} ${timeNs(event, nowMs)}`;
}

/** In the order of their names, which saves the database from sorting. */
function tagsOf(event: VscpEvent, measurement: Measurement): Record<string, string | number | undefined> {
  const { index, zone, subzone, sensorIndex, interfaceGuid, symbol } = measurement;
  return {
    class: event.vscpClass,
    guid: event.guid,
    index: index ?? sensorIndex,
    interface: interfaceGuid,
    name: typeName(event.vscpClass, event.vscpType),
    // Events with an index of their own in front of the value may differ in both.
    sensor: index === undefined ? undefined : sensorIndex,
    subzone,
    type: event.vscpType,
    unit: symbol,
    zone,
  };
}

/** What ends or parts a tag gets a backslash; the protocol has no way to write line breaks. */
function escapeTag(text: string): string {
  return text.replace(/[\r\n]+/g, ' ').replace(/[,= ]/g, '\\$&');
}

function timeNs(event: VscpEvent, nowMs: number): bigint {
  const ns = event.timestampNs ?? BigInt(eventTimeMs(event) ?? 0) * 1_000_000n;
  return ns > 0n && ns <= MAX_TIME_NS ? ns : BigInt(nowMs) * 1_000_000n;
}
