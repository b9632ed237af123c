import { decodeMeasurement, type VscpEvent } from '../../../../../src/client/index.ts';
import { level1Form } from '../../../../../src/core/level1-form.ts';
import { t } from '../../texts.ts';
import { decimalsOf, formatBytes, formatNumber, formatSpan, formatWithUnit } from '../../ui/format.ts';
import { classWords, typeWords } from './event-names.ts';

/** Name of a zone and sub-zone; empty for none. */
export type PlaceName = (zone: number, subzone: number) => string;

const EVERYWHERE = 255;
/** Classes whose events begin with something, a zone and a sub-zone. */
const ADDRESSED = new Set([1, 2, 20, 30, 40, 102, 508]);

type Words = (data: Uint8Array) => string;

const onOff: Words = ([first = 0]) => (first === 0 ? t('Off') : t('On'));
const numbered: Words = ([index = 0]) => (index === 0 ? '' : t('index {n}', { n: index }));
const integer = (data: Uint8Array) => data.reduce((sum, byte) => sum * 256 + byte, 0);
const signed = (data: Uint8Array) =>
  (data[0] ?? 0) < 128 ? integer(data) : integer(data) - 256 ** data.length;
const twoDigits = (...bytes: (number | undefined)[]) =>
  bytes.map((byte = 0) => String(byte).padStart(2, '0')).join(':');

const TOUCHES = [t('Touched and released'), t('Touched'), t('Released')];
const TOKENS: Readonly<Record<number, string>> = {
  1: 'iButton',
  9: t('ID or credit card'),
  16: t('biometric device'),
  17: t('biometric device'),
  18: t('Bluetooth device'),
  19: t('GSM device'),
  20: t('GSM subscriber'),
};
const tokenName = (type: number) =>
  TOKENS[type] ?? ([2, 3, 4, 21, 22, 23, 24, 25].includes(type) ? 'RFID' : t('token'));
const touch = (code: number, type: number, id: Uint8Array) =>
  `${TOUCHES[code] ?? t('Error')}: ${tokenName(type)} ${formatBytes(id)}`.trim();

/** Seconds in the time codes of pulses: microseconds to days. */
const TIME_CODES = [1e-6, 1e-3, 1, 60, 3600, 86_400];
const pulse: Words = (data) => {
  const seconds = integer(data.subarray(4, 8)) * (TIME_CODES[(data[3] ?? 0) & 15] ?? 0);
  return t('for {span}', {
    span: seconds < 1 ? `${formatNumber(seconds * 1000, 0)} ms` : formatSpan(seconds),
  });
};

/** What the data mean, by class and type; the place comes behind by itself. */
const WORDS: Readonly<Record<string, Words>> = {
  '1.1': onOff,
  '1.2': ([code = 0]) => (code === 0 ? t('over') : t('code {n}', { n: code })),
  ...Object.fromEntries([3, 4, 5, 6, 7, 8, 9].map((type) => [`1.${type}`, onOff])),
  '2.1': (data) => ['', t('activated'), t('inactivated')][data[3] ?? 0] ?? '',
  '20.9': () => t('alive'),
  '20.1': ([what = 0, , , high = 0, low = 0]) =>
    `${[t('Released'), t('Pressed'), t('Pressed and released')][what & 7] ?? ''}, ${t('code {n}', { n: high * 256 + low })}`,
  ...Object.fromEntries([3, 4, 49, 69, 70, 71, 75, 76].map((type) => [`20.${type}`, numbered])),
  '20.37': (data) => touch((data[0] ?? 0) & 3, (data[0] ?? 0) >> 2, data.subarray(4)),
  '20.40': ([level = 0]) => t('level {n}', { n: level }),
  '20.42': ([, , , from = 0, to = 0]) => t('from state {from} to {to}', { from, to }),
  '20.48': ([, , , code = 0]) => t('preset {n}', { n: code }),
  '20.51': (data) => t('level {n}', { n: signed(data.subarray(3)) }),
  '20.72': ([, , , century = 0, year = 0, month = 0, day = 0]) =>
    `${century}${twoDigits(year, month, day).replaceAll(':', '-')}`,
  '20.73': ([, , , ...time]) => `${twoDigits(...time.slice(0, 3))} UTC`,
  '30.1': onOff,
  '30.2': onOff,
  ...Object.fromEntries([3, 4, 5, 6, 34, 35, 38, 42, 43].map((type) => [`30.${type}`, numbered])),
  '30.20': ([level = 0]) =>
    level > 100 ? (level === 255 ? t('one step up') : t('one step down')) : `${level} %`,
  '30.22': ([level = 0]) => t('level {n}', { n: level }),
  '30.28': ([code = 0]) => t('preset {n}', { n: code }),
  '30.30': pulse,
  '30.31': pulse,
  '30.33': (data) => t('level {n}', { n: signed(data.subarray(3)) }),
  '30.39': ([, , , position = 0]) => `${position} %`,
  '102.49': (data) => `#${integer(data.subarray(3, 6)).toString(16).padStart(6, '0')}`,
};

/** What an event says, for people; the bytes where nobody knows their meaning. */
export function meaningOf(event: VscpEvent, placeName: PlaceName): string {
  const measurement = decodeMeasurement(event);
  if (measurement) {
    const { value, symbol } = measurement;
    return formatWithUnit(value, decimalsOf(value), symbol);
  }
  return level2Words(event) ?? level1Words(event, placeName) ?? formatBytes(event.data);
}

/** CLASS2.INFORMATION: tokens, and heartbeats with the node's name. */
function level2Words({ vscpClass, vscpType, data }: VscpEvent): string | undefined {
  if (vscpClass !== 1026 || data.length === 0) return undefined;
  if (vscpType === 1) return touch(data[0] ?? 0, data[3] ?? 0, data.subarray(8));
  if (vscpType !== 2) return undefined;
  const name = new TextDecoder().decode(data).replace(/\0.*$/s, '').trim();
  return name === '' ? t('alive') : `“${name}”`;
}

function level1Words(event: VscpEvent, placeName: PlaceName): string | undefined {
  const { vscpClass, data } = level1Form(event);
  if (vscpClass === 20 && event.vscpType === 39 && data.length >= 7) return confirmation(data, placeName);
  if (!ADDRESSED.has(vscpClass) || data.length < 3) return undefined;
  const what = WORDS[`${vscpClass}.${event.vscpType}`]?.(data) ?? '';
  return (
    [what, placeWords(data[1] ?? 0, data[2] ?? 0, placeName)].filter(Boolean).join(' · ') || t('no place')
  );
}

/** CLASS1.INFORMATION Confirm: place, number, class and type of what is confirmed. */
function confirmation(data: Uint8Array, placeName: PlaceName): string {
  const [vscpClass, vscpType] = [integer(data.subarray(3, 5)), integer(data.subarray(5, 7))];
  const what = `${classWords(vscpClass)} · ${typeWords(vscpClass, vscpType)}`;
  return [what, placeWords(data[0] ?? 0, data[1] ?? 0, placeName)].filter(Boolean).join(' · ');
}

function placeWords(zone: number, subzone: number, placeName: PlaceName): string {
  return zone === EVERYWHERE ? t('everywhere') : placeName(zone, subzone);
}
