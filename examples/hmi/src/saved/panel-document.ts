import { type Alarm, type Limit, limitProblems, readAlarm, readLimit } from '../alarms/alarm.ts';
import type { ControlSpec } from '../controls/control.ts';
import { readControl } from '../controls/spec.ts';
import { t } from '../texts.ts';
import { isObject, type JsonObject } from './merge-patch.ts';

/** How something is called and where it belongs; of values by series key, of switches by address, of controls by id. */
export interface ItemWish {
  name?: string;
  /** Id of a room. */
  room?: string;
  /** Place in the room; those without one come behind, by name. */
  order?: number;
  isHidden?: boolean;
  /** When it is an alarm. */
  limit?: Limit;
}

export interface RoomWish {
  name?: string;
  icon?: string;
  order?: number;
}

/** What became of a change. */
export type SaveResult =
  | { isSaved: true; notice: string }
  /** `problem` in words; a second save of the same overwrites what somebody else did. */
  | { isSaved: false; problem: string };

/** Makes a change, given as a JSON merge patch. */
export type Save = (patch: JsonObject) => Promise<SaveResult>;

/** What people set up in the panel. */
export interface PanelDocument {
  rooms: Record<string, RoomWish>;
  items: Record<string, ItemWish>;
  /** By GUID: the name of a node, and the room of all that it measures. */
  nodes: Record<string, { name?: string; room?: string }>;
  /** By id: what is controlled, and how. */
  controls: Record<string, ControlSpec>;
  /** What was wrong, by what it was. */
  alarms: Record<string, Alarm>;
  /** What of it cannot be used, a sentence each. */
  problems: string[];
}

const SECTIONS = ['rooms', 'items', 'nodes'] as const;

/** The fields of each section's entries that are texts. */
const TEXTS = { rooms: ['name', 'icon'], items: ['name', 'room'], nodes: ['name', 'room'] } as const;

/** Reads what can be used of a document, whoever wrote it. */
export function readDocument(content: unknown): PanelDocument {
  const document: PanelDocument = { rooms: {}, items: {}, nodes: {}, controls: {}, alarms: {}, problems: [] };
  if (!isObject(content)) return document;
  for (const section of SECTIONS) {
    for (const [key, entry] of entriesOf(content, section, document.problems)) {
      const { read, problems } = readEntry(section, entry);
      if (read) document[section][key] = read;
      for (const problem of problems) document.problems.push(`${section}, “${key}”: ${problem}`);
    }
  }
  for (const [id, entry] of entriesOf(content, 'controls', document.problems)) {
    const control = isObject(entry) ? readControl(entry) : undefined;
    if (control) document.controls[id] = control;
    const name = document.items[`c:${id}`]?.name ?? (control?.name || id);
    const problems = control ? (control.problems ?? []) : [t('This panel does not know its kind.')];
    for (const problem of problems) document.problems.push(`${name}: ${problem}`);
  }
  for (const [id, entry] of Object.entries(isObject(content.alarms) ? content.alarms : {})) {
    const alarm = readAlarm(entry);
    if (alarm) document.alarms[id] = alarm;
  }
  return document;
}

function entriesOf(content: JsonObject, section: string, problems: string[]): [string, unknown][] {
  const value = content[section] ?? {};
  if (isObject(value)) return Object.entries(value);
  problems.push(t('“{key}” has to be an object { … }.', { key: section }));
  return [];
}

/** What can be used of a room, an item or a node, and what of it cannot. */
function readEntry(
  section: (typeof SECTIONS)[number],
  entry: unknown,
): { read?: Record<string, unknown>; problems: string[] } {
  if (!isObject(entry)) return { problems: [t('it has to be an object { … }.')] };
  const { order, isHidden, limit } = entry;
  const read: Record<string, unknown> = {};
  const problems: string[] = [];
  for (const key of TEXTS[section]) {
    const value = entry[key] ?? '';
    if (typeof value !== 'string') problems.push(t('“{key}” has to be a text.', { key }));
    else if (value !== '') read[key] = value;
  }
  if (section === 'nodes') return { read, problems };
  if (Number.isFinite(order)) read.order = order;
  else if (isGiven(order)) problems.push(t('“{key}” has to be a number.', { key: 'order' }));
  if (section === 'rooms') return { read, problems };
  if (isHidden === true) read.isHidden = true;
  else if (isGiven(isHidden) && isHidden !== false)
    problems.push(t('“{key}” has to be true or false.', { key: 'isHidden' }));
  const isLimit = readLimit(limit);
  if (isLimit) read.limit = isLimit;
  if (isGiven(limit)) problems.push(...limitProblems(limit));
  return { read, problems };
}

function isGiven(value: unknown): boolean {
  return value !== undefined && value !== null;
}
