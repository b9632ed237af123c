import { type DriverEvent, type Parsed, refused } from '../../vscp/event.ts';
import { eventFromJson } from '../../vscp/event-json.ts';
import { parseUint } from '../../vscp/number-text.ts';
import type { Parameters } from './parameters.ts';

const HEAD = 0x60;
const LEVEL1_CLASS = 10;
const LEVEL2_FLOAT_CLASS = 1060;
const LEVEL2_TEXT_CLASS = 1040;
/** Data coding byte of level I; the format is in bits 7-5. */
const CODING_FLOAT = 0xa0;
const CODING_TEXT = 0x40;
const MAX_LEVEL1_UNIT = 3;
const MAX_LEVEL1_INDEX = 7;
const MAX_LEVEL1_TEXT = 7;
/** Clients may give types of level I in the numbering of level II, which is higher by this number. */
const LEVEL2_TYPES = 512;
const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

interface Reading {
  text: string;
  unit: number;
  sensorIndex: number;
  zone: number;
  subzone: number;
}

function textBytes(text: string): number[] {
  return Array.from(text, (character) => character.charCodeAt(0));
}

function floatBytes(size: 4 | 8, value: number): number[] {
  const bytes = Buffer.alloc(size);
  if (size === 4) bytes.writeFloatBE(value);
  else bytes.writeDoubleBE(value);
  return [...bytes];
}

/** Data of CLASS1.MEASUREMENT: a coding byte and the value. */
function level1Data({ text, unit, sensorIndex }: Reading, asText: boolean): number[] {
  const place = (unit > MAX_LEVEL1_UNIT ? 0 : unit) * 8 + (sensorIndex > MAX_LEVEL1_INDEX ? 0 : sensorIndex);
  return asText
    ? [CODING_TEXT + place, ...textBytes(text.slice(0, MAX_LEVEL1_TEXT))]
    : [CODING_FLOAT + place, ...floatBytes(4, Number(text))];
}

/**
 * Data of CLASS2.MEASUREMENT_FLOAT and CLASS2.MEASUREMENT_STR: sensor index, zone, subzone, unit, then the
 * value.
 */
function level2Data({ text, unit, sensorIndex, zone, subzone }: Reading, asText: boolean): number[] {
  const value = asText ? textBytes(text) : floatBytes(8, Number(text));
  return [sensorIndex, zone, subzone, unit, ...value];
}

/** A number from 0 to 255; 0 when not given, -1 when it is not such a number. */
function byteOf(text: string | undefined): number {
  return text === undefined ? 0 : parseUint(text, 255);
}

/** The event that the parameters of a measurement stand for. */
export function measurementEvent(parameters: Parameters): Parsed<DriverEvent> {
  const text = parameters.get('value')?.trim() ?? '';
  if (!NUMBER.test(text) || !Number.isFinite(Number(text))) return refused('value: a number expected');
  const type = parseUint(parameters.get('type') ?? '', 0xffff);
  if (type < 0) return refused('type: 0-65535 expected');
  const isLevel1 = parameters.get('level')?.trim() === '1';
  const asText = parameters.get('eventformat')?.trim().toLowerCase() === 'string';
  const reading: Reading = {
    text,
    unit: byteOf(parameters.get('unit')),
    sensorIndex: byteOf(parameters.get('sensorindex') ?? parameters.get('sensoridx')),
    zone: byteOf(parameters.get('zone')),
    subzone: byteOf(parameters.get('subzone')),
  };
  for (const name of ['unit', 'sensorIndex', 'zone', 'subzone'] as const) {
    if (reading[name] < 0) return refused(`${name.toLowerCase()}: 0-255 expected`);
  }
  if (isLevel1 && !asText && !Number.isFinite(Math.fround(Number(text)))) {
    return refused('value: beyond the range of level 1');
  }
  const level2Class = asText ? LEVEL2_TEXT_CLASS : LEVEL2_FLOAT_CLASS;
  return eventFromJson({
    head: HEAD,
    class: isLevel1 ? LEVEL1_CLASS : level2Class,
    type: isLevel1 && type > LEVEL2_TYPES ? type - LEVEL2_TYPES : type,
    guid: parameters.get('guid') ?? '-',
    datetime: parameters.get('datetime') ?? '',
    data: isLevel1 ? level1Data(reading, asText) : level2Data(reading, asText),
  });
}
