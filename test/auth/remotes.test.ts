import assert from 'node:assert/strict';
import { isIP } from 'node:net';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import {
  type AddressRule,
  formatRemotes,
  networkOf,
  parseRemotes,
  remoteAllowed,
} from '../../src/auth/remotes.ts';

function rules(value: unknown): AddressRule[] {
  const parsed = parseRemotes(value);
  assert.ok(parsed.ok, parsed.ok ? '' : parsed.reason);
  return parsed.value;
}

describe('remote addresses', () => {
  const table: [unknown, Record<string, boolean>][] = [
    [undefined, { '1.2.3.4': true, '::1': true, nonsense: true }],
    ['', { '1.2.3.4': true, '::1': true }],
    [[], { '1.2.3.4': true }],
    ['+192.168.1.7', { '192.168.1.7': true, '192.168.1.8': false, '::1': false, '': false, nonsense: false }],
    ['192.168.1.7', { '192.168.1.7': true, '192.168.1.8': false }],
    ['+192.168.1.0/24', { '192.168.1.255': true, '192.168.2.0': false, '::ffff:192.168.1.9': true }],
    ['+10.1.2.3/8', { '10.255.255.255': true, '11.0.0.0': false }],
    ['+10.128.0.0/9', { '10.128.0.1': true, '10.127.255.255': false }],
    ['+0.0.0.0/0', { '9.9.9.9': true, '::1': true, '2001:db8::1': false, '::ffff:9.9.9.9': true }],
    ['+::/0', { '9.9.9.9': false, '::1': true }],
    ['+*', { '9.9.9.9': true, '::1': true }],
    ['-*,+10.0.0.1', { '9.9.9.9': false, '::1': false, '10.0.0.1': true }],
    ['-10.0.0.7', { '10.0.0.7': false, '10.0.0.8': true, '::1': true }],
    ['+10.0.0.0/8,-10.0.0.7', { '10.0.0.7': false, '10.0.0.8': true, '11.0.0.1': false }],
    ['-10.0.0.7,+10.0.0.0/8', { '10.0.0.7': true }],
    ['-10.0.0.0/8,+10.0.0.7', { '10.0.0.7': true, '10.0.0.8': false, '11.0.0.1': false }],
    [['+10.0.0.0/8', '-10.0.0.7'], { '10.0.0.7': false, '10.0.0.8': true }],
    ['+10.0.0.0/8/-10.0.0.7', { '10.0.0.7': false, '10.0.0.8': true }],
    ['10.0.0.1/11.0.0.1/::1/64', { '10.0.0.1': true, '11.0.0.1': true, '::2': true, '12.0.0.1': false }],
    ['/+10.0.0.1/,', { '10.0.0.1': true, '10.0.0.2': false }],
    [' + 10.0.0.0 / 8 , - 10.0.0.7 ', { '10.0.0.7': false, '10.0.0.8': true }],
    ['+2001:db8::/32', { '2001:db8:ffff::1': true, '2001:db9::': false, '10.0.0.1': false }],
    ['+2001:DB8::1', { '2001:0db8:0:0:0:0:0:1': true, '2001:db8::2': false }],
    ['+fe80::/10', { 'fe80::1%eth0': true, 'fec0::1': false }],
    ['+::ffff:10.0.0.0/104', { '10.1.2.3': true, '::ffff:10.1.2.3': true, '11.0.0.1': false }],
    ['+::ffff:a00:1', { '10.0.0.1': true, '10.0.0.2': false }],
    // Written for a driver that listens on IPv4 alone; a browser that is told localhost comes by ::1.
    [
      '+127.0.0.0/24',
      { '127.0.0.1': true, '::1': true, '0:0:0:0:0:0:0:1': true, '::2': false, '10.0.0.1': false },
    ],
    ['+10.0.0.0/8', { '::1': false }],
    ['-127.0.0.1', { '127.0.0.1': false, '::1': false, '::2': true }],
    ['+::1,-0.0.0.0/0', { '::1': true, '127.0.0.1': false }],
    ['-::1,+127.0.0.1', { '::1': false, '127.0.0.1': true }],
    ['+127.0.0.1,+::1', { '127.0.0.1': true, '::1': true, '::ffff:7f00:1': true, '127.0.0.2': false }],
  ];
  for (const [list, addresses] of table) {
    test(`${JSON.stringify(list)} decides on ${Object.keys(addresses).join(' ')}`, () => {
      const parsed = rules(list);
      for (const [address, allowed] of Object.entries(addresses)) {
        assert.equal(remoteAllowed(parsed, address), allowed, address);
      }
    });
  }

  const refused: unknown[] = [
    'localhost',
    '10.0.0',
    '10.0.0.256',
    '+10.0.0.0/33',
    '::/129',
    '::1/x',

    '+',
  ];
  for (const list of [
    ...refused,
    '++10.0.0.1',
    '10.0.0.1/8/8',
    '+10.0.0.1,x',
    5,
    true,
    {},
    [5],
    [['::1']],
    '1::2::3',
  ]) {
    test(`${JSON.stringify(list)} is refused`, () => {
      assert.equal(parseRemotes(list).ok, false);
    });
  }

  test('a refusal names the bad address', () => {
    const parsed = parseRemotes('+10.0.0.1,-nowhere/8');
    assert.match(parsed.ok ? '' : parsed.reason, /nowhere/);
  });

  const written: [string, string][] = [
    ['10.0.0.0/8', '+10.0.0.0/8'],
    ['-10.0.0.7/32', '-10.0.0.7'],
    ['+2001:db8:0:0:1:0:0:0/64', '+2001:db8:0:0:1::/64'],
    ['::1,-::/0', '+::1,-::/0'],
    ['+::ffff:1.2.3.4/120', '+1.2.3.4/24'],
    ['+1:0:1:0:1:0:1:0', '+1:0:1:0:1:0:1:0'],
  ];
  for (const [list, text] of written) {
    test(`${list} is written as ${text}`, () => {
      assert.equal(formatRemotes(rules(list)), text);
    });
  }

  test('what is written is read back the same', () => {
    const group = fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 255 }));
    const networks = fc.oneof(
      fc.array(group, { minLength: 4, maxLength: 4 }),
      fc
        .array(group, { minLength: 16, maxLength: 16 })
        .filter((bytes) => bytes.some((byte, at) => at < 10 && byte > 0)),
    );
    const rule = fc.tuple(fc.boolean(), networks, fc.nat({ max: 128 })).map(([allow, bytes, bits]) => ({
      allow,
      network: Uint8Array.from(bytes),
      bits: bits % (bytes.length * 8 + 1),
    }));
    fc.assert(
      fc.property(fc.array(rule, { maxLength: 5 }), (list) => {
        assert.deepEqual(parseRemotes(formatRemotes(list)), { ok: true, value: list });
      }),
    );
  });

  test('every address is within its own rule and outside the rule of a neighbour', () => {
    fc.assert(
      fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), fc.nat({ max: 127 }), (address, bit) => {
        const [own] = rules(address);
        assert.ok(own);
        assert.ok(isIP(address) > 0);
        assert.equal(remoteAllowed([own], address), true);
        const size = own.network.length * 8;
        const at = bit % size;
        const network = Uint8Array.from(own.network);
        network[at >> 3] = (network[at >> 3] ?? 0) ^ (0x80 >> (at & 7));
        assert.equal(remoteAllowed([{ allow: true, network, bits: at + 1 }], address), false);
        assert.equal(remoteAllowed([{ allow: true, network, bits: at }], address), true);
      }),
    );
  });

  test('no value makes the parser throw', () => {
    fc.assert(fc.property(fc.anything(), (value) => typeof parseRemotes(value).ok === 'boolean'));
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom('1', '0', '.', ':', '/', '+', '-', '*', ',', '%') }),
        (text) => {
          const parsed = parseRemotes(text);
          if (parsed.ok) assert.equal(typeof remoteAllowed(parsed.value, text), 'boolean');
        },
      ),
    );
  });
});

test('what counts as one peer is an IPv4 address or an IPv6 network of 64 bits', () => {
  assert.equal(networkOf('::ffff:10.0.0.1'), networkOf('10.0.0.1'));
  assert.notEqual(networkOf('10.0.0.1'), networkOf('10.0.0.2'));
  assert.equal(networkOf('2001:db8:0:1::1'), networkOf('2001:DB8:0:1:ffff::2%eth0'));
  assert.notEqual(networkOf('2001:db8:0:1::1'), networkOf('2001:db8:0:2::1'));
  assert.equal(networkOf('nonsense'), 'nonsense');
});
