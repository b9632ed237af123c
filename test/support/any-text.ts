import fc from 'fast-check';
import type { Protocol } from '../../src/core/protocol.ts';
import type { Dialect } from '../../src/session/dialect.ts';

const PIECES: Record<Protocol, readonly string[]> = {
  ws1: [
    'C',
    'E',
    'c',
    'e',
    ';',
    ';',
    ',',
    ',',
    '-',
    ':',
    '0',
    '10',
    '0x',
    '65536',
    'NOOP',
    'SF',
    'CLRQ',
    'VERSION',
  ].concat(['FF:FF', '2026-01-02T03:04:05Z', ' ', '\r\n', '\0', 'OPEN', 'CLOSE', 'CHALLENGE', 'WCYD', '256']),
  ws2: [
    '{',
    '}',
    '[',
    ']',
    '"',
    ':',
    ',',
    '"type":',
    '"CMD"',
    '"EVENT"',
    '"command":',
    '"NOOP"',
    '"args":',
    'null',
  ].concat([
    '"event":',
    '"class":',
    '10',
    '"SF"',
    '"filter":',
    '"data":',
    '1e9',
    '-',
    '\\u0000',
    'true',
    '"__proto__":',
  ]),
};

const WHOLE: Record<Protocol, readonly string[]> = {
  ws1: [
    'C;NOOP',
    'C;SF;0,10,6,-;7,65535,65535,FF:FF:FF:FF:FF:FF:FF:FE:00:26:55:CA:00:06:00:00',
    'E;96,10,6,0,2026-01-02T03:04:05Z,123456,FF:FF:FF:FF:FF:FF:FF:FE:00:26:55:CA:00:06:00:00,0x89,0x82',
    'E;0x100,30,5,9,,0x18869E9F2A1B3C4D,-,1,2,3',
    'E;0,20,3,0,123,-,0,1,35',
  ],
  ws2: [
    '{"type":"CMD","command":"NOOP","args":null}',
    '{"type":"CMD","command":"SF","args":{"filter":"0,10,6,-","mask":{"class":"0xffff"},"mask_type":1}}',
    '{"type":"EVENT","event":{"vscpHead":96,"vscpClass":10,"vscpType":6,"vscpDateTime":"2026-01-02T03:04:05Z","vscpData":[1,2]}}',
    '{"type":"E","event":{"head":256,"class":10,"type":6,"timestamp_ns":"0x1886caf21c963200","guid":"-","data":"1,2"}}',
  ],
};

/** A whole message with some characters removed, inserted or replaced. */
function mutated(protocol: Protocol): fc.Arbitrary<string> {
  const change = fc.record({
    at: fc.nat(150),
    drop: fc.nat(5),
    add: fc.oneof(
      fc.constant(''),
      fc.constantFrom(...PIECES[protocol]),
      fc.string({ unit: 'binary', maxLength: 3 }),
    ),
  });
  return fc
    .tuple(fc.constantFrom(...WHOLE[protocol]), fc.array(change, { maxLength: 4 }))
    .map(([text, changes]) =>
      changes.reduce((now, { at, drop, add }) => now.slice(0, at) + add + now.slice(at + drop), text),
    );
}

/** Texts of all kinds: arbitrary ones, ones made of the protocol's own pieces, and damaged messages. */
export function texts(protocol: Protocol): fc.Arbitrary<string> {
  return fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.array(fc.constantFrom(...PIECES[protocol]), { maxLength: 30 }).map((pieces) => pieces.join('')),
    mutated(protocol),
  );
}

const KEYS = [
  'type',
  'command',
  'coommand',
  'args',
  'event',
  'filter',
  'mask',
  'filter_class',
  'mask_guid',
  'class',
].concat([
  'vscpType',
  'data',
  'guid',
  'GUID',
  'timestamp_ns',
  'datetime',
  '__proto__',
  'constructor',
  'iv',
  'crypto',
]);

/** JSON values whose objects have the same keys as requests. */
export const jsonValues: fc.Arbitrary<unknown> = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.constantFrom(null, true, 0, -1, 1.5, 65536, 1e300, '', '-', '10', '0x10', 'CMD', 'EVENT', 'SF'),
    fc.string({ unit: 'binary', maxLength: 5 }),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(fc.constantFrom(...KEYS), tie('value'), { maxKeys: 6, noNullPrototype: false }),
  ),
})).value;

/** Parses a message to its last part, as the session would. */
export function readsWithoutThrowing(dialect: Dialect, text: string): void {
  const request = dialect.parse(text);
  if (request.kind === 'event') request.parse();
  if (request.kind !== 'command') return;
  request.args.filter();
  for (const [index, name] of ['iv', 'crypto', 'limit', '__proto__'].entries())
    request.args.text(index, name);
  void request.args.filterGiven;
}
