import { FIRST_LEVEL2_CLASS, LEVEL1_OVER_LEVEL2, level1ClassOf } from './event.ts';
import { NAMES } from './names-data.ts';

interface ClassNames {
  token: string;
  prefix: string;
  names: Map<number, string>;
}

let table: Map<number, ClassNames> | undefined;

function parseNames(list: string): Map<number, string> {
  const names = new Map<number, string>();
  let next = 0;
  for (const item of list.split(',')) {
    if (item.startsWith('@')) next = Number(item.slice(1));
    else names.set(next++, item);
  }
  return names;
}

function classes(): Map<number, ClassNames> {
  if (table) return table;
  table = new Map();
  for (const line of NAMES.trim().split('\n')) {
    const [number = '', token = '', prefix, list = ''] = line.split(';');
    const like = list.startsWith('=') ? table.get(Number(list.slice(1))) : undefined;
    table.set(Number(number), { token, prefix: prefix || token, names: like?.names ?? parseNames(list) });
  }
  return table;
}

/** Classes 512 to 1023 are level I classes sent over level II and share their names. */
function lookUp(vscpClass: number): ClassNames | undefined {
  return classes().get(level1ClassOf(vscpClass));
}

/**
 * Token of a class, such as `CLASS1.MEASUREMENT`, `CLASS2.LEVEL1.MEASUREMENT`; `undefined` for an unknown
 * class.
 */
export function classToken(vscpClass: number): string | undefined {
  const known = lookUp(vscpClass);
  if (known === undefined) return undefined;
  if (vscpClass < LEVEL1_OVER_LEVEL2) return `CLASS1.${known.token}`;
  return `CLASS2.${vscpClass < FIRST_LEVEL2_CLASS ? 'LEVEL1.' : ''}${known.token}`;
}

/** Token of a type, such as `VSCP_TYPE_MEASUREMENT_TEMPERATURE`; `undefined` for an unknown type. */
export function typeToken(vscpClass: number, vscpType: number): string | undefined {
  const known = lookUp(vscpClass);
  const name = known?.names.get(vscpType);
  if (known === undefined || name === undefined) return undefined;
  const isLevel2Only = vscpClass >= FIRST_LEVEL2_CLASS && known.prefix !== 'MEASUREMENT';
  return `VSCP${isLevel2Only ? '2' : ''}_TYPE_${known.prefix}_${name}`;
}

const SPELLINGS: Record<string, string> = {
  TURNON: 'Turn on',
  TURNOFF: 'Turn off',
  DEWPOINT: 'Dew point',
  ELECTRICAL_POTENTIAL: 'Voltage',
  MEASUREZONE: 'Measure zone',
  SETVALUEZONE: 'Set value zone',
};
const CAPITALS =
  /\b(ad|da|io|ir|lan|os|bios|co|uv|pin|gsm|usb|can|pwm|led|guid|mdf|vscp|gnss|aol|hlo|rtc|nfc|rfid|lcd)\b/g;

function words(token: string): string {
  const text = SPELLINGS[token] ?? token.replaceAll('_', ' ').toLowerCase();
  const spelled = text.replace(CAPITALS, (word) => word.toUpperCase());
  return spelled.charAt(0).toUpperCase() + spelled.slice(1);
}

/** Name of a type for people: `Temperature`, `Turn on`; `Type 77` for an unknown one. */
export function typeName(vscpClass: number, vscpType: number): string {
  const name = lookUp(vscpClass)?.names.get(vscpType);
  return name === undefined ? `Type ${vscpType}` : words(name);
}

/** Name of a class for people: `Measurement`, `Information`; `Class 77` for an unknown one. */
export function className(vscpClass: number): string {
  const known = lookUp(vscpClass);
  return known === undefined ? `Class ${vscpClass}` : words(known.token);
}

/** Name of a decoded measurement's type for people: `Temperature`. */
export function measurementName(measurementType: number): string {
  return measurementType < 256 ? typeName(10, measurementType) : `Measurement ${measurementType}`;
}

/** Numbers of all known classes below 512 and from 1024 on, for pick lists. */
export function knownClasses(): number[] {
  return [...classes().keys()];
}

/** Numbers of the known types of a class. */
export function knownTypes(vscpClass: number): number[] {
  return [...(lookUp(vscpClass)?.names.keys() ?? [])];
}
