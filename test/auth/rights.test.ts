import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { parseRights, sendRightFor } from '../../src/auth/rights.ts';

const DRIVER = 0x0017_0000;

describe('rights', () => {
  const accepted: [unknown, number][] = [
    [undefined, 0],
    [null, 0],
    ['', 0],
    [[], 0],
    [0, 0],
    [0xffff_ffff, 0xffff_ffff],
    ['0xffffffff', 0xffff_ffff],
    ['2147483648', 0x8000_0000],
    ['tcpip', 0x1],
    ['ws', 0x2],
    ['ws1', 0x2],
    ['ws2', 0x2],
    ['multicast', 0x40],
    ['send-events', 0x0001_0000],
    ['l1ctrl-events', 0x0002_0000],
    ['l2ctrl-events', 0x0004_0000],
    ['hlo-events', 0x0008_0000],
    ['receive-events', 0x0010_0000],
    ['edit-panel', 0x0200_0000],
    ['set-filter', 0x0400_0000],
    ['set-guid', 0x0800_0000],
    ['test', 0x1000_0000],
    ['interface', 0x2000_0000],
    ['restart', 0x4000_0000],
    ['shutdown', 0x8000_0000],
    ['admin', 0xffff_ffff],
    ['user', DRIVER | 0x7f],
    ['driver', DRIVER],
    // Interface names on their own are groups …
    ['tcp', DRIVER | 0x1],
    ['websockets', DRIVER | 0x2],
    ['web', DRIVER | 0x4],
    ['rest', DRIVER | 0x8],
    ['udp', DRIVER | 0x10],
    ['mqtt', DRIVER | 0x20],
    ['websockets,rest', DRIVER | 0xa],
    ['ws,rest', DRIVER | 0xa],
    // … and bare interfaces beside rights that say what may be done there.
    ['websockets,receive-events', 0x0010_0002],
    ['websockets/rest/set-filter', 0x0400_000a],
    [['websockets', 'receive-events'], 0x0010_0002],
    ['websockets,0x00100000', 0x0010_0002],
    [' WS , Send_Events ', 0x0001_0002],
    [['ws', 'send-events', 0x0010_0000], 0x0011_0002],
    [['ws,send-events', 'set-filter'], 0x0401_0002],
    ['ws,shutdown', 0x8000_0002],
  ];
  for (const [given, rights] of accepted) {
    test(`${JSON.stringify(given)} are 0x${rights.toString(16).padStart(8, '0')}`, () => {
      const parsed = parseRights(given);
      assert.ok(parsed.ok);
      assert.equal(parsed.value.bits, rights);
    });
  }

  const guids: [unknown, boolean][] = [
    ['set-guid', true],
    ['ws,send-events,set_guid', true],
    [0x0801_0002, true],
    // Every group, whatever stands beside it …
    ['admin', true],
    ['user', true],
    ['user,set-filter', true],
    ['ws,driver', true],
    ['websockets', true],
    ['ws,rest', true],
    // … but no list of single rights or number without the bit, even one that equals a group's.
    [undefined, false],
    ['ws', false],
    ['ws,send-events,receive-events', false],
    ['websockets,send-events,receive-events', false],
    [0x0017_007f, false],
    ['0xf7ffffff', false],
  ];
  for (const [given, maySetGuid] of guids) {
    test(`${JSON.stringify(given)} ${maySetGuid ? 'lets' : 'does not let'} clients choose GUIDs`, () => {
      const parsed = parseRights(given);
      assert.ok(parsed.ok);
      assert.equal(parsed.value.maySetGuid, maySetGuid);
    });
  }

  const refused: unknown[] = ['sudo', 'ws,sudo', -1, 1.5, 2 ** 32, '0x100000000', true, {}, [['ws']], [null]];
  for (const given of [...refused, '__proto__', 'constructor', 'ws send-events']) {
    test(`${JSON.stringify(given)} are refused`, () => {
      assert.equal(parseRights(given).ok, false);
    });
  }

  test('no value makes the parser throw', () => {
    fc.assert(fc.property(fc.anything(), (value) => typeof parseRights(value).ok === 'boolean'));
  });

  test('protocol and HLO classes need a right of their own to be sent', () => {
    const needed = [0, 512, 1024, 1028, 10, 1025, 65535].map(sendRightFor);
    assert.deepEqual(needed, [0x2_0000, 0x2_0000, 0x4_0000, 0x8_0000, 0, 0, 0]);
  });
});
