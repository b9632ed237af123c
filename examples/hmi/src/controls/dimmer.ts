import { decodeSigned } from '../../../../src/core/value-coding.ts';
import { t } from '../texts.ts';
import { type Answer, addressOf, CONTROL, type ControlKind, LEVEL_QUANTITY, PERCENT } from './control.ts';
import { ON_OFF_ANSWERS, TURN } from './on-off.ts';

const DIM_LAMPS = 20;
const CHANGE_LEVEL = 22;
const BIG_CHANGE_LEVEL = 33;
/** CLASS1.CONTROL ChangeLevel has a byte for the level; percent are what people read. */
const FULL_BYTE = 255;

const toState = (level: number) => ({ level: Math.max(0, Math.min(100, level)), isOn: level > 0 });

/** CLASS1.INFORMATION LevelChanged and BigLevelChanged. */
export const LEVEL_ANSWERS: readonly Answer[] = [
  {
    vscpType: 40,
    first: 'value',
    state: ([level = 0], { form }) =>
      toState(form === 'level' ? Math.round((level * 100) / FULL_BYTE) : level),
  },
  { vscpType: 51, first: 'index', state: (data) => toState(decodeSigned(data, 3)) },
];

export const dimmer: ControlKind = {
  title: t('Dimmer'),
  hint: t('Sends the level; the node answers LevelChanged, or On and Off.'),
  hasAddress: true,
  settings: [
    {
      key: 'form',
      label: t('Sends'),
      choices: [
        ['dim', t('Dim lamps, 0 to 100')],
        ['level', t('Change level, 0 to 255')],
        ['big', t('Big change level, with an index')],
      ],
    },
  ],
  actions: {
    ...TURN,
    level: {
      label: t('Brightness'),
      value: () => PERCENT,
      event: (spec, value) => {
        const [index, zone, subzone] = addressOf(spec);
        if (spec.form === 'big')
          return { vscpClass: CONTROL, vscpType: BIG_CHANGE_LEVEL, data: [index, zone, subzone, value] };
        const isByte = spec.form === 'level';
        const level = isByte ? Math.round((value * FULL_BYTE) / 100) : value;
        return {
          vscpClass: CONTROL,
          vscpType: isByte ? CHANGE_LEVEL : DIM_LAMPS,
          data: [level, zone, subzone],
        };
      },
    },
  },
  answers: [...ON_OFF_ANSWERS, ...LEVEL_ANSWERS],
  past: {
    quantity: LEVEL_QUANTITY,
    types: [40, 51],
    value: ({ isOn, level }) => (isOn === false ? 0 : level),
    scale: ({ form }) => (form === 'level' ? 100 / FULL_BYTE : 1),
  },
  parts: () => [
    { part: 'slider', action: 'level', label: t('Brightness') },
    { part: 'toggle', on: 'on', off: 'off' },
  ],
  words: ({ isOn, level }) => {
    if (isOn === false) return t('Off');
    if (level !== undefined) return `${level} %`;
    return isOn ? t('On') : '';
  },
};
