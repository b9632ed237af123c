import { closePayload, OPCODE, type RawFrame } from '../support/raw-ws.ts';

/** What the driver does with the bytes of a case. */
type Outcome =
  /** Text frames come back, in this order, and the connection goes on. */
  | { replies: string[] }
  /** A pong with this payload comes back, and the connection goes on. */
  | { pong: Buffer | string }
  /** The connection ends with a close frame of this code. */
  | { close: number };

export interface FrameCase {
  name: string;
  send: RawFrame[];
  expect: Outcome;
  /** Bytes of each write to the socket; all at once when not given. */
  piece?: number;
}

const NOOP = 'C;NOOP';
const YES = '+;NOOP';
const UNKNOWN = "-;9;Unknown type, only know 'COMMAND' and 'EVENT'.";
const { text, binary, continuation, ping, pong, close } = OPCODE;
const MAX_MESSAGE = 65_536;
const filled = (size: number): string => 'x'.repeat(size);
const euro = Buffer.from('€');

export const TEXT: FrameCase[] = [
  { name: 'a text message', send: [{ payload: NOOP }], expect: { replies: [YES] } },
  { name: 'an empty text message', send: [{ payload: '' }, { payload: NOOP }], expect: { replies: [YES] } },
  { name: 'a text of 125 bytes', send: [{ payload: filled(125) }], expect: { replies: [UNKNOWN] } },
  { name: 'a text of 126 bytes', send: [{ payload: filled(126) }], expect: { replies: [UNKNOWN] } },
  { name: 'a text of 127 bytes', send: [{ payload: filled(127) }], expect: { replies: [UNKNOWN] } },
  { name: 'a text of 65 535 bytes', send: [{ payload: filled(65_535) }], expect: { replies: [UNKNOWN] } },
  {
    name: 'a text of exactly the limit',
    send: [{ payload: filled(MAX_MESSAGE) }],
    expect: { replies: [UNKNOWN] },
  },
  {
    name: 'a text one byte over the limit',
    send: [{ payload: filled(MAX_MESSAGE + 1) }],
    expect: { close: 1009 },
  },
  {
    name: 'a binary message with text in it',
    send: [{ opcode: binary, payload: NOOP }],
    expect: { replies: [YES] },
  },
  {
    name: 'a binary message that is no text',
    send: [{ opcode: binary, payload: Buffer.from([0xff, 0xfe]) }],
    expect: { replies: ['-;8;Parse error, invalid format.'] },
  },
  { name: 'a text byte by byte', send: [{ payload: NOOP }], piece: 1, expect: { replies: [YES] } },
  { name: 'an all-zero mask', send: [{ payload: NOOP, mask: Buffer.alloc(4) }], expect: { replies: [YES] } },
  {
    name: 'a length of 5 written in two bytes',
    send: [{ payload: NOOP, lengthBytes: 2 }],
    expect: { replies: [YES] },
  },
  {
    name: 'a length of 5 written in eight bytes',
    send: [{ payload: NOOP, lengthBytes: 8 }],
    expect: { replies: [YES] },
  },
  {
    name: 'a hundred messages in one write',
    send: Array.from({ length: 100 }, () => ({ payload: NOOP })),
    expect: { replies: Array.from({ length: 100 }, () => YES) },
  },
];

const fragments = (...parts: (string | Buffer)[]): RawFrame[] =>
  parts.map((payload, index) => ({
    opcode: index === 0 ? text : continuation,
    payload,
    fin: index === parts.length - 1,
  }));

export const FRAGMENTS: FrameCase[] = [
  { name: 'two fragments', send: fragments('C;N', 'OOP'), expect: { replies: [YES] } },
  { name: 'two fragments byte by byte', send: fragments('C;N', 'OOP'), piece: 1, expect: { replies: [YES] } },
  { name: 'six fragments of one byte', send: fragments(...NOOP), expect: { replies: [YES] } },
  { name: 'empty fragments around a text', send: fragments('', NOOP, '', ''), expect: { replies: [YES] } },
  {
    name: 'only empty fragments',
    send: [...fragments('', '', ''), { payload: NOOP }],
    expect: { replies: [YES] },
  },
  {
    name: 'a ping between fragments',
    send: [
      { payload: 'C;N', fin: false },
      { opcode: ping, payload: 'hi' },
    ],
    expect: { pong: 'hi' },
  },
  {
    name: 'an unasked pong between fragments',
    send: [
      { payload: 'C;N', fin: false },
      { opcode: pong, payload: 'x' },
      { opcode: continuation, payload: 'OOP' },
    ],
    expect: { replies: [YES] },
  },
  {
    name: 'fragments together over the limit',
    send: fragments(filled(40_000), filled(40_000)),
    expect: { close: 1009 },
  },
  {
    name: 'fragments without end',
    send: Array.from({ length: 3000 }, (_, index) => ({
      opcode: index === 0 ? text : continuation,
      payload: 'x',
      fin: false,
    })),
    expect: { close: 1008 },
  },
  {
    name: 'a continuation of nothing',
    send: [{ opcode: continuation, payload: NOOP }],
    expect: { close: 1002 },
  },
  {
    name: 'an unfinished continuation of nothing',
    send: [{ opcode: continuation, payload: NOOP, fin: false }],
    expect: { close: 1002 },
  },
  {
    name: 'a new text inside a fragmented one',
    send: [{ payload: 'C;N', fin: false }, { payload: NOOP }],
    expect: { close: 1002 },
  },
  {
    name: 'a continuation after the end of a message',
    send: [...fragments('C;N', 'OOP'), { opcode: continuation, payload: 'x' }],
    expect: { close: 1002 },
  },
];

export const CONTROL: FrameCase[] = [
  { name: 'a ping without payload', send: [{ opcode: ping }], expect: { pong: '' } },
  { name: 'a ping with text', send: [{ opcode: ping, payload: 'Hello' }], expect: { pong: 'Hello' } },
  {
    name: 'a ping with bytes that are no text',
    send: [{ opcode: ping, payload: Buffer.from([0, 0xff, 0xfe, 0xfd]) }],
    expect: { pong: Buffer.from([0, 0xff, 0xfe, 0xfd]) },
  },
  {
    name: 'a ping of 125 bytes',
    send: [{ opcode: ping, payload: filled(125) }],
    expect: { pong: filled(125) },
  },
  { name: 'a ping of 126 bytes', send: [{ opcode: ping, payload: filled(126) }], expect: { close: 1002 } },
  { name: 'a pong of 126 bytes', send: [{ opcode: pong, payload: filled(126) }], expect: { close: 1002 } },
  { name: 'a ping in fragments', send: [{ opcode: ping, fin: false }], expect: { close: 1002 } },
  { name: 'a pong in fragments', send: [{ opcode: pong, fin: false }], expect: { close: 1002 } },
  { name: 'a close in fragments', send: [{ opcode: close, fin: false }], expect: { close: 1002 } },
  {
    name: 'a ping byte by byte',
    send: [{ opcode: ping, payload: 'slow' }],
    piece: 1,
    expect: { pong: 'slow' },
  },
  {
    name: 'unasked pongs',
    send: [{ opcode: pong }, { opcode: pong, payload: 'x' }, { payload: NOOP }],
    expect: { replies: [YES] },
  },
  ...[3, 4, 5, 6, 7, 11, 12, 13, 14, 15].map(
    (opcode): FrameCase => ({
      name: `the reserved opcode ${opcode}`,
      send: [{ payload: NOOP }, { opcode, payload: 'x' }],
      expect: { close: 1002 },
    }),
  ),
  ...[0x40, 0x20, 0x10, 0x70].map(
    (reserved): FrameCase => ({
      name: `the reserved bits 0x${reserved.toString(16)} on a text`,
      send: [{ payload: NOOP, reserved }],
      expect: { close: 1002 },
    }),
  ),
  { name: 'reserved bits on a ping', send: [{ opcode: ping, reserved: 0x40 }], expect: { close: 1002 } },
  { name: 'a text without a mask', send: [{ payload: NOOP, masked: false }], expect: { close: 1002 } },
  { name: 'a ping without a mask', send: [{ opcode: ping, masked: false }], expect: { close: 1002 } },
  { name: 'a close without a mask', send: [{ opcode: close, masked: false }], expect: { close: 1002 } },
  {
    name: 'a length of 2^63',
    send: [{ payload: NOOP, lengthBytes: 8, claimedLength: 1n << 63n }],
    expect: { close: 1009 },
  },
  {
    name: 'a length of 2^64 - 1',
    send: [{ payload: NOOP, lengthBytes: 8, claimedLength: (1n << 64n) - 1n }],
    expect: { close: 1009 },
  },
  {
    name: 'a length of 4 GB',
    send: [{ payload: NOOP, lengthBytes: 8, claimedLength: 1n << 32n }],
    expect: { close: 1009 },
  },
];

const closing = (name: string, payload: Buffer | string, code: number): FrameCase => ({
  name,
  send: [{ opcode: close, payload }],
  expect: { close: code },
});

export const CLOSES: FrameCase[] = [
  closing('a close without a code', '', 1005),
  ...[1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999].map(
    (code) => closing(`a close with ${code}`, closePayload(code), code),
  ),
  closing('a close with a reason', closePayload(1000, 'good bye'), 1000),
  closing('a close with 123 bytes of reason', closePayload(1000, filled(123)), 1000),
  closing('a close with half a code', Buffer.from([3]), 1002),
  closing('a close of 126 bytes', closePayload(1000, filled(124)), 1002),
  closing('a close with a reason that is no text', closePayload(1000, Buffer.from([0xc3, 0x28])), 1007),
  ...[0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535].map((code) =>
    closing(`a close with the forbidden code ${code}`, closePayload(code), 1002),
  ),
  {
    name: 'messages behind a close',
    send: [{ opcode: close, payload: closePayload(1000) }, { payload: NOOP }, { opcode: ping }],
    expect: { close: 1000 },
  },
  {
    name: 'a close inside a fragmented message',
    send: [
      { payload: 'C;N', fin: false },
      { opcode: close, payload: closePayload(1000) },
    ],
    expect: { close: 1000 },
  },
];

/** Bytes that are no UTF-8, and why. */
const BAD_UTF8: readonly [string, number[]][] = [
  ['a lone continuation byte', [0x80]],
  ['a second lone continuation byte', [0xbf]],
  ['a start without its continuation', [0xc3, 0x28]],
  ['an overlong slash of two bytes', [0xc0, 0xaf]],
  ['an overlong slash of three bytes', [0xe0, 0x80, 0xaf]],
  ['an overlong slash of four bytes', [0xf0, 0x80, 0x80, 0xaf]],
  ['an overlong NUL', [0xc0, 0x80]],
  ['a high surrogate', [0xed, 0xa0, 0x80]],
  ['a low surrogate', [0xed, 0xbf, 0xbf]],
  ['a pair of surrogates', [0xed, 0xa0, 0x81, 0xed, 0xb0, 0x80]],
  ['a character beyond U+10FFFF', [0xf4, 0x90, 0x80, 0x80]],
  ['a sequence of five bytes', [0xf8, 0x88, 0x80, 0x80, 0x80]],
  ['a sequence of six bytes', [0xfc, 0x84, 0x80, 0x80, 0x80, 0x80]],
  ['the bytes FE and FF', [0xfe, 0xff]],
  ['a truncated character at the end', [0x43, 0x3b, 0xe2, 0x82]],
  ['a truncated character in the middle', [0x43, 0xe2, 0x82, 0x3b]],
];

const GOOD_UTF8: readonly [string, string][] = [
  ['two bytes', 'é'],
  ['three bytes', '€'],
  ['four bytes', '𝔘'],
  ['the last character', '\u{10ffff}'],
  ['a non-character', '\uffff'],
  ['NUL', '\0'],
  ['characters on both sides of the surrogates', '\ud7ff\ue000'],
];

export const UTF8: FrameCase[] = [
  ...BAD_UTF8.flatMap(([name, bytes]): FrameCase[] => [
    { name, send: [{ payload: Buffer.from(bytes) }], expect: { close: 1007 } },
    {
      name: `${name}, each byte a fragment`,
      send: fragments(...bytes.map((byte) => Buffer.from([byte]))),
      expect: { close: 1007 },
    },
  ]),
  ...GOOD_UTF8.map(
    ([name, characters]): FrameCase => ({
      name: `good UTF-8: ${name}`,
      send: [{ payload: `C;X${characters}Y` }],
      expect: { replies: [`-;X${characters.replaceAll('\0', ' ')}Y;5;Not authorised.`] },
    }),
  ),
  {
    name: 'a character cut by a fragment',
    send: fragments(Buffer.concat([Buffer.from('C;'), euro.subarray(0, 1)]), euro.subarray(1)),
    expect: { replies: ['-;€;5;Not authorised.'] },
  },
];
