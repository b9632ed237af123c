import { formatGuid } from '../core/guid.ts';
import { isZeroGuid, parseGuidText } from '../vscp/guid.ts';
import type { KeyType } from './key-types.ts';

const PLACE = /\{\{\s*(\w*)\s*\}\}/g;
const PLACES: ReadonlySet<string> = new Set(['guid', 'class', 'type', 'index']);
/** Most bytes of a topic in MQTT; the places of a template need some of them. */
const MAX_TOPIC_LENGTH = 65_000;

/** Nodes are numbered in 16 bits: the upper half of the obid of what their clients send. */
export const LAST_NODE_NUMBER = 65_535;

/** `mqtt://host[:port]` or `mqtts://…`; user and password have keys of their own. */
export function isBrokerUrl(item: string): boolean {
  const match = /^mqtts?:\/\/(?:\[[\da-f:.]+\]|[\w.-]+)(?::(\d{1,5}))?\/?$/i.exec(item);
  const port = Number(match?.[1] ?? 1883);
  return match !== null && port >= 1 && port <= 65_535;
}

/** Whether a text can be the name of a client at any broker, and stand beside its messages. */
export function isClientId(text: string): boolean {
  return /^[\w.:-]{1,64}$/.test(text);
}

/** An MQTT topic filter; shared subscriptions are none, since each node needs all events. */
export function isTopicFilter(item: string): boolean {
  const levels = item.split('/');
  return (
    !item.startsWith('$share/') &&
    item.length <= MAX_TOPIC_LENGTH &&
    !item.includes('\0') &&
    levels.every((level, index) => {
      if (level === '#') return index === levels.length - 1;
      return level === '+' || !/[#+]/.test(level);
    })
  );
}

/** A topic with places that each event fills in. */
export function topicTemplate(): KeyType<string> {
  const expected = 'a topic without # and +, with {{guid}}, {{class}}, {{type}} or {{index}} in it';
  return {
    expected,
    schema: { type: 'string' },
    read: (value) => {
      if (typeof value !== 'string' || value.length > MAX_TOPIC_LENGTH) return { ok: false };
      const places = [...value.matchAll(PLACE)].map(([, place = '']) => place);
      const rest = value.replace(PLACE, '');
      const isGood =
        places.length > 0 && places.every((place) => PLACES.has(place)) && !/[#+{}\0]/.test(rest);
      return isGood ? { ok: true, value } : { ok: false };
    },
  };
}

/** A text that `isGood` accepts; an empty one is the same as leaving the key out. */
export function name(expected: string, isGood: (text: string) => boolean): KeyType<string> {
  return {
    expected,
    schema: { type: 'string' },
    read: (value) => {
      if (typeof value !== 'string') return { ok: false };
      if (value.trim() === '') return { ok: true, value: undefined };
      return isGood(value.trim()) ? { ok: true, value: value.trim() } : { ok: false };
    },
  };
}

/** A GUID: 16 bytes. */
export function guid(): KeyType<Uint8Array> {
  return {
    expected: 'a GUID, 16 hex bytes with colons',
    schema: { type: 'string' },
    read: (value) => {
      const parsed = typeof value === 'string' ? parseGuidText(value) : undefined;
      return parsed?.ok && !isZeroGuid(parsed.value) ? { ok: true, value: parsed.value } : { ok: false };
    },
    show: formatGuid,
  };
}
