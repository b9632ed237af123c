import { FIRST_LEVEL2_CLASS, isLevel1OverLevel2, LEVEL1_OVER_LEVEL2 } from './event.ts';
import { formatGuid, GUID_SIZE } from './guid.ts';
import { unitSymbol } from './units.ts';
import { type CodedValue, decodeDouble, decodeFloat, decodeText, decodeValue } from './value-coding.ts';

/** The content of a measurement event. */
export interface Measurement extends CodedValue {
  /** `set` for SETVALUEZONE events, which ask for a value; `data` for CLASS1.DATA, whose types differ. */
  kind: 'measurement' | 'set' | 'data';
  /** Measurement type in the level II numbering: 6 is temperature; 256 and up are those of X1 to X4. */
  type: number;
  /** Number of the unit, 0 = the type's default. */
  unit: number;
  /** Unit symbol such as `°C`; empty when there is none. */
  symbol: string;
  sensorIndex: number;
  /** Set for the zone classes and CLASS2. */
  index?: number;
  zone?: number;
  subzone?: number;
  /** GUID in front of the data of a level I event over level II. */
  interfaceGuid?: string;
}

/** Families of classes with the same data layout: the first class of each. */
export const FAMILIES = {
  measurement: 10,
  data: 15,
  measurement64: 60,
  zone: 65,
  measurement32: 70,
  setZone: 85,
  text: 1040,
  float: 1060,
} as const;
export type Family = keyof typeof FAMILIES;

const TYPES_PER_CLASS = 256;
const X_CLASSES = 5;

type Body = Pick<Measurement, 'coding' | 'value' | 'unit' | 'sensorIndex' | 'index' | 'zone' | 'subzone'>;

function coded(data: Uint8Array): Body | undefined {
  const codingByte = data[0] ?? 0;
  const value = decodeValue(codingByte, data.subarray(1));
  return value && { ...value, unit: (codingByte >> 3) & 3, sensorIndex: codingByte & 7 };
}

function zoned(data: Uint8Array): Body | undefined {
  const [index = 0, zone = 0, subzone = 0] = data;
  const body = coded(data.subarray(3));
  return body && { ...body, index, zone, subzone };
}

function plain(coding: CodedValue['coding'], value: number | undefined): Body | undefined {
  return value === undefined ? undefined : { coding, value, unit: 0, sensorIndex: 0 };
}

function level2(coding: CodedValue['coding'], data: Uint8Array, value: number | undefined): Body | undefined {
  const [sensorIndex = 0, zone = 0, subzone = 0, unit = 0] = data;
  return value === undefined
    ? undefined
    : { coding, value, unit, sensorIndex, index: sensorIndex, zone, subzone };
}

const READERS: Record<Family, (data: Uint8Array) => Body | undefined> = {
  measurement: coded,
  data: coded,
  measurement64: (data) => plain('double', decodeDouble(data)),
  zone: zoned,
  measurement32: (data) => plain('float', decodeFloat(data)),
  setZone: zoned,
  text: (data) => level2('string', data, decodeText(data.subarray(4))),
  float: (data) => level2('double', data, decodeDouble(data.subarray(4))),
};

function familyOf(vscpClass: number): Family | undefined {
  for (const [family, first] of Object.entries(FAMILIES) as [Family, number][]) {
    const count = family === 'data' || first >= FIRST_LEVEL2_CLASS ? 1 : X_CLASSES;
    if (vscpClass >= first && vscpClass < first + count) return family;
  }
  return undefined;
}

function quantityOf(
  family: Family,
  vscpClass: number,
  vscpType: number,
  unit: number,
): Pick<Measurement, 'kind' | 'type' | 'symbol'> {
  const type = (vscpClass - FAMILIES[family]) * TYPES_PER_CLASS + vscpType;
  return {
    kind: family === 'data' ? 'data' : family === 'setZone' ? 'set' : 'measurement',
    type,
    symbol: family === 'data' ? '' : unitSymbol(type, unit),
  };
}

/** What the events of a class and type measure, in that unit; `undefined` for classes without measurements. */
export function measuredQuantity(
  vscpClass: number,
  vscpType: number,
  unit: number,
): Pick<Measurement, 'kind' | 'type' | 'symbol'> | undefined {
  const level1Class = isLevel1OverLevel2(vscpClass) ? vscpClass - LEVEL1_OVER_LEVEL2 : vscpClass;
  const family = familyOf(level1Class);
  return family && quantityOf(family, level1Class, vscpType, unit);
}

/** Reads a measurement event; `undefined` for all other events and for data that do not decode. */
export function decodeMeasurement(event: {
  readonly vscpClass: number;
  readonly vscpType: number;
  readonly data: Uint8Array;
}): Measurement | undefined {
  const isOverLevel2 = isLevel1OverLevel2(event.vscpClass);
  const vscpClass = isOverLevel2 ? event.vscpClass - LEVEL1_OVER_LEVEL2 : event.vscpClass;
  const family = familyOf(vscpClass);
  if (family === undefined || (isOverLevel2 && event.data.length < GUID_SIZE)) return undefined;
  const body = READERS[family](isOverLevel2 ? event.data.subarray(GUID_SIZE) : event.data);
  if (body === undefined) return undefined;
  return {
    ...body,
    ...quantityOf(family, vscpClass, event.vscpType, body.unit),
    ...(isOverLevel2 && { interfaceGuid: formatGuid(event.data) }),
  };
}
