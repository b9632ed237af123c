import { t } from '../texts.ts';
import type { ControlKind } from './control.ts';

/** What it does is the list of its steps; see `SceneRun`. */
export const scene: ControlKind = {
  title: t('Scene'),
  hint: t(
    'Does several things in order, each after a pause if you like. The page has to stay open until it is done.',
  ),
  hasAddress: false,
  settings: [],
  actions: { start: { label: t('Start'), event: () => ({ vscpClass: 0, vscpType: 0 }) } },
  answers: [],
  parts: () => [{ part: 'buttons', actions: ['start'] }],
  words: (_state, { steps }) => (steps.length === 1 ? t('One step') : t('{n} steps', { n: steps.length })),
};
