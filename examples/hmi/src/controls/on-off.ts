import { t } from '../texts.ts';
import { type Answer, type ControlKind, type Past, plainAction } from './control.ts';

/** CLASS1.CONTROL TurnOn and TurnOff. */
export const TURN = { on: plainAction(t('On'), 5), off: plainAction(t('Off'), 6) };

/** CLASS1.INFORMATION On and Off. */
export const ON_OFF_ANSWERS: readonly Answer[] = [
  { vscpType: 3, first: 'index', state: () => ({ isOn: true }) },
  { vscpType: 4, first: 'index', state: () => ({ isOn: false }) },
];

/** When it was on. */
export const ON_OFF_PAST: Past = {
  quantity: 'Switch',
  types: [3],
  value: ({ isOn }) => (isOn === undefined ? undefined : Number(isOn)),
};

export const onOff: ControlKind = {
  title: t('On and off'),
  hint: t('Sends TurnOn and TurnOff; the node answers On or Off.'),
  hasAddress: true,
  settings: [],
  actions: TURN,
  answers: ON_OFF_ANSWERS,
  past: ON_OFF_PAST,
  parts: () => [{ part: 'toggle', on: 'on', off: 'off' }],
  words: ({ isOn }) => (isOn === undefined ? '' : isOn ? t('On') : t('Off')),
};
