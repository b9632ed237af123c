import { FIRST_LEVEL2_CLASS, isLevel1OverLevel2, level1ClassOf } from './event.ts';
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

/** The part of a measurement that lies in the data of its event. */
type Body = Pick<Measurement, 'coding' | 'value' | 'unit' | 'sensorIndex' | 'index' | 'zone' | 'subzone'>;

function coded(data: Uint8Array, at: number): Body | undefined {
  const decoded = decodeValue(data, at);
  if (decoded === undefined) return undefined;
  const { coding, value } = decoded;
  const codingByte = data[at] ?? 0;
  return { coding, value, unit: (codingByte >> 3) & 3, sensorIndex: codingByte & 7 };
}

function zonesAt(data: Uint8Array, at: number): { zone: number; subzone: number } {
  return { zone: data[at] ?? 0, subzone: data[at + 1] ?? 0 };
}

function zoned(data: Uint8Array, at: number): Body | undefined {
  const body = coded(data, at + 3);
  if (body === undefined) return undefined;
  const { coding, value, unit, sensorIndex } = body;
  return { coding, value, unit, sensorIndex, index: data[at] ?? 0, ...zonesAt(data, at + 1) };
}

function plain(coding: CodedValue['coding'], value: number | undefined): Body | undefined {
  return value === undefined ? undefined : { coding, value, unit: 0, sensorIndex: 0 };
}

function level2(
  coding: CodedValue['coding'],
  data: Uint8Array,
  at: number,
  value: number | undefined,
): Body | undefined {
  if (value === undefined) return undefined;
  const sensorIndex = data[at] ?? 0;
  return {
    coding,
    value,
    unit: data[at + 3] ?? 0,
    sensorIndex,
    index: sensorIndex,
    ...zonesAt(data, at + 1),
  };
}

/** They read the data from `at` on. */
const READERS: Record<Family, (data: Uint8Array, at: number) => Body | undefined> = {
  measurement: coded,
  data: coded,
  measurement64: (data, at) => plain('double', decodeDouble(data, at)),
  zone: zoned,
  measurement32: (data, at) => plain('float', decodeFloat(data, at)),
  setZone: zoned,
  text: (data, at) => level2('string', data, at, decodeText(data, at + 4)),
  float: (data, at) => level2('double', data, at, decodeDouble(data, at + 4)),
};

const FAMILY_OF: ReadonlyMap<number, Family> = new Map(
  (Object.entries(FAMILIES) as [Family, number][]).flatMap(([family, first]) => {
    const count = family === 'data' || first >= FIRST_LEVEL2_CLASS ? 1 : X_CLASSES;
    return Array.from({ length: count }, (_, index): [number, Family] => [first + index, family]);
  }),
);

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
  const level1Class = level1ClassOf(vscpClass);
  const family = FAMILY_OF.get(level1Class);
  return family && quantityOf(family, level1Class, vscpType, unit);
}

interface MeasurementEvent {
  readonly vscpClass: number;
  readonly vscpType: number;
  readonly data: Uint8Array;
}

/** What the data of a measurement event say; `undefined` for all other events and for data that do not decode. */
export function decodeMeasured({ vscpClass, data }: Omit<MeasurementEvent, 'vscpType'>): Body | undefined {
  const isOverLevel2 = isLevel1OverLevel2(vscpClass);
  const family = FAMILY_OF.get(level1ClassOf(vscpClass));
  if (family === undefined || (isOverLevel2 && data.length < GUID_SIZE)) return undefined;
  return READERS[family](data, isOverLevel2 ? GUID_SIZE : 0);
}

/** Reads a measurement event; `undefined` for all other events and for data that do not decode. */
export function decodeMeasurement(event: MeasurementEvent): Measurement | undefined {
  const body = decodeMeasured(event);
  const quantity = body && measuredQuantity(event.vscpClass, event.vscpType, body.unit);
  if (body === undefined || quantity === undefined) return undefined;
  return {
    ...body,
    ...quantity,
    ...(isLevel1OverLevel2(event.vscpClass) && { interfaceGuid: formatGuid(event.data) }),
  };
}
