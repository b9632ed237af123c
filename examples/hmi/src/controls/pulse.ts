import { t } from '../texts.ts';
import { addressOf, CONTROL, type ControlKind, INFORMATION } from './control.ts';
import { ON_OFF_ANSWERS, ON_OFF_PAST } from './on-off.ts';

const TIMED_PULSE_ON = 30;
const BUTTON = 1;
/** Bits of the control byte: milliseconds, and tell when the pulse begins and ends. */
const TELLING_MILLISECONDS = 0xc1;
/** Of CLASS1.INFORMATION Button: pressed and released. */
const KEY = 2;

export const pulse: ControlKind = {
  title: t('Pulse or button'),
  hint: t(
    'A pulse is answered by On when it begins and Off when it ends. A button press, as from a button on the wall, is answered by nobody.',
  ),
  hasAddress: true,
  settings: [
    {
      key: 'form',
      label: t('Sends'),
      choices: [
        ['pulse', t('A pulse of a set length')],
        ['button', t('A button press')],
      ],
    },
    { key: 'durationMs', label: t('Length of the pulse in ms'), min: 1, max: 86_400_000, step: 1 },
  ],
  usual: { durationMs: 500 },
  actions: {
    press: {
      label: t('Press'),
      event: (spec) => {
        const [index, zone, subzone] = addressOf(spec);
        if (spec.form === 'button')
          return { vscpClass: INFORMATION, vscpType: BUTTON, data: [KEY, zone, subzone, 0, index] };
        const time = spec.durationMs;
        const bytes = [time >>> 24, (time >>> 16) & 255, (time >>> 8) & 255, time & 255];
        return {
          vscpClass: CONTROL,
          vscpType: TIMED_PULSE_ON,
          data: [index, zone, subzone, TELLING_MILLISECONDS, ...bytes],
        };
      },
    },
  },
  answers: ON_OFF_ANSWERS,
  past: ON_OFF_PAST,
  parts: () => [{ part: 'buttons', actions: ['press'] }],
  words: ({ isOn }, { form }) =>
    isOn === undefined ? (form === 'button' ? t('Ready') : '') : isOn ? t('On') : t('Off'),
};
