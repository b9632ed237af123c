import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { formatGuid } from '../../src/core/guid.ts';
import { isZeroGuid, NO_GUID, parseGuidText, writeGuid } from '../../src/vscp/guid.ts';

const SAMPLE = 'FF:FF:FF:FF:FF:FF:FF:FE:00:26:55:CA:00:06:00:00';
const guids = fc.uint8Array({ minLength: 16, maxLength: 16 });

describe('GUID', () => {
  const accepted: [string, string][] = [
    ['a whole GUID', SAMPLE],
    ['lower-case digits', SAMPLE.toLowerCase()],
    ['blanks around it', `  ${SAMPLE}\r\n`],
    ['32 digits', SAMPLE.replaceAll(':', '')],
    ['the grouped form', 'FFFFFFFF-FFFF-FFFE-0026-55CA00060000'],
    ['the grouped form in braces', '{ffffffff-ffff-fffe-0026-55ca00060000}'],
    ['the short form for FF in front', '*:FE:00:26:55:CA:00:06:00:00'],
    ['single digits', 'ff:ff:ff:ff:ff:ff:ff:fe:0:26:55:ca:0:6:0:0'],
  ];
  for (const [name, text] of accepted) {
    test(`is read from ${name}`, () => {
      const guid = parseGuidText(text);
      assert.ok(guid.ok);
      assert.equal(formatGuid(guid.value), SAMPLE);
    });
  }

  const short: [string, string][] = [
    ['*:1', 'FF:FF:FF:FF:FF:FF:FF:FF:FF:FF:FF:FF:FF:FF:FF:01'],
    ['-:1', '00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:01'],
    ['-:1,2,3', '00:00:00:00:00:00:00:00:00:00:00:00:00:01:02:03'],
    ['-:1:2:3', '00:00:00:00:00:00:00:00:00:00:00:00:00:01:02:03'],
  ];
  for (const [text, whole] of short) {
    test(`${text} is ${whole}`, () => {
      const guid = parseGuidText(text);
      assert.ok(guid.ok);
      assert.equal(formatGuid(guid.value), whole);
    });
  }

  for (const text of ['', '-', ' - ']) {
    test(`${JSON.stringify(text)} is all zeros`, () => {
      assert.deepEqual(parseGuidText(text), { ok: true, value: new Uint8Array(16) });
    });
  }

  const refused = [
    'ZZ',
    '0',
    ':',
    '--',
    '00:01',
    `${SAMPLE}:00`,
    `${SAMPLE}:`,
    SAMPLE.slice(3),
    '::1',
    '::',
    '*:',
    '-:',
    '*::1',
    '-:100',
    `-:${SAMPLE}`,
    `*:${SAMPLE}`,
    'FF:21::22:32',
    `{${SAMPLE.replaceAll(':', '')}`,
    `${SAMPLE.replaceAll(':', '')}}`,
    `${SAMPLE.replaceAll(':', '')}0`,
    'FFFFFFFF-FFFFFFFE-0026-55CA00060000',
  ];
  for (const text of [
    ...refused,
    `0${SAMPLE}`,
    SAMPLE.replace('26', ''),
    SAMPLE.replace('26', '0x26'),
    `${SAMPLE}\0`,
  ]) {
    test(`${JSON.stringify(text)} is refused`, () => {
      assert.equal(parseGuidText(text).ok, false);
    });
  }

  test('what is written is read back the same, as a text and as bytes', () => {
    fc.assert(
      fc.property(guids, (guid) => {
        const text = formatGuid(guid);
        assert.deepEqual(parseGuidText(text), { ok: true, value: guid });
        const target = new Uint8Array(50);
        assert.equal(writeGuid(guid, target, 2), 49);
        assert.equal(Buffer.from(target.subarray(2, 49)).toString('latin1'), text);
      }),
    );
  });

  test('no text makes the parser throw', () => {
    const texts = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.string({ unit: fc.constantFrom('0', 'F', ':', '-', ' ') }),
    );
    fc.assert(fc.property(texts, (text) => typeof parseGuidText(text).ok === 'boolean'));
  });

  test('is zero only when all bytes are', () => {
    assert.equal(isZeroGuid(NO_GUID), true);
    assert.equal(isZeroGuid(new Uint8Array(16)), true);
    for (let index = 0; index < 16; index++) {
      const guid = new Uint8Array(16);
      guid[index] = 1;
      assert.equal(isZeroGuid(guid), false, `byte ${index}`);
    }
  });
});
