import { t } from '../texts.ts';
import { addressOf, CONTROL, type ControlKind, DISPLAY, PERCENT } from './control.ts';
import { LEVEL_ANSWERS } from './dimmer.ts';
import { ON_OFF_ANSWERS, ON_OFF_PAST, TURN } from './on-off.ts';

const SET_COLOUR = 49;
const DIM_LAMPS = 20;
const BIG_LEVEL_CHANGED = 51;
export const MAX_COLOUR = 0xff_ffff;

export function colourText(value: number): string {
  return `#${value.toString(16).padStart(6, '0')}`;
}

export const colour: ControlKind = {
  title: t('Colour and white'),
  hint: t(
    'Sends CLASS1.DISPLAY SetColor, and DimLamps for white; the node answers BigLevelChanged with red, green and blue in its last three bytes, and LevelChanged.',
  ),
  hasAddress: true,
  settings: [
    {
      key: 'form',
      label: t('Light'),
      choices: [
        ['white', t('Colour and white')],
        ['colour', t('Colour only')],
      ],
    },
  ],
  actions: {
    ...TURN,
    colour: {
      label: t('Colour'),
      value: () => ({ min: 0, max: MAX_COLOUR, step: 1 }),
      event: (spec, value) => ({
        vscpClass: DISPLAY,
        vscpType: SET_COLOUR,
        data: [...addressOf(spec), value >> 16, (value >> 8) & 255, value & 255],
      }),
    },
    white: {
      label: t('White'),
      value: () => PERCENT,
      event: ({ zone, subzone }, value) => ({
        vscpClass: CONTROL,
        vscpType: DIM_LAMPS,
        data: [value, zone, subzone],
      }),
    },
  },
  answers: [
    ...ON_OFF_ANSWERS,
    ...LEVEL_ANSWERS.filter(({ vscpType }) => vscpType !== BIG_LEVEL_CHANGED),
    {
      vscpType: BIG_LEVEL_CHANGED,
      first: 'index',
      state: (data) => {
        const value = data
          .subarray(3)
          .slice(-3)
          .reduce((sum, byte) => sum * 256 + byte, 0);
        return { colour: colourText(value), isOn: value > 0 };
      },
    },
  ],
  past: ON_OFF_PAST,
  parts: ({ form }) => [
    { part: 'colour', action: 'colour', label: t('Colour') },
    ...(form === 'colour' ? [] : [{ part: 'slider', action: 'white', label: t('White') } as const]),
    { part: 'toggle', on: 'on', off: 'off' },
  ],
  words: ({ isOn, level, colour: told }, { form }) => {
    if (isOn === false) return t('Off');
    const words = [
      told,
      form !== 'colour' && level !== undefined ? t('white {n} %', { n: level }) : undefined,
    ];
    return words.filter((word) => word !== undefined).join(', ') || (isOn ? t('On') : '');
  },
};
