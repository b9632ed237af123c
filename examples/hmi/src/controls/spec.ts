import { isObject } from '../merge-patch.ts';
import type { ControlSpec, SceneStep } from './control.ts';
import { CONTROL_KINDS } from './kinds.ts';

export const MAX_CONTROLS = 200;
export const MAX_STEPS = 50;
const MAX_DELAY_S = 3600;
const MAX_DATA = 24;

export const BLANK_SPEC: ControlSpec = {
  kind: 'switch',
  name: '',
  index: 0,
  zone: 0,
  subzone: 0,
  guid: '',
  form: '',
  type: 6,
  unit: 1,
  min: 0,
  max: 100,
  step: 1,
  durationMs: 500,
  steps: [],
};

/** Reads what can be used of a control, whoever wrote it; `undefined` = a kind that this panel does not know. */
export function readControl(entry: Record<string, unknown>): ControlSpec | undefined {
  const kind = CONTROL_KINDS[String(entry.kind)];
  if (kind === undefined) return undefined;
  const spec = { ...BLANK_SPEC, ...kind.usual, kind: String(entry.kind) };
  const number = (key: 'min' | 'max' | 'step' | 'durationMs', min: number) => {
    const value = entry[key];
    if (typeof value === 'number' && Number.isFinite(value) && value >= min) spec[key] = value;
  };
  for (const key of ['index', 'zone', 'subzone', 'unit'] as const)
    if (isWhole(entry[key], 255)) spec[key] = entry[key];
  if (isWhole(entry.type, 1279)) spec.type = entry.type;
  for (const key of ['name', 'guid', 'form'] as const)
    if (typeof entry[key] === 'string') spec[key] = entry[key];
  number('min', Number.NEGATIVE_INFINITY);
  number('max', spec.min);
  number('step', Number.MIN_VALUE);
  number('durationMs', 1);
  if (Array.isArray(entry.steps)) spec.steps = entry.steps.slice(0, MAX_STEPS).flatMap(readStep);
  return spec;
}

function readStep(step: unknown): SceneStep[] {
  if (!isObject(step)) return [];
  const { thing, action, value, delayS = 0, vscpClass, vscpType, data = [] } = step;
  if (typeof delayS !== 'number' || !(delayS >= 0 && delayS <= MAX_DELAY_S)) return [];
  if (typeof thing === 'string' && typeof action === 'string')
    return [{ thing, action, delayS, ...(typeof value === 'number' && { value }) }];
  const isEvent = isWhole(vscpClass, 0xffff) && isWhole(vscpType, 0xffff) && Array.isArray(data);
  if (!isEvent || data.length > MAX_DATA || !data.every((byte) => isWhole(byte, 255))) return [];
  return [{ vscpClass, vscpType, data, delayS }];
}

function isWhole(value: unknown, max: number): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= max;
}
