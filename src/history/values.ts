import { FIRST_LEVEL2_CLASS, isLevel1OverLevel2, LEVEL1_OVER_LEVEL2 } from '../core/event.ts';
import { formatGuid, GUID_SIZE } from '../core/guid.ts';
import { decodeMeasured, type Measurement, measuredQuantity } from '../core/measurement.ts';

const INFORMATION = 20;
/** CLASS1.INFORMATION: On and Opened as 1, Off and Closed as 0, by the type of the first of each pair. */
const STATES: Readonly<Record<number, { type: number; value: number }>> = {
  3: { type: 3, value: 1 },
  4: { type: 3, value: 0 },
  7: { type: 7, value: 1 },
  8: { type: 7, value: 0 },
};

/** What a value belongs to, in addition to the GUID of its event. */
export interface SeriesIdentity {
  vscpClass: number;
  /** Of states: that of On (3) or Opened (7). */
  vscpType: number;
  sensorIndex: number;
  /** Undefined where the class has none. */
  index: number | undefined;
  zone: number | undefined;
  subzone: number | undefined;
  unit: number;
  /** Of a level I event over level II: the GUID in front of its data. */
  interfaceGuid: string | undefined;
}

/** A value, and all that its series is found by but the GUIDs. */
export interface Reading extends Omit<SeriesIdentity, 'interfaceGuid'> {
  value: number;
}

interface ValueEvent {
  readonly vscpClass: number;
  readonly vscpType: number;
  readonly data: Uint8Array;
}

function level1ClassOf(vscpClass: number): number {
  return isLevel1OverLevel2(vscpClass) ? vscpClass - LEVEL1_OVER_LEVEL2 : vscpClass;
}

/** No class beyond has values. */
const CLASSES = FIRST_LEVEL2_CLASS + 64;

/** By class: 1 when its events may hold a value. Looked at for every event. */
const HOLDS_VALUES = Uint8Array.from({ length: CLASSES }, (_, vscpClass) =>
  level1ClassOf(vscpClass) === INFORMATION || measuredQuantity(vscpClass, 0, 0) !== undefined ? 1 : 0,
);

export function mayHoldValue(vscpClass: number): boolean {
  return HOLDS_VALUES[vscpClass] === 1;
}

/** The value of an event; undefined when it has none that can be kept. */
export function readingOf(event: ValueEvent): Reading | undefined {
  const measured = decodeMeasured(event);
  if (measured === undefined) return stateOf(event);
  const { value, sensorIndex, index, zone, subzone, unit } = measured;
  if (!Number.isFinite(value)) return undefined;
  const { vscpClass, vscpType } = event;
  return { vscpClass, vscpType, sensorIndex, index, zone, subzone, unit, value };
}

function stateOf({ vscpClass, vscpType, data }: ValueEvent): Reading | undefined {
  const state = STATES[vscpType];
  if (level1ClassOf(vscpClass) !== INFORMATION || state === undefined) return undefined;
  const at = isLevel1OverLevel2(vscpClass) ? GUID_SIZE : 0;
  if (data.length < at + 3) return undefined;
  return {
    vscpClass,
    vscpType: state.type,
    sensorIndex: 0,
    index: data[at],
    zone: data[at + 1],
    subzone: data[at + 2],
    unit: 0,
    value: state.value,
  };
}

/** The GUID in front of the data of a level I event over level II; undefined in other events. */
export function interfaceGuidOf({ vscpClass, data }: ValueEvent): string | undefined {
  return isLevel1OverLevel2(vscpClass) ? formatGuid(data) : undefined;
}

/** The types of the events that a series is made of: whoever sees it must be allowed to receive all of them. */
export function eventTypesOf({ vscpClass, vscpType }: SeriesIdentity): readonly number[] {
  return level1ClassOf(vscpClass) === INFORMATION ? [vscpType, vscpType + 1] : [vscpType];
}

/** What a series measures; a state has neither type nor symbol. */
export function quantityOf({ vscpClass, vscpType, unit }: SeriesIdentity): {
  kind: Measurement['kind'] | 'state';
  measurement?: number;
  symbol: string;
} {
  const quantity = measuredQuantity(vscpClass, vscpType, unit);
  if (quantity === undefined) return { kind: 'state', symbol: '' };
  const { kind, type, symbol } = quantity;
  return kind === 'data' ? { kind, symbol } : { kind, measurement: type, symbol };
}
