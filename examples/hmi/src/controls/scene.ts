import { t } from '../texts.ts';
import type { ControlKind } from './control.ts';

export const START = 'start';
export const STOP = 'stop';

/** What it does is the list of its steps; see `SceneRunner`. */
export const scene: ControlKind = {
  title: t('Scene'),
  hint: t(
    'Does several things in order, each after a pause if you like. The page has to stay open until it is done.',
  ),
  hasAddress: false,
  settings: [],
  actions: {},
  answers: [],
  parts: () => [{ part: 'start', start: START, stop: STOP }],
  words: (_state, { steps }) => (steps.length === 1 ? t('One step') : t('{n} steps', { n: steps.length })),
};
