import type { ControlSpec } from '../controls/control.ts';
import { CONTROL_KEYS, readControl } from '../controls/spec.ts';
import { t } from '../texts.ts';
import { fewOf, readJson } from './json.ts';
import { isObject } from './merge-patch.ts';

/** What the page's own `panel.json` says: names for what events know by number only. */
export interface PanelConfig {
  title: string;
  /** A line under the login form. */
  hint: string;
  /** Websocket address when it is not that of the page's own server. */
  url: string;
  /** Whether browsers may keep the panel's files, so that it opens without the server. */
  offline: boolean;
  /** Names of nodes by GUID. */
  nodes: Record<string, string>;
  /** Names of zones by `zone` or `zone.subzone`. */
  zones: Record<string, string>;
  switches: SwitchAddress[];
  /** By ids made of kind and address, so that what people add to one keeps to it. */
  controls: Record<string, ControlSpec>;
}

/** Where CLASS1.CONTROL events of a switch go. */
export interface SwitchAddress {
  name: string;
  index: number;
  zone: number;
  subzone: number;
}

export interface ReadPanelConfig {
  config: PanelConfig;
  /** What is wrong with the file, a sentence each; what it does not name is in force. */
  problems: string[];
}

export const PANEL_FILE = 'panel.json';
export const EMPTY_CONFIG: PanelConfig = {
  title: t('VSCP panel'),
  hint: '',
  url: '',
  offline: true,
  nodes: {},
  zones: {},
  switches: [],
  controls: {},
};
const KEYS: ReadonlySet<string> = new Set(Object.keys(EMPTY_CONFIG));
const SWITCH_KEYS: ReadonlySet<string> = new Set(['name', 'index', 'zone', 'subzone']);

/** Reads what can be read, and says what cannot. */
export async function readPanelConfig(text: string): Promise<ReadPanelConfig> {
  const problems: string[] = [];
  const content = await readJson(text, { allowTrailingComma: true }, problems);
  const config = readFields(content, problems);
  return { config, problems: fewOf(problems).map((problem) => `${PANEL_FILE}: ${problem}`) };
}

function readOffline(value: unknown, problems: string[]): boolean {
  if (value !== undefined && typeof value !== 'boolean')
    problems.push(t('“{key}” has to be true or false.', { key: 'offline' }));
  return value !== false;
}

function readFields(content: unknown, problems: string[]): PanelConfig {
  if (!isObject(content)) {
    problems.push(t('an object { … } was expected.'));
    return EMPTY_CONFIG;
  }
  problems.push(...unknownKeys(content, KEYS));
  const text = (key: 'title' | 'hint' | 'url') => {
    const value = content[key];
    if (value !== undefined && typeof value !== 'string')
      problems.push(t('“{key}” has to be a text.', { key }));
    return typeof value === 'string' ? value : EMPTY_CONFIG[key];
  };
  const names = (key: 'nodes' | 'zones') => {
    const value = content[key] ?? {};
    if (!isObject(value)) {
      problems.push(t('“{key}” has to be an object of names.', { key }));
      return {};
    }
    const isName = ([entry, name]: [string, unknown]): boolean => {
      if (typeof name === 'string') return true;
      problems.push(t('“{key}”: the name of “{entry}” has to be a text.', { key, entry }));
      return false;
    };
    return Object.fromEntries(Object.entries(value).filter(isName)) as Record<string, string>;
  };
  return {
    title: text('title'),
    hint: text('hint'),
    url: text('url'),
    offline: readOffline(content.offline, problems),
    nodes: names('nodes'),
    zones: names('zones'),
    switches: readSwitches(content.switches ?? [], problems),
    controls: readControls(content.controls ?? [], problems),
  };
}

function readSwitches(value: unknown, problems: string[]): SwitchAddress[] {
  if (!Array.isArray(value)) {
    problems.push(t('“{key}” has to be a list [ … ].', { key: 'switches' }));
    return [];
  }
  return value.flatMap((entry: unknown, i) => {
    const { name, index = 0, zone = 0, subzone = 0 } = isObject(entry) ? entry : {};
    const unknown = isObject(entry) ? unknownKeys(entry, SWITCH_KEYS) : [];
    for (const problem of unknown)
      problems.push(t('“{key}”: entry {n}: {problem}', { key: 'switches', n: i + 1, problem }));
    if (unknown.length > 0) return [];
    if (typeof name === 'string' && isByte(index) && isByte(zone) && isByte(subzone))
      return [{ name, index, zone, subzone }];
    problems.push(
      t('“switches”: entry {n} needs a “name”, and “index”, “zone” and “subzone” from 0 to 255.', {
        n: i + 1,
      }),
    );
    return [];
  });
}

function readControls(value: unknown, problems: string[]): Record<string, ControlSpec> {
  if (!Array.isArray(value)) {
    problems.push(t('“{key}” has to be a list [ … ].', { key: 'controls' }));
    return {};
  }
  const controls = value.flatMap((entry: unknown, i) => {
    const spec = isObject(entry) ? readControl(entry) : undefined;
    if (!isObject(entry) || spec === undefined || spec.name === '') {
      problems.push(t('“controls”: entry {n} needs a “name” and a “kind” that is known.', { n: i + 1 }));
      return [];
    }
    // What is left of it would go to another address than its writer meant.
    const wrong = [...unknownKeys(entry, CONTROL_KEYS), ...(spec.problems ?? [])];
    for (const problem of wrong)
      problems.push(t('“{key}”: entry {n}: {problem}', { key: 'controls', n: i + 1, problem }));
    return wrong.length === 0 ? [spec] : [];
  });
  return Object.fromEntries(controls.map((spec) => [idOf(spec), spec]));
}

function idOf({ kind, name, zone, subzone, index, steps }: ControlSpec): string {
  return steps.length > 0 ? `${kind}-${name}` : `${kind}-${zone}.${subzone}.${index}`;
}

function unknownKeys(entry: Record<string, unknown>, known: ReadonlySet<string>): string[] {
  return Object.keys(entry).flatMap((key) => (known.has(key) ? [] : [t('“{key}” is not known.', { key })]));
}

function isByte(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= 255;
}
