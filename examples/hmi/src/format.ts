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

/** A number for reading: grouped by thousands, true minus sign, exponent only for the very large and small. */
export function formatNumber(value: number, decimals: number): string {
  const size = Math.abs(value);
  if (!Number.isFinite(value)) return '–';
  if (size >= 1e9 || (size !== 0 && size < 1e-4)) return value.toExponential(2).replaceAll('-', MINUS);
  const [whole = '', fraction] = size.toFixed(decimals).split('.');
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, NARROW_SPACE);
  return `${value < 0 ? MINUS : ''}${grouped}${fraction === undefined ? '' : `.${fraction}`}`;
}

/** Time since something, short: `now`, `12 s`, `3 min`, `2 h`, `5 d`. */
export function formatAge(ageMs: number): string {
  const seconds = Math.max(0, Math.round(ageMs / 1000));
  if (seconds < 2) return 'now';
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 48 * 3600) return `${Math.floor(seconds / 3600)} h`;
  return `${Math.floor(seconds / 86400)} d`;
}

/** How long something lasts, short: `12 s`, `15 min`, `6 h`, `1 d`. */
export function formatSpan(seconds: number): string {
  if (seconds < 60) return `${Math.round(seconds)} s`;
  if (seconds < 3600) return `${Math.round(seconds / 60)} min`;
  if (seconds < 86_400) return `${Math.round(seconds / 360) / 10} h`;
  return `${Math.round(seconds / 8640) / 10} d`;
}

export function formatTime(ms: number): string {
  const date = new Date(ms);
  const two = (value: number) => String(value).padStart(2, '0');
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
}

/** The end of a GUID, which is what differs between the nodes of an installation. */
export function shortGuid(guid: string): string {
  return `…${guid.slice(-11)}`;
}

export function formatBytes(data: Uint8Array): string {
  return Array.from(data, (byte) => byte.toString(16).padStart(2, '0').toUpperCase()).join(' ');
}
