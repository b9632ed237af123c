import type { SeededRandom } from '../support/seeded-random.ts';

type Tokens = readonly [string, ...string[]];

/** Numbers at the edges of what fields can hold, and texts that only look like numbers. */
export const EDGE_NUMBERS: Tokens = [
  ...(['0', '-1', '1', '255', '256', '65535', '65536', '4294967295', '4294967296', '1e308', '-0'] as const),
  ...([
    '1e999',
    '18446744073709551616',
    '0x',
    '0xFFFF',
    '0b101',
    '0o17',
    '0x1G',
    '1.5',
    'NaN',
    '  7 ',
    '٣',
  ] as const),
];

const ODD_CHARACTERS: Tokens = [
  ...(['\0', '\u{feff}', '\u2028', '\ud800', '\udfff', '𝔘', '\r\n', '\t', '"', '\\', ';', ',', ':'] as const),
  ...(['{', '}', '[', ']', '%n', '%s', '-', '+', '\x1b[31m', '\u0085', 'é', '١'] as const),
];

/** Changes a text in one of the ways that break parsers. */
export function mutate(text: string, random: SeededRandom): string {
  const at = random.int(text.length + 1);
  const end = Math.min(text.length, at + random.int(12));
  const operators: readonly [() => string, ...(() => string)[]] = [
    () => text.slice(0, at) + random.pick(ODD_CHARACTERS) + text.slice(at),
    () => text.slice(0, at) + text.slice(end),
    () => text.slice(0, at),
    () => text.slice(0, end) + text.slice(at),
    () => text.slice(0, at) + text.slice(at, end).repeat(random.int(40)) + text.slice(end),
    () => text.slice(0, at) + random.pick(EDGE_NUMBERS) + text.slice(end),
    () => text.slice(0, at) + String.fromCharCode(random.int(0x10000)) + text.slice(Math.min(end, at + 1)),
    () => text.replace(/\d+/, random.pick(EDGE_NUMBERS)),
    () => text.toLowerCase(),
    () => `${random.pick(['', ' ', '\r\n', '\t\n'])}${text}${random.pick(['', ' ', '\n', '\0'])}`,
  ];
  return random.pick(operators)();
}

/** Applies `mutate` none to four times. */
export function mutateOften(text: string, random: SeededRandom): string {
  let changed = text;
  for (let rounds = random.pick([0, 0, 1, 1, 1, 2, 3, 4]); rounds > 0; rounds--)
    changed = mutate(changed, random);
  return changed;
}
