import type { DriverEvent, EventFormat, EventOrigin, Parsed } from '../vscp/event.ts';
import { refused } from '../vscp/event.ts';
import { formatEventFrame, parseEventFrame } from '../vscp/event-frame.ts';
import { EVENT_JSON_MAX, eventFromJson, writeEventObject } from '../vscp/event-json.ts';
import { formatEventText, parseEventText } from '../vscp/event-text.ts';
import { formatEventXml, parseEventXml } from '../vscp/event-xml.ts';
import { isZeroGuid } from '../vscp/guid.ts';
import { originOf } from './mqtt-topic.ts';

export type PayloadFormat = 'json' | 'string' | 'xml' | 'binary';

/** An event of 512 data bytes takes less in every form; a note may make it longer. */
const MAX_PAYLOAD_BYTES = 16_384;

const jsonBuffer = new Uint8Array(EVENT_JSON_MAX);

/** Writes an event in one of the forms that VSCP daemons put on MQTT topics. */
export function formatPayload(
  event: DriverEvent,
  form: PayloadFormat,
  time: EventFormat,
): string | Uint8Array {
  switch (form) {
    case 'json':
      return Buffer.from(jsonBuffer.subarray(0, writeEventObject(event, jsonBuffer, 0, time)));
    case 'string':
      return formatEventText(event, time);
    case 'xml':
      return formatEventXml(event, time);
    case 'binary':
      return formatEventFrame(event, time);
  }
}

/**
 * Reads a payload in any of those forms, which the first byte tells. As with the daemons, the topic tells the
 * class, type and GUID where the payload has none or zero.
 */
export function parsePayload(topic: string, payload: Uint8Array): Parsed<DriverEvent> {
  if (payload.length === 0) return refused('an empty payload');
  if (payload.length > MAX_PAYLOAD_BYTES) return refused(`${payload.length} bytes are no event`);
  const origin = originOf(topic);
  const parsed = parseForm(payload, origin);
  if (!parsed.ok) return parsed;
  const event = parsed.value;
  if (event.vscpClass === 0) event.vscpClass = origin.vscpClass ?? 0;
  if (event.vscpType === 0) event.vscpType = origin.vscpType ?? 0;
  if (origin.guid !== undefined && isZeroGuid(event.guid)) event.guid = origin.guid;
  return parsed;
}

function parseForm(payload: Uint8Array, origin: EventOrigin): Parsed<DriverEvent> {
  const first = payload[0] as number;
  // No text begins with a control character, and the type of a frame is below 0x20.
  if (first < 0x20 && first !== 0x09 && first !== 0x0a && first !== 0x0d) return parseEventFrame(payload);
  const text = Buffer.from(payload.buffer, payload.byteOffset, payload.length).toString('utf8').trim();
  if (text.startsWith('{')) return parseJson(text, origin);
  return text.startsWith('<') ? parseEventXml(text, origin) : parseEventText(text, 0, origin);
}

function parseJson(text: string, origin: EventOrigin): Parsed<DriverEvent> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return refused('no JSON');
  }
  return eventFromJson(value, origin);
}
