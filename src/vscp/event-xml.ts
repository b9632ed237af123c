import { formatGuid } from '../core/guid.ts';
import { type DriverEvent, type EventFormat, type EventOrigin, type Parsed, refused } from './event.ts';
import { eventFromJson } from './event-json.ts';
import { plainEvent } from './plain-event.ts';

const ELEMENT =
  /^\s*(?:<\?xml[^?]*\?>\s*)?<event((?:\s+[\w-]+\s*=\s*(?:"[^"<]*"|'[^'<]*'))*)\s*(?:\/>|>\s*<\/event>)\s*$/;
const ATTRIBUTE = /([\w-]+)\s*=\s*(?:"([^"]*)"|'([^']*)')/g;

/**
 * Writes an event as the daemons' XML: one element `event` whose attributes are the fields. In the nanosecond
 * form `timestamp` holds nanoseconds, which head bit 8 tells.
 */
export function formatEventXml(event: DriverEvent, format: EventFormat): string {
  const { head, obid, datetime, timestamp, timestamp_ns } = plainEvent(event, format);
  const time = timestamp_ns === undefined ? timestamp : BigInt(timestamp_ns);
  return (
    `<event head="${head}" obid="${obid}" datetime="${datetime}" timestamp="${time}"` +
    ` class="${event.vscpClass}" type="${event.vscpType}" guid="${formatGuid(event.guid)}"` +
    ` data="${event.data.join(',')}" />`
  );
}

/**
 * Reads that XML; attributes have the keys of the JSON forms.
 * @param origin what stands for a class, type or GUID that is not given
 */
export function parseEventXml(text: string, origin?: EventOrigin): Parsed<DriverEvent> {
  const attributes = ELEMENT.exec(text)?.[1];
  if (attributes === undefined) return refused('an element <event … /> expected');
  const fields: Record<string, string> = {};
  for (const [, name = '', double, single] of attributes.matchAll(ATTRIBUTE)) {
    const value = double ?? single ?? '';
    if (value !== '') fields[name] = value;
  }
  return eventFromJson(fields, origin);
}
