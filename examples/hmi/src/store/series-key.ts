import { measurementName, typeName } from '../../../../src/client/names.ts';

/** What the key of a value says about it. */
export interface KeyFacts {
  guid: string;
  /** In English: `Temperature`. */
  quantity: string;
  zone?: number;
  subzone?: number;
  sensor?: number;
}

const DATA = 15;
const MEASURED = /^([^/]+)\/(measurement|data)(\d+)\/(\d+)\/(?:(\d+)\.(\d+)\.\d+)?$/;
const STATE = /^([^/]+)\/([A-Z]\w+)\/(\d+)\.(\d+)$/;

/** Reads the key that the store has for a value, also of one that nobody has told yet. */
export function readSeriesKey(key: string): KeyFacts | undefined {
  const [, node, quantity = '', ...place] = STATE.exec(key) ?? [];
  if (node !== undefined) return { guid: node, quantity, ...zoneOf(place) };
  const [, guid, kind, type, sensor, ...spot] = MEASURED.exec(key) ?? [];
  if (guid === undefined) return undefined;
  const name = kind === 'data' ? typeName(DATA, Number(type)) : measurementName(Number(type));
  return { guid, quantity: name, ...(spot[0] ? zoneOf(spot) : { sensor: Number(sensor) }) };
}

function zoneOf([zone, subzone]: readonly (string | undefined)[]): { zone: number; subzone: number } {
  return { zone: Number(zone), subzone: Number(subzone) };
}
