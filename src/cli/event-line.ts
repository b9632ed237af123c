import type { VscpEvent } from '../client/event.ts';
import { classToken, typeName } from '../client/names.ts';
import { errorMessage } from '../core/errors.ts';
import type { EventInput } from '../core/event.ts';
import { formatGuid } from '../core/guid.ts';
import { decodeMeasurement } from '../core/measurement.ts';
import type { DriverEvent, Parsed } from '../vscp/event.ts';
import { eventFromJson } from '../vscp/event-json.ts';
import { parseEventText } from '../vscp/event-text.ts';
import { eventTimeNs } from '../vscp/event-time.ts';
import { isZeroGuid } from '../vscp/guid.ts';
import { parseUint } from '../vscp/number-text.ts';

/** Writes an event on one line for people. */
export function formatEventLine(event: VscpEvent): string {
  const time = event.timestampNs === undefined ? event.dateTime : nsTime(event.timestampNs);
  const name = `${classToken(event.vscpClass) ?? `class ${event.vscpClass}`} ${typeName(event.vscpClass, event.vscpType)}`;
  const data = Array.from(event.data, (byte) => byte.toString(16).padStart(2, '0')).join(' ');
  const value = measured(event);
  return [
    time === '' ? '-' : time,
    `${event.vscpClass}:${event.vscpType}`.padEnd(8),
    name,
    event.guid,
    `[${data}]`,
    ...(value === '' ? [] : [`= ${value}`]),
  ].join('  ');
}

function nsTime(ns: bigint): string {
  const time = new Date(Number(ns / 1_000_000n));
  return Number.isNaN(time.getTime()) ? String(ns) : time.toISOString();
}

function measured(event: VscpEvent): string {
  const measurement = decodeMeasurement(event);
  if (measurement === undefined) return '';
  return `${measurement.value} ${measurement.symbol}`.trim();
}

/** Writes an event on one line for programs, as a JSON object. */
export function formatEventObject(event: VscpEvent): string {
  const { timestampNs, data, ...rest } = event;
  const measurement = decodeMeasurement(event);
  return JSON.stringify({
    ...rest,
    ...(timestampNs === undefined ? {} : { timestampNs: String(timestampNs) }),
    data: Array.from(data),
    ...(measurement === undefined
      ? {}
      : { value: measurement.value, unit: measurement.symbol, sensorIndex: measurement.sensorIndex }),
  });
}

/** Reads an event from the command line: `class:type:data`, a ws1 event text, or a ws2 event object. */
export function parseEventArgument(text: string): Parsed<EventInput> {
  const trimmed = text.trim();
  if (trimmed.startsWith('{')) return toInput(parseObject(trimmed));
  if (/^[^,]*:/.test(trimmed)) return parseShort(trimmed);
  return toInput(parseEventText(trimmed.replace(/^E;/i, '')));
}

function parseObject(text: string): Parsed<DriverEvent> {
  try {
    const value: unknown = JSON.parse(text);
    const inner = typeof value === 'object' && value !== null && 'event' in value ? value.event : value;
    return eventFromJson(inner);
  } catch (error) {
    return { ok: false, reason: errorMessage(error) };
  }
}

function parseShort(text: string): Parsed<EventInput> {
  const [classText = '', typeText = '', dataText = '', ...more] = text.split(':').map((part) => part.trim());
  const vscpClass = parseUint(classText, 0xffff);
  const vscpType = parseUint(typeText, 0xffff);
  if (vscpClass < 0 || vscpType < 0 || more.length > 0)
    return { ok: false, reason: 'CLASS:TYPE[:DATA,…] expected' };
  const data = dataText === '' ? [] : dataText.split(',').map((byte) => parseUint(byte.trim(), 255));
  if (data.some((byte) => byte < 0)) return { ok: false, reason: 'data bytes from 0 to 255 expected' };
  return { ok: true, value: { vscpClass, vscpType, data } };
}

function toInput(parsed: Parsed<DriverEvent>): Parsed<EventInput> {
  if (!parsed.ok) return parsed;
  const event = parsed.value;
  const ns = eventTimeNs(event);
  return {
    ok: true,
    value: {
      vscpClass: event.vscpClass,
      vscpType: event.vscpType,
      data: event.data,
      // The client sends the classic form, so the frame-version bit would be wrong.
      head: event.head & 0xfeff,
      timestamp: event.timestamp,
      ...(isZeroGuid(event.guid) ? {} : { guid: formatGuid(event.guid) }),
      ...(ns === 0n ? {} : { time: new Date(Number(ns / 1_000_000n)) }),
    },
  };
}
