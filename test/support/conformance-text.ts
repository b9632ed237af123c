import assert from 'node:assert/strict';
import { formatGuid } from '../../src/core/guid.ts';
import { VERSION } from '../../src/version.ts';
import { encryptLogin, type Padding } from './ws-client.ts';

/** What the texts of a row may refer to. */
export interface Names {
  /** The session's current challenge. */
  sid: string;
  /** The session's number, once an event has shown it. */
  number: number | undefined;
  driverGuid: Uint8Array;
}

const PLACEHOLDER = /\{\{([^}]*)\}\}/g;

/** `crypto USER:PASSWORD IV [PADDING]`, where IV is `sid` or hex. */
function cryptoText(argument: string, names: Names): string {
  const [, user = '', password = '', iv = '', padding = 'zero'] =
    /^([^:]+):(.*) (sid|[0-9A-Fa-f]{32})(?: (\S+))?$/.exec(argument) ?? [];
  const ivBytes = Buffer.from(iv === 'sid' ? names.sid : iv, 'hex');
  return encryptLogin(user, password.replaceAll('_', ' '), ivBytes, { padding: padding as Padding });
}

/** What replaces a placeholder in texts that are sent. */
function placeholderValue(name: string, names: Names): string {
  const [word = '', rest = ''] = name.split(/ (.*)/s);
  switch (word) {
    case 'sid':
      return names.sid;
    case 'crypto':
      return cryptoText(rest, names);
    case 'repeat': {
      const [, text = '', count = ''] = /^(.*) (\d+)$/s.exec(rest) ?? [];
      return text.replaceAll('_', ' ').repeat(Number(count));
    }
    case 'nested':
      return `${'{"a":'.repeat(Number(rest))}1${'}'.repeat(Number(rest))}`;
    case 'lower':
      return placeholderValue(rest, names).toLowerCase();
    case 'driver-guid':
      return formatGuid(names.driverGuid);
    case 'char':
      return String.fromCodePoint(Number.parseInt(rest, 16));
    default:
      throw new Error(`unknown placeholder ${name}`);
  }
}

/** A text of a table with its placeholders filled in. */
export function fillIn(text: string, names: Names): string {
  return text.replace(PLACEHOLDER, (_all, name: string) => placeholderValue(name, names));
}

/**
 * Patterns of values that the server chooses; `number` and `own-guid` have to agree with the session's
 * number.
 */
const PATTERNS: Record<string, string> = {
  now: '\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\dZ',
  stamp: '[1-9]\\d*',
  'now-ns': '1[789]\\d{17}',
  'new-sid': '[0-9A-F]{32}',
  text: '[^;"]+',
  any: '.*',
  byte: '(?:\\d|[1-9]\\d|1\\d\\d|2[0-4]\\d|25[0-5])',
  version: VERSION.replaceAll('.', '\\.'),
};

function escapeRegExp(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}

function ownGuid(names: Names, number: number): string {
  const guid = Uint8Array.from(names.driverGuid);
  guid[14] = (number >> 8) & 0xff;
  guid[15] = number & 0xff;
  return formatGuid(guid);
}

/** Compares what came with a text of a table; learns the session's number from it. */
export function assertMatches(actual: string, expected: string, names: Names): void {
  const numbered = names.number === undefined ? learnNumber(actual, expected) : names.number;
  names.number = numbered;
  const pattern = expected
    .split(PLACEHOLDER)
    .map((part, index) => {
      if (index % 2 === 0) return escapeRegExp(part);
      if (part === 'number') return String(numbered);
      if (part === 'own-guid') return ownGuid(names, numbered ?? 0);
      return PATTERNS[part] ?? escapeRegExp(placeholderValue(part, names));
    })
    .join('');
  if (!new RegExp(`^${pattern}$`, 's').test(actual)) assert.equal(shorten(actual), shorten(expected));
}

function learnNumber(actual: string, expected: string): number | undefined {
  const before = expected.split('{{number}}')[0] ?? '';
  if (before === expected) return undefined;
  const pattern = before
    .split(PLACEHOLDER)
    .map((part, index) => (index % 2 === 0 ? escapeRegExp(part) : (PATTERNS[part] ?? '.*')))
    .join('');
  const found = new RegExp(`^${pattern}(\\d+)`, 's').exec(actual)?.[1];
  return found === undefined ? undefined : Number(found);
}

function shorten(text: string): string {
  return text.length <= 2000 ? text : `${text.slice(0, 1000)}…${text.slice(-500)} (${text.length})`;
}
