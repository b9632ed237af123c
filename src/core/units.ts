import { UNITS } from './units-data.ts';

let table: Map<number, string[]> | undefined;

function units(): Map<number, string[]> {
  table ??= new Map(
    UNITS.trim()
      .split('\n')
      .map((line) => line.split(';'))
      .map(([type, ...symbols]) => [Number(type), symbols]),
  );
  return table;
}

/** Unit symbols of a measurement type (6 is temperature) by unit number; the first is the default unit. */
export function unitsOf(measurementType: number): readonly string[] {
  return units().get(measurementType) ?? [];
}

/** Symbol of a unit, such as `°C`; empty when there is no such unit or it has no symbol. */
export function unitSymbol(measurementType: number, unit: number): string {
  return unitsOf(measurementType)[unit] ?? '';
}
