import { isUtf8 } from 'node:buffer';
import type { SeededRandom } from '../support/seeded-random.ts';
import { EDGE_NUMBERS, mutateOften } from './fuzz-mutation.ts';

export type Protocol = 'ws1' | 'ws2';

/** A message for the driver; text is always valid UTF-8, as anything else ends the connection. */
export interface FuzzMessage {
  payload: Buffer;
  isBinary: boolean;
}

/** Everything but AUTH, which is slow by design and has a campaign of its own. */
const WORDS: readonly [string, ...string[]] = [
  ...([
    'NOOP',
    'CHALLENGE',
    'OPEN',
    'CLOSE',
    'SETFILTER',
    'SF',
    'CLRQUEUE',
    'CLRQ',
    'VERSION',
    'VER',
  ] as const),
  ...(['COPYRIGHT', 'WCYD', 'INTERFACES', 'LAST', 'HISTORY', 'CREATEVAR', 'LISTVAR', 'GETTABLE'] as const),
  ...(['toString', '__proto__', 'constructor', '', '+', 'EVENT'] as const),
];

const GUIDS: readonly [string, ...string[]] = [
  ...(['-', '', 'FF:FF:FF:FF:FF:FF:FF:FE:00:26:55:CA:00:06:00:00', 'ZZ', ':', '::::::::::::::::'] as const),
  ...(['FF:FF:FF:FF:FF:FF:FF:FE:00:26:55:CA:00:06:00', '1:2:3:4:5:6:7:8:9:A:B:C:D:E:F:10:11'] as const),
];

const DATES: readonly [string, ...string[]] = [
  ...([
    '',
    '0',
    '2026-01-01T12:33:14Z',
    '2026-13-45',
    '2026-02-30T25:61:61Z',
    '99999-01-01T00:00:00Z',
  ] as const),
  ...(['2026-01-01T12:33:14.123456', 'T', '-1'] as const),
];

const number = (random: SeededRandom, below: number): string =>
  random.chance(0.1) ? random.pick(EDGE_NUMBERS) : String(random.int(below));

function dataText(random: SeededRandom): string {
  const count = random.chance(0.02) ? random.pick([512, 513, 5000]) : random.int(10);
  const bytes = Array.from({ length: count }, () => number(random, 256));
  return bytes.map((byte) => `,${byte}`).join('');
}

/** An event that every client may send: without some like it nothing would ever reach the host. */
function goodEvent(random: SeededRandom): { text: string; json: unknown } {
  const [vscpClass, vscpType, ...data] = [10 + random.int(50), ...random.bytes(random.int(9) + 1)];
  return {
    text: `E;${random.int(8) * 32},${vscpClass},${vscpType},0,,0,-${data.map((byte) => `,${byte}`).join('')}`,
    json: { type: 'EVENT', event: { class: vscpClass, type: vscpType, data } },
  };
}

function ws1Text(random: SeededRandom): string {
  if (random.chance(0.2)) return goodEvent(random).text;
  if (random.chance(0.5)) {
    const fields = [number(random, 256), number(random, 1100), number(random, 300), number(random, 2 ** 32)];
    const time = random.chance(0.1) ? [] : [random.pick(DATES), number(random, 2 ** 32)];
    const event = [...fields, ...time, random.pick(GUIDS)].join(',');
    return mutateOften(`E;${event}${dataText(random)}`, random);
  }
  const filter = () =>
    `${number(random, 8)},${number(random, 1100)},${number(random, 9)},${random.pick(GUIDS)}`;
  const args = random.chance(0.4) ? `;${filter()};${filter()}` : random.pick(['', ';', ';;;', ';x']);
  return mutateOften(`${random.pick(['C', 'C', 'C', 'c', 'X', ''])};${random.pick(WORDS)}${args}`, random);
}

const SIMPLE_VALUES = [null, true, 0, -1, 1.5, 2 ** 53, '', '0x10', '-', 'x'.repeat(300)] as const;

/** A JSON value of any kind, right or wrong for its place. */
function anyValue(random: SeededRandom, depth = 0): unknown {
  if (depth > 3 || random.chance(0.7)) return random.pick(SIMPLE_VALUES);
  const children = Array.from({ length: random.int(4) }, () => anyValue(random, depth + 1));
  if (random.chance(0.5)) return children;
  return Object.fromEntries(
    children.map((child, index) => [random.pick(['a', '__proto__', `${index}`]), child]),
  );
}

function jsonNumber(random: SeededRandom, below: number): unknown {
  if (random.chance(0.15)) return anyValue(random);
  return random.chance(0.1) ? random.pick(EDGE_NUMBERS) : random.int(below);
}

function jsonEvent(random: SeededRandom): unknown {
  if (random.chance(0.05)) return anyValue(random);
  const event: Record<string, unknown> = {};
  const put = (names: readonly [string, ...string[]], value: unknown) => {
    if (random.chance(0.9)) event[random.pick(names)] = value;
  };
  put(['vscpHead', 'head'], jsonNumber(random, 256));
  put(['vscpClass', 'class'], jsonNumber(random, 1100));
  put(['vscpType', 'type'], jsonNumber(random, 300));
  put(['vscpObId', 'obid'], jsonNumber(random, 2 ** 32));
  put(['vscpDateTime', 'dateTime', 'datetime'], random.pick(DATES));
  put(['vscpTimeStamp', 'timestamp', 'timestamp_ns'], jsonNumber(random, 2 ** 32));
  put(['vscpGuid', 'guid', 'GUID'], random.chance(0.1) ? anyValue(random) : random.pick(GUIDS));
  const data = Array.from({ length: random.chance(0.02) ? 513 : random.int(10) }, () =>
    jsonNumber(random, 256),
  );
  put(['vscpData', 'data'], random.chance(0.1) ? anyValue(random) : data);
  put(['vscpNote', 'note'], anyValue(random));
  return event;
}

function jsonArgs(random: SeededRandom): unknown {
  if (random.chance(0.4)) return random.pick([null, undefined, {}]);
  if (random.chance(0.2)) return anyValue(random);
  const names = [
    'mask_priority',
    'mask_class',
    'filter_type',
    'filter_guid',
    'filter',
    'mask',
    'limit',
  ] as const;
  return Object.fromEntries(names.map((name) => [name, jsonNumber(random, 1100)]));
}

function ws2Text(random: SeededRandom): string {
  if (random.chance(0.2)) return JSON.stringify(goodEvent(random).json);
  if (random.chance(0.03)) return mutateOften(JSON.stringify(anyValue(random)), random);
  if (random.chance(0.01)) return random.pick(['[', '{"a":']).repeat(random.int(20_000));
  const type = random.chance(0.1)
    ? anyValue(random)
    : random.pick(['C', 'CMD', 'command', 'E', 'EVENT', 'e', '+']);
  const message: Record<string, unknown> = { type };
  if (random.chance(0.6)) message[random.pick(['command', 'coommand'])] = random.pick(WORDS);
  if (random.chance(0.6)) message.args = jsonArgs(random);
  if (random.chance(0.6)) message.event = jsonEvent(random);
  return mutateOften(JSON.stringify(message), random);
}

/** The next message; never a login. */
export function makeMessage(protocol: Protocol, random: SeededRandom): FuzzMessage {
  for (;;) {
    if (random.chance(0.02)) return { payload: random.bytes(random.int(60)), isBinary: true };
    const text = protocol === 'ws1' ? ws1Text(random) : ws2Text(random);
    const payload = Buffer.from(text);
    if (payload.length > 65_536 || /a\\*u\\*t\\*h/i.test(text)) continue;
    return { payload, isBinary: random.chance(0.05) };
  }
}

/** What counts of a message: without one NUL at its end, as C programs send it along, and white space around it. */
export function textOf(payload: Buffer): string {
  const text = payload.toString();
  return (text.length > 1 && text.endsWith('\0') ? text.slice(0, -1) : text).trim();
}

/** True when the driver has to answer the message at all. */
export function needsReply({ payload, isBinary }: FuzzMessage): boolean {
  return (isBinary && !isUtf8(payload)) || textOf(payload) !== '';
}
