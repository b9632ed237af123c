import { encodeMeasurement, unitSymbol } from '../../../../src/client/index.ts';
import { t } from '../texts.ts';
import { formatWithUnit } from '../ui/format.ts';
import type { ControlKind, ControlSpec } from './control.ts';

/** Temperature in °C. */
const TEMPERATURE = 6;
const CELSIUS = 1;

/** Digits after the point that the steps need. */
export function decimalsOfStep(step: number): number {
  return Math.min(3, String(step).split('.')[1]?.length ?? 0);
}

/** A value as the set-point shows it. */
export function setPointText(value: number, { type, unit, step }: ControlSpec): string {
  return formatWithUnit(value, decimalsOfStep(step), unitSymbol(type, unit));
}

export const setPoint: ControlKind = {
  title: t('Set-point (thermostat)'),
  hint: t(
    'Sends CLASS1.SETVALUEZONE; the node answers with the value as CLASS1.MEASUREZONE, with the same index, zone and sub-zone.',
  ),
  hasAddress: true,
  settings: [
    { key: 'quantity', label: t('Quantity') },
    { key: 'min', label: t('Lowest'), min: -100_000, max: 100_000, step: 0.1 },
    { key: 'max', label: t('Highest'), min: -100_000, max: 100_000, step: 0.1 },
    { key: 'step', label: t('Step'), min: 0.1, max: 1000, step: 0.1 },
  ],
  usual: { type: TEMPERATURE, unit: CELSIUS, min: 5, max: 30, step: 0.5 },
  actions: {
    value: {
      label: t('Set-point'),
      value: ({ min, max, step }) => ({ min, max, step }),
      event: ({ type, unit, index, zone, subzone, step }, value) =>
        encodeMeasurement({
          form: 'setZone',
          value: Number(value.toFixed(decimalsOfStep(step))),
          ...{ type, unit, index, zone, subzone },
        }),
    },
  },
  answers: [],
  measured: ({ kind, type, unit, index, zone, subzone, value }, spec) =>
    kind === 'measurement' &&
    type === spec.type &&
    unit === spec.unit &&
    index === spec.index &&
    zone === spec.zone &&
    subzone === spec.subzone
      ? { value }
      : undefined,
  parts: () => [{ part: 'stepper', action: 'value', label: t('Set-point') }],
  words: ({ value }, spec) => (value === undefined ? '' : setPointText(value, spec)),
};
