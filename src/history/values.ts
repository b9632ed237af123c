import { FIRST_LEVEL2_CLASS, isLevel1OverLevel2, LEVEL1_OVER_LEVEL2, level1ClassOf } from '../core/event.ts';
import { formatGuid, GUID_SIZE } from '../core/guid.ts';
import { decodeMeasured, type Measurement, measuredQuantity } from '../core/measurement.ts';
import { decodeSigned } from '../core/value-coding.ts';

const INFORMATION = 20;
/** CLASS1.INFORMATION: On, Opened and Lock as 1, Off, Closed and Unlock as 0, by the type of the first of each pair. */
const STATES: Readonly<Record<number, { type: number; value: number }>> = {
  3: { type: 3, value: 1 },
  4: { type: 3, value: 0 },
  7: { type: 7, value: 1 },
  8: { type: 7, value: 0 },
  75: { type: 75, value: 1 },
  76: { type: 75, value: 0 },
};

/** CLASS1.INFORMATION LevelChanged, with the level in the place of the index, and BigLevelChanged. */
const LEVEL_CHANGED = 40;
const BIG_LEVEL_CHANGED = 51;
const MAX_LEVEL_BYTES = 5;

const SECURITY = 2;
const MOTION = 1;
/** Sensors tell of motion and not of its end: it is over when none was told for `holdMs`. */
export const MOTION_SERIES = {
  vscpClasses: [SECURITY, LEVEL1_OVER_LEVEL2 + SECURITY],
  vscpType: MOTION,
  holdMs: 60_000,
} as const;

/** CLASS1.SECURITY Door open and Window open: open until CLASS1.INFORMATION Closed tells of the same place. */
const OPENINGS: readonly number[] = [9, 10];
const CLOSED = 8;

/** What a value belongs to, in addition to the GUID of its event. */
export interface SeriesIdentity {
  vscpClass: number;
  /** Of states: that of On (3), Opened (7), Lock (75) or, in CLASS1.SECURITY, Motion (1), Door (9) and Window open (10). */
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
  isState: boolean;
  /** Of a state that is over when nobody has told it for so long. */
  holdMs: number | undefined;
}

interface ValueEvent {
  readonly vscpClass: number;
  readonly vscpType: number;
  readonly data: Uint8Array;
}

/** No class beyond has values. */
const CLASSES = FIRST_LEVEL2_CLASS + 64;

/** By class: 1 when its events may hold a value. Looked at for every event. */
const HOLDS_VALUES = Uint8Array.from({ length: CLASSES }, (_, vscpClass) =>
  [INFORMATION, SECURITY].includes(level1ClassOf(vscpClass)) ||
  measuredQuantity(vscpClass, 0, 0) !== undefined
    ? 1
    : 0,
);

export function mayHoldValue(vscpClass: number): boolean {
  return HOLDS_VALUES[vscpClass] === 1;
}

/** The value of an event; undefined when it has none that can be kept. */
export function readingOf(event: ValueEvent): Reading | undefined {
  const measured = decodeMeasured(event);
  if (measured === undefined) return stateOf(event) ?? levelOf(event);
  const { value, sensorIndex, index, zone, subzone, unit } = measured;
  if (!Number.isFinite(value)) return undefined;
  const { vscpClass, vscpType } = event;
  const more = { isState: false, holdMs: undefined };
  return { vscpClass, vscpType, sensorIndex, index, zone, subzone, unit, value, ...more };
}

/** The states that an event ends beside its own reading, where anybody has told them; see `OPENINGS`. */
export function endingsOf(event: ValueEvent): Reading[] {
  const closed = event.vscpType === CLOSED ? stateOf(event) : undefined;
  if (closed === undefined) return [];
  const vscpClass = event.vscpClass - INFORMATION + SECURITY;
  return OPENINGS.map((vscpType) => ({ ...closed, vscpClass, vscpType, index: undefined }));
}

function stateOf({ vscpClass, vscpType, data }: ValueEvent): Reading | undefined {
  const level1Class = level1ClassOf(vscpClass);
  const isMotion = level1Class === SECURITY && vscpType === MOTION;
  const isOpen = isOpening({ vscpClass, vscpType });
  const state = isMotion || isOpen ? { type: vscpType, value: 1 } : STATES[vscpType];
  if ((level1Class !== INFORMATION && !isMotion && !isOpen) || state === undefined) return undefined;
  const at = isLevel1OverLevel2(vscpClass) ? GUID_SIZE : 0;
  if (data.length < at + 3) return undefined;
  return {
    vscpClass,
    vscpType: state.type,
    sensorIndex: 0,
    // Nobody says that it is the same when it is closed.
    index: isOpen ? undefined : data[at],
    zone: data[at + 1],
    subzone: data[at + 2],
    unit: 0,
    value: state.value,
    isState: true,
    holdMs: isMotion ? MOTION_SERIES.holdMs : undefined,
  };
}

function levelOf({ vscpClass, vscpType, data }: ValueEvent): Reading | undefined {
  const isBig = vscpType === BIG_LEVEL_CHANGED;
  if (level1ClassOf(vscpClass) !== INFORMATION || (!isBig && vscpType !== LEVEL_CHANGED)) return undefined;
  const at = isLevel1OverLevel2(vscpClass) ? GUID_SIZE : 0;
  if (data.length < at + (isBig ? 4 : 3)) return undefined;
  return {
    ...{ vscpClass, vscpType, sensorIndex: 0, unit: 0, isState: false, holdMs: undefined },
    index: isBig ? data[at] : undefined,
    zone: data[at + 1],
    subzone: data[at + 2],
    value: isBig ? decodeSigned(data.subarray(0, at + 3 + MAX_LEVEL_BYTES), at + 3) : (data[at] ?? 0),
  };
}

type Kind = Pick<SeriesIdentity, 'vscpClass' | 'vscpType'>;

function isState({ vscpClass, vscpType }: Kind): boolean {
  return level1ClassOf(vscpClass) === INFORMATION && STATES[vscpType] !== undefined;
}

function isOpening({ vscpClass, vscpType }: Kind): boolean {
  return level1ClassOf(vscpClass) === SECURITY && OPENINGS.includes(vscpType);
}

/** The GUID in front of the data of a level I event over level II; undefined in other events. */
export function interfaceGuidOf({ vscpClass, data }: ValueEvent): string | undefined {
  return isLevel1OverLevel2(vscpClass) ? formatGuid(data) : undefined;
}

/** Classes and types of the events that a series is made of: whoever sees it must be allowed to receive all of them. */
export function eventKindsOf(series: SeriesIdentity): Kind[] {
  const { vscpClass, vscpType } = series;
  const own = { vscpClass, vscpType };
  if (isState(series)) return [own, { vscpClass, vscpType: vscpType + 1 }];
  return isOpening(series)
    ? [own, { vscpClass: vscpClass - SECURITY + INFORMATION, vscpType: CLOSED }]
    : [own];
}

/** What a series measures; states and levels have neither type nor symbol. */
export function quantityOf({ vscpClass, vscpType, unit }: SeriesIdentity): {
  kind: Measurement['kind'] | 'state' | 'level';
  measurement?: number;
  symbol: string;
} {
  const quantity = measuredQuantity(vscpClass, vscpType, unit);
  const isLevel = vscpType === LEVEL_CHANGED || vscpType === BIG_LEVEL_CHANGED;
  if (quantity === undefined) return { kind: isLevel ? 'level' : 'state', symbol: '' };
  const { kind, type, symbol } = quantity;
  return kind === 'data' ? { kind, symbol } : { kind, measurement: type, symbol };
}
