import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import {
  ANY,
  type EventRule,
  formatEventRules,
  mayReceive,
  mayTransmit,
  parseEventRules,
} from '../../src/auth/event-rules.ts';

function rules(value: unknown): EventRule[] {
  const parsed = parseEventRules(value);
  assert.ok(parsed.ok, parsed.ok ? '' : parsed.reason);
  return parsed.value;
}

describe('event rules', () => {
  /** List; what may be sent, what may not; what may be received, what may not. */
  const table: [unknown, string, string, string, string][] = [
    [undefined, '10:6 0:0', '', '10:6', ''],
    ['', '10:6', '', '10:6', ''],
    ['10:6', '10:6', '10:7 11:6', '10:6 10:7 11:6', ''],
    ['10:*', '10:6 10:65535', '11:6', '11:6', ''],
    ['*:6', '10:6 0:6', '10:7', '10:7', ''],
    ['*:*', '10:6', '', '10:6', ''],
    ['0x0A:0x06', '10:6', '10:10', '10:7', ''],
    ['TX;10:6', '10:6', '10:7', '10:6 10:7', ''],
    ['rx;10:6', '10:6 10:7', '', '10:6', '10:7'],
    ['Both;10:6', '10:6', '10:7', '10:6', '10:7'],
    ['TX;10:6,RX;20:*', '10:6', '20:3', '20:3', '10:6'],
    ['10:6/20:3', '10:6 20:3', '10:3', '10:3', ''],
    [['10:6', 'RX;20:3'], '10:6', '20:3', '20:3', '10:6'],
    [' tx ; 10 : 6 , 20:3 ', '10:6 20:3', '1:1', '1:1', ''],
  ];
  const pairs = (text: string) =>
    text
      .split(' ')
      .filter(Boolean)
      .map((pair) => pair.split(':').map(Number));
  for (const [list, sent, notSent, received, notReceived] of table) {
    test(`${JSON.stringify(list)} lets through what it should`, () => {
      const parsed = rules(list);
      for (const [vscpClass = 0, type = 0] of pairs(sent))
        assert.equal(mayTransmit(parsed, vscpClass, type), true);
      for (const [vscpClass = 0, type = 0] of pairs(notSent))
        assert.equal(mayTransmit(parsed, vscpClass, type), false);
      for (const [vscpClass = 0, type = 0] of pairs(received))
        assert.equal(mayReceive(parsed, vscpClass, type), true);
      for (const [vscpClass = 0, type = 0] of pairs(notReceived)) {
        assert.equal(mayReceive(parsed, vscpClass, type), false);
      }
    });
  }

  const refused: unknown[] = [
    '10',
    '10:',
    ':6',
    '*',
    '10:6:7',
    'XX;10:6',
    ';10:6',
    'TX;',
    '65536:1',
    '-1:1',
    'a:b',
    5,
    {},
  ];
  for (const list of [...refused, [5], [['10:6']], true, '10:6,x']) {
    test(`${JSON.stringify(list)} is refused`, () => {
      assert.equal(parseEventRules(list).ok, false);
    });
  }

  test('are written as four hex digits or a star, those for receiving alone left out', () => {
    assert.equal(
      formatEventRules(rules('10:6,0x1F:*,*:0xabcd,RX;1:1,BOTH;2:2')),
      '000A:0006/001F:*/*:ABCD/0002:0002',
    );
    assert.equal(formatEventRules([]), '');
  });

  test('no text makes the parser throw, and what it takes is in range', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom('1', '9', ':', '*', ';', 'T', 'X', 'r', 'x', ',', '/') }),
        (text) => {
          const parsed = parseEventRules(text);
          if (!parsed.ok) return;
          for (const { vscpClass, vscpType } of parsed.value) {
            for (const code of [vscpClass, vscpType]) assert.ok(code >= ANY && code <= 0xffff);
          }
        },
      ),
    );
    fc.assert(fc.property(fc.anything(), (value) => typeof parseEventRules(value).ok === 'boolean'));
  });
});
