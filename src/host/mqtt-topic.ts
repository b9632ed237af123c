import { MAX_UINT16 } from '../core/event.ts';
import { formatGuid } from '../core/guid.ts';
import { sensorIndexOf } from '../session/last-values.ts';
import type { DriverEvent, EventOrigin } from '../vscp/event.ts';
import { parseGuidText } from '../vscp/guid.ts';
import { parseUint } from '../vscp/number-text.ts';

/** What each place of a topic template stands for. */
const PLACES: Readonly<Record<string, (event: DriverEvent) => string | number>> = {
  guid: (event) => formatGuid(event.guid),
  class: (event) => event.vscpClass,
  type: (event) => event.vscpType,
  index: sensorIndexOf,
};
/** Characters of a GUID with all its colons; a shorter number is no GUID in a topic. */
const GUID_LENGTH = 47;

/** Makes the topic of an event: the template with its `{{…}}` filled in. */
export function topicOf(template: string, event: DriverEvent): string {
  return template.replace(/\{\{\s*(\w+)\s*\}\}/g, (_, name: string) => String(PLACES[name]?.(event) ?? ''));
}

/**
 * What a topic tells about its events: GUID, class and type where they stand behind each other, as in
 * `vscp/GUID/class/type/…` with whatever in front.
 */
export function originOf(topic: string): EventOrigin {
  const parts = topic.split('/');
  const at = parts.findIndex((part) => part.length === GUID_LENGTH && parseGuidText(part).ok);
  if (at < 0) return {};
  const guid = parseGuidText(parts[at] ?? '');
  const vscpClass = parseUint(parts[at + 1] ?? '', MAX_UINT16);
  const vscpType = parseUint(parts[at + 2] ?? '', MAX_UINT16);
  return {
    ...(guid.ok ? { guid: guid.value } : {}),
    ...(vscpClass >= 0 ? { vscpClass } : {}),
    ...(vscpType >= 0 ? { vscpType } : {}),
  };
}
