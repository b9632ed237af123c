import { locale, t } from '../texts.ts';

const NARROW_SPACE = '\u202F';
const MINUS = '\u2212';

/** Decimals a value is written with: as many as the sensor sends, fewer the larger the number. */
export function decimalsOf(value: number): number {
  const text = String(value);
  if (text.includes('e')) return 0;
  const size = Math.abs(value);
  const useful = size < 1 ? 3 : size < 100 ? 2 : size < 100_000 ? 1 : 0;
  return Math.min(text.split('.')[1]?.length ?? 0, useful);
}

const formatters = new Map<number, Intl.NumberFormat>();

function formatterOf(decimals: number): Intl.NumberFormat {
  const known = formatters.get(decimals);
  if (known) return known;
  const formatter = new Intl.NumberFormat(locale, {
    minimumFractionDigits: decimals,
    maximumFractionDigits: decimals,
  });
  formatters.set(decimals, formatter);
  return formatter;
}

const dateFormats = new Map<string, Intl.DateTimeFormat>();

/** A date in the words of the panel's language. Making a format takes far longer than using one. */
export function formatDateAs(date: Date, options: Intl.DateTimeFormatOptions): string {
  const key = JSON.stringify(options);
  const format = dateFormats.get(key) ?? new Intl.DateTimeFormat(locale, options);
  dateFormats.set(key, format);
  return format.format(date);
}

const partsOf = (value: number) => new Intl.NumberFormat(locale).formatToParts(value);
const POINT = partsOf(0.5).find(({ type }) => type === 'decimal')?.value ?? '.';
const GROUP = partsOf(123_456_789).find(({ type }) => type === 'group')?.value ?? '';

/**
 * A number for reading: the language's decimal point, a narrow space between thousands (a point or comma there is
 * read as something else one country further), true minus sign, exponent only for the very large and small.
 */
export function formatNumber(value: number, decimals: number): string {
  const size = Math.abs(value);
  if (!Number.isFinite(value)) return '–';
  const isExtreme = size >= 1e9 || (size !== 0 && size < 1e-4);
  if (isExtreme) return value.toExponential(2).replaceAll('-', MINUS).replace('.', POINT);
  const text = formatterOf(decimals).format(size).replaceAll(GROUP, NARROW_SPACE);
  return value < 0 ? MINUS + text : text;
}

/** Time since something, short: `now`, `12 s`, `3 min`, `2 h`, `5 d`. */
export function formatAge(ageMs: number): string {
  const seconds = Math.max(0, Math.round(ageMs / 1000));
  if (seconds < 2) return t('now');
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 48 * 3600) return `${Math.floor(seconds / 3600)} h`;
  return `${Math.floor(seconds / 86400)} d`;
}

/** With one decimal where there is one. */
function short(value: number): string {
  const rounded = Math.round(value * 10) / 10;
  return formatNumber(rounded, Number.isInteger(rounded) ? 0 : 1);
}

/** How long something lasts, short: `12 s`, `15 min`, `6 h`, `1 d`. */
export function formatSpan(seconds: number): string {
  if (seconds < 60) return `${Math.round(seconds)} s`;
  if (seconds < 3600) return `${Math.round(seconds / 60)} min`;
  if (seconds < 86_400) return `${short(seconds / 3600)} h`;
  return `${short(seconds / 86_400)} d`;
}

/** A number with its unit, which may be empty. */
export function formatWithUnit(value: number, decimals: number, symbol: string): string {
  return `${formatNumber(value, decimals)} ${symbol}`.trim();
}

const timeOfDay = new Intl.DateTimeFormat(locale, { timeStyle: 'medium', hourCycle: 'h23' });

export function formatTime(ms: number): string {
  return timeOfDay.format(ms);
}

export function formatDate(ms: number): string {
  return formatDateAs(new Date(ms), { dateStyle: 'medium', timeStyle: 'medium', hourCycle: 'h23' });
}

/** The time; with the date unless that is today. */
export function formatMoment(ms: number): string {
  return new Date(ms).toDateString() === new Date().toDateString() ? formatTime(ms) : formatDate(ms);
}

/** The end of a GUID, which is what differs between the nodes of an installation. */
export function shortGuid(guid: string): string {
  return `…${guid.slice(-11)}`;
}

export function formatBytes(data: Uint8Array): string {
  return Array.from(data, (byte) => byte.toString(16).padStart(2, '0').toUpperCase()).join(' ');
}
