import { t } from '../texts.ts';
import {
  type Answer,
  addressOf,
  CONTROL,
  type ControlKind,
  LEVEL_QUANTITY,
  PERCENT,
  plainAction,
} from './control.ts';

const PRESET = 39;

const byForm = (label: string, shutter: number, opening: number) => ({
  label,
  event: (...[spec]: Parameters<(typeof plainActions)['event']>) =>
    plainAction(label, spec.form === 'open' ? opening : shutter).event(spec, 0),
});
const plainActions = plainAction('', 0);

/** Position 100 is fully open. */
const ANSWERS: readonly Answer[] = [
  { vscpType: 59, first: 'reserved', state: () => ({ motion: 'up' }) },
  { vscpType: 60, first: 'reserved', state: () => ({ motion: 'down' }) },
  { vscpType: 63, first: 'reserved', state: () => ({ motion: 'still', level: 100 }) },
  { vscpType: 64, first: 'reserved', state: () => ({ motion: 'still', level: 0 }) },
  { vscpType: 65, first: 'reserved', state: () => ({ motion: 'still', level: 50 }) },
  { vscpType: 66, first: 'reserved', state: () => ({ motion: 'still' }) },
  { vscpType: 24, first: 'reserved', state: () => ({ motion: 'still' }) },
  {
    vscpType: 40,
    first: 'value',
    state: ([level = 0]) => ({ level: Math.min(100, level), motion: 'still' }),
  },
  { vscpType: 7, first: 'index', state: () => ({ level: 100, motion: 'still' }) },
  { vscpType: 8, first: 'index', state: () => ({ level: 0, motion: 'still' }) },
];

export const shutter: ControlKind = {
  title: t('Shutter or blind'),
  hint: t(
    'The node answers that it moves, that it has reached an end, or LevelChanged with the position; 100 is open.',
  ),
  hasAddress: true,
  settings: [
    {
      key: 'form',
      label: t('Sends'),
      choices: [
        ['shutter', t('Shutter up and down, position')],
        ['open', t('Open and close')],
      ],
    },
  ],
  actions: {
    up: byForm(t('Up'), 34, 3),
    stop: plainAction(t('Stop'), 8),
    down: byForm(t('Down'), 35, 4),
    position: {
      label: t('Position'),
      value: () => PERCENT,
      event: (spec, value) => ({
        vscpClass: CONTROL,
        vscpType: PRESET,
        data: [...addressOf(spec), value],
      }),
    },
  },
  answers: ANSWERS,
  past: { quantity: LEVEL_QUANTITY, types: [40], value: ({ level }) => level },
  parts: ({ form }) => [
    { part: 'buttons', actions: ['up', 'stop', 'down'] },
    ...(form === 'open' ? [] : [{ part: 'slider', action: 'position', label: t('Position') } as const]),
  ],
  words: ({ motion, level }) => {
    if (motion === 'up') return t('Moving up');
    if (motion === 'down') return t('Moving down');
    if (level === 100) return t('Open');
    if (level === 0) return t('Closed');
    return level === undefined ? (motion === 'still' ? t('Stopped') : '') : t('{n} % open', { n: level });
  },
};
