import { t } from '../texts.ts';
import { type ControlKind, LOCK_QUANTITY, plainAction } from './control.ts';

export const lock: ControlKind = {
  title: t('Door lock'),
  hint: t('Sends Lock and Unlock, after a second press; the node answers Lock or Unlock.'),
  hasAddress: true,
  settings: [],
  actions: { lock: plainAction(t('Lock'), 42), unlock: plainAction(t('Unlock'), 43) },
  answers: [
    { vscpType: 75, first: 'index', state: () => ({ isLocked: true }) },
    { vscpType: 76, first: 'index', state: () => ({ isLocked: false }) },
  ],
  past: {
    quantity: LOCK_QUANTITY,
    types: [75],
    value: ({ isLocked }) => (isLocked === undefined ? undefined : Number(isLocked)),
  },
  parts: () => [{ part: 'buttons', actions: ['lock', 'unlock'], isConfirmed: true }],
  words: ({ isLocked }) => (isLocked === undefined ? '' : isLocked ? t('Locked') : t('Unlocked')),
};
