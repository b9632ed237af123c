import { parseGuid } from '../../../../src/client/index.ts';
import { isObject } from '../saved/merge-patch.ts';
import { t } from '../texts.ts';
import type { ControlSpec, SceneStep } from './control.ts';
import { CONTROL_KINDS } from './kinds.ts';

export const MAX_CONTROLS = 200;
export const MAX_STEPS = 50;
export const MAX_DELAY_S = 3600;
const MAX_DATA = 24;
const MAX_BYTE = 255;
const MAX_WORD = 0xffff;
/** Of measurement types. */
const MAX_TYPE = 1279;

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

/** The names of its fields. */
export const CONTROL_KEYS: ReadonlySet<string> = new Set(Object.keys(BLANK_SPEC));

/**
 * Reads a control, whoever wrote it. What cannot be read is in its `problems`, by the names of the fields.
 * @returns `undefined` = a kind that this panel does not know
 */
export function readControl(entry: Record<string, unknown>): ControlSpec | undefined {
  const kind = CONTROL_KINDS[String(entry.kind)];
  if (kind === undefined) return undefined;
  const spec = { ...BLANK_SPEC, ...kind.usual, kind: String(entry.kind) };
  const problems: string[] = [];
  const whole = (key: 'index' | 'zone' | 'subzone' | 'unit' | 'type', max: number) => {
    const value = entry[key] ?? spec[key];
    if (isWhole(value, max)) spec[key] = value;
    else problems.push(t('“{key}” has to be a whole number from 0 to {max}.', { key, max }));
  };
  const number = (key: 'min' | 'max' | 'step' | 'durationMs', min: number) => {
    const value = entry[key] ?? Math.max(min, spec[key]);
    if (typeof value === 'number' && Number.isFinite(value) && value >= min) spec[key] = value;
    else problems.push(t('“{key}” has to be a number that fits the others.', { key }));
  };
  for (const key of ['index', 'zone', 'subzone', 'unit'] as const) whole(key, MAX_BYTE);
  whole('type', MAX_TYPE);
  for (const key of ['name', 'guid', 'form'] as const) {
    const value = entry[key] ?? spec[key];
    if (typeof value === 'string') spec[key] = value;
    else problems.push(t('“{key}” has to be a text.', { key }));
  }
  if (!isGuid(spec.guid)) problems.push(t('“{key}” has to be a GUID.', { key: 'guid' }));
  number('min', Number.NEGATIVE_INFINITY);
  number('max', spec.min);
  number('step', Number.MIN_VALUE);
  number('durationMs', 1);
  spec.steps = readSteps(entry.steps ?? [], problems);
  return problems.length === 0 ? spec : { ...spec, problems };
}

function readSteps(steps: unknown, problems: string[]): SceneStep[] {
  if (!Array.isArray(steps)) {
    problems.push(t('“{key}” has to be a list [ … ].', { key: 'steps' }));
    return [];
  }
  if (steps.length > MAX_STEPS) problems.push(t('A scene has at most {max} steps.', { max: MAX_STEPS }));
  return steps.slice(0, MAX_STEPS).flatMap((step: unknown, i) => {
    const read = readStep(step);
    if (typeof read === 'object') return [read];
    problems.push(t('step {n}: {problem}', { n: i + 1, problem: read }));
    return [];
  });
}

/** @returns what is wrong with it when it cannot be read */
export function readStep(step: unknown): SceneStep | string {
  if (!isObject(step)) return t('it has to be an object { … }.');
  const { thing, action, value, delayS = 0, vscpClass, vscpType, data = [] } = step;
  if (typeof delayS !== 'number' || !(delayS >= 0 && delayS <= MAX_DELAY_S))
    return t('the pause has to be from 0 to {max} s.', { max: MAX_DELAY_S });
  if (typeof thing === 'string' && typeof action === 'string')
    return { thing, action, delayS, ...(typeof value === 'number' && { value }) };
  if (!isWhole(vscpClass, MAX_WORD) || !isWhole(vscpType, MAX_WORD))
    return t('class and type have to be from 0 to {max}.', { max: MAX_WORD });
  if (!Array.isArray(data) || data.length > MAX_DATA || !data.every((byte) => isWhole(byte, MAX_BYTE)))
    return t('it can have {max} bytes of data at most.', { max: MAX_DATA });
  return { vscpClass, vscpType, data, delayS };
}

function isGuid(text: string): boolean {
  try {
    return text === '' || parseGuid(text).length > 0;
  } catch {
    return false;
  }
}

function isWhole(value: unknown, max: number): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= max;
}
