import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  BadInputError,
  decodeMeasurement,
  encodeMeasurement,
  type Measurement,
  type MeasurementInput,
  parseGuid,
  unitSymbol,
} from '../../src/client/index.ts';

function bytes(hex: string): Uint8Array {
  return Uint8Array.from(Buffer.from(hex.replaceAll(' ', ''), 'hex'));
}

function decode(vscpClass: number, vscpType: number, hex: string): Measurement | undefined {
  return decodeMeasurement({ vscpClass, vscpType, data: bytes(hex) });
}

const GUID = 'FF:FF:FF:FF:FF:FF:FF:F5:01:00:00:00:00:00:00:01';
const GUID_HEX = GUID.replaceAll(':', '');
const DOUBLE_22_5 = '40 36 80 00 00 00 00 00';

describe('decoding a measurement', () => {
  const rows: [string, number, number, string, Partial<Measurement>][] = [
    [
      'a normalised integer multiplied',
      10,
      6,
      '80 02 1B 22',
      { coding: 'normalized', value: 694600, symbol: 'K' },
    ],
    ['a normalised integer divided, negative', 10, 6, '80 85 8D', { value: -0.00115 }],
    ['a normalised integer of two bytes', 10, 6, '80 81 01 07', { value: 26.3 }],
    [
      'a float with unit and sensor',
      10,
      6,
      'AE 41 83 80 00',
      { coding: 'float', value: 16.4375, unit: 1, sensorIndex: 6 },
    ],
    ['a temperature in °C', 10, 6, '89 82 08 C5', { value: 22.45, unit: 1, sensorIndex: 1, symbol: '°C' }],
    ['bits', 10, 50, '00 05', { coding: 'bits', value: 5, symbol: '' }],
    ['bytes', 10, 1, '20 01 00', { coding: 'bytes', value: 256 }],
    ['a string', 10, 6, '48 2D 31 2E 35 65 31', { coding: 'string', value: -15, unit: 1 }],
    ['a negative integer', 10, 6, '68 FE', { coding: 'integer', value: -2, unit: 1 }],
    ['an integer of seven bytes', 10, 1, '60 00 00 01 00 00 00 00', { value: 2 ** 32 }],
    [
      'a double',
      522,
      6,
      `${GUID_HEX} C8 ${DOUBLE_22_5}`,
      { coding: 'double', value: 22.5, interfaceGuid: GUID },
    ],
    ['class X1, whose types go on from 256', 11, 2, '60 01', { type: 258, value: 1, symbol: '' }],
    ['CLASS1.DATA, which has no units', 15, 6, '60 01', { kind: 'data', type: 6, symbol: '' }],
    ['MEASUREMENT64', 60, 35, DOUBLE_22_5, { value: 22.5, unit: 0, sensorIndex: 0, symbol: '%' }],
    ['MEASUREMENT64X4', 64, 1, DOUBLE_22_5, { type: 1025, value: 22.5 }],
    ['MEASUREMENT32', 70, 14, '41 B4 00 00', { value: 22.5, symbol: 'W' }],
    [
      'MEASUREZONE',
      65,
      16,
      '01 02 03 81 81 08 FC',
      { value: 230, index: 1, zone: 2, subzone: 3, sensorIndex: 1, symbol: 'V' },
    ],
    ['SETVALUEZONE', 85, 6, '01 02 03 88 81 00 D7', { kind: 'set', value: 21.5, zone: 2, symbol: '°C' }],
    [
      'MEASUREZONE over level II',
      577,
      16,
      `${GUID_HEX} 01 02 03 60 05`,
      { value: 5, zone: 2, interfaceGuid: GUID },
    ],
    [
      'MEASUREMENT_STR',
      1040,
      6,
      '02 03 04 01 32 31 2E 35',
      { coding: 'string', value: 21.5, sensorIndex: 2, zone: 3, subzone: 4, unit: 1 },
    ],
    [
      'MEASUREMENT_FLOAT',
      1060,
      6,
      `02 03 04 01 ${DOUBLE_22_5}`,
      { coding: 'double', value: 22.5, sensorIndex: 2, symbol: '°C' },
    ],
  ];
  for (const [what, vscpClass, vscpType, hex, expected] of rows) {
    it(`reads ${what}`, () => {
      const measurement = decode(vscpClass, vscpType, hex);
      assert.ok(measurement);
      assert.deepEqual({ ...measurement, ...expected }, measurement);
      if (expected.kind === undefined) assert.equal(measurement.kind, 'measurement');
    });
  }

  const refused: [string, number, string][] = [
    ['another class', 20, '80 81 01 07'],
    ['no data', 10, ''],
    ['a coding byte alone', 10, '80'],
    ['an exponent alone', 10, '80 81'],
    ['format 7', 10, 'E0 01'],
    ['a float of three bytes', 10, 'A0 41 83 80'],
    ['a text that is no number', 10, '40 61'],
    ['a zone without value', 65, '01 02 03'],
    ['a level II event shorter than its GUID', 522, '80 81'],
    ['a double of seven bytes', 60, '40 36 80 00 00 00 00'],
    ['a class between the families', 75, '60 01'],
  ];
  for (const [what, vscpClass, hex] of refused) {
    it(`makes nothing of ${what}`, () => {
      assert.equal(decode(vscpClass, 6, hex), undefined);
    });
  }

  it('never throws, whatever the bytes', () => {
    const anyEvent = fc.record({
      vscpClass: fc.oneof(
        fc.integer({ min: 0, max: 65535 }),
        fc.constantFrom(10, 15, 60, 65, 70, 85, 522, 1040, 1060),
      ),
      vscpType: fc.integer({ min: 0, max: 65535 }),
      data: fc.uint8Array({ maxLength: 40 }),
    });
    fc.assert(
      fc.property(anyEvent, (event) => {
        decodeMeasurement(event);
      }),
    );
  });
});

describe('encoding a measurement', () => {
  const rows: [MeasurementInput, number, number, string][] = [
    [{ type: 6, value: 694600 }, 10, 6, '80 02 1B 22'],
    [{ type: 6, value: -0.00115 }, 10, 6, '80 85 8D'],
    [{ type: 6, value: 26.3 }, 10, 6, '80 81 01 07'],
    [{ type: 6, value: 22.45, unit: 1, sensorIndex: 1 }, 10, 6, '89 82 08 C5'],
    [{ type: 6, value: 16.4375, unit: 1, sensorIndex: 6, coding: 'float' }, 10, 6, 'AE 41 83 80 00'],
    [{ type: 0, value: 0 }, 10, 0, '80 00 00'],
    [{ type: 258, value: -129, coding: 'integer' }, 11, 2, '60 FF 7F'],
    [{ type: 1, value: 5, coding: 'bits', form: 'data' }, 15, 1, '00 05'],
    [{ type: 1, value: 256, coding: 'bytes' }, 10, 1, '20 01 00'],
    [{ type: 6, value: -1.5, coding: 'string' }, 10, 6, '40 2D 31 2E 35'],
    [{ type: 14, value: 22.5, form: 'measurement32' }, 70, 14, '41 B4 00 00'],
    [{ type: 14, value: 22.5, form: 'measurement64' }, 60, 14, DOUBLE_22_5],
    [{ type: 16, value: 230.1, form: 'zone', index: 1, zone: 2, subzone: 3 }, 65, 16, '01 02 03 80 81 08 FD'],
    [{ type: 6, value: 21.5, unit: 1, form: 'setZone', zone: 2 }, 85, 6, '00 02 00 88 81 00 D7'],
    [
      { type: 6, value: 22.5, unit: 1, sensorIndex: 2, zone: 3, subzone: 4, form: 'float' },
      1060,
      6,
      `02 03 04 01 ${DOUBLE_22_5}`,
    ],
    [{ type: 300, value: 21.5, form: 'text' }, 1040, 300, '00 00 00 00 32 31 2E 35'],
    [
      { type: 6, value: 22.5, coding: 'double', interfaceGuid: GUID },
      522,
      6,
      `${GUID_HEX} C0 ${DOUBLE_22_5}`,
    ],
  ];
  for (const [input, vscpClass, vscpType, hex] of rows) {
    it(`writes ${JSON.stringify(input)}`, () => {
      const event = encodeMeasurement(input);
      assert.deepEqual(
        { vscpClass: event.vscpClass, vscpType: event.vscpType, data: Uint8Array.from(event.data ?? []) },
        { vscpClass, vscpType, data: bytes(hex) },
      );
    });
  }

  it('rounds the normalised form to the bytes there are', () => {
    const third = encodeMeasurement({ type: 6, value: 1 / 3, form: 'zone' });
    assert.equal(third.data?.length, 8);
    const back = decodeMeasurement({ vscpClass: 65, vscpType: 6, data: Uint8Array.from(third.data ?? []) });
    assert.equal(back?.value, 0.3333333);
  });

  const refused: MeasurementInput[] = [
    { type: -1, value: 1 },
    { type: 1280, value: 1 },
    { type: 6, value: Number.NaN },
    { type: 6, value: 1.5, coding: 'integer' },
    { type: 6, value: -1, coding: 'bits' },
    { type: 6, value: 1, unit: 4 },
    { type: 6, value: 1, sensorIndex: 8 },
    { type: 6, value: 1, unit: 1, form: 'measurement32' },
    { type: 6, value: 1, zone: 256, form: 'zone' },
    { type: 6, value: 1.5, coding: 'double' },
    { type: 6, value: 123456.789, coding: 'string' },
    { type: 6, value: 1, interfaceGuid: 'xyz' },
  ];
  for (const input of refused) {
    it(`refuses ${JSON.stringify(input)}`, () => {
      assert.throws(() => encodeMeasurement(input), BadInputError);
    });
  }

  it('is undone by decoding, for every decimal number of up to 12 digits', () => {
    const decimals = fc.tuple(
      fc.integer({ min: -(10 ** 12), max: 10 ** 12 }),
      fc.integer({ min: 0, max: 9 }),
    );
    fc.assert(
      fc.property(
        decimals,
        fc.nat(3),
        fc.nat(7),
        fc.nat(1279),
        ([whole, places], unit, sensorIndex, type) => {
          const value = whole / 10 ** places;
          const { data = [], ...event } = encodeMeasurement({ type, value, unit, sensorIndex });
          assert.ok(data.length <= 8);
          const back = decodeMeasurement({ ...event, data: Uint8Array.from(data) });
          // Zero need not keep its sign.
          assert.equal((back?.value ?? Number.NaN) + 0, value + 0);
          assert.deepEqual([back?.unit, back?.sensorIndex, back?.type], [unit, sensorIndex, type]);
        },
      ),
    );
  });

  it('is undone by decoding in the forms of any double', () => {
    const forms = fc.constantFrom<NonNullable<MeasurementInput['form']>>('measurement64', 'text', 'float');
    fc.assert(
      fc.property(forms, fc.double({ noNaN: true, noDefaultInfinity: true }), (form, value) => {
        const { data = [], ...event } = encodeMeasurement({ type: 6, value, form });
        const back = decodeMeasurement({ ...event, data: Uint8Array.from(data) });
        assert.equal((back?.value ?? Number.NaN) + 0, value + 0);
      }),
    );
  });
});

describe('units and GUIDs', () => {
  it('are known by type and number', () => {
    assert.deepEqual(
      [0, 1, 2, 3].map((unit) => unitSymbol(6, unit)),
      ['K', '°C', '°F', ''],
    );
    assert.equal(unitSymbol(9999, 0), '');
  });

  it('are refused where they are none', () => {
    for (const text of ['1', 'zz', `${GUID}:00`, GUID.replace('F5', '1F5')]) {
      assert.throws(() => parseGuid(text), BadInputError);
    }
    assert.deepEqual(parseGuid('-'), new Uint8Array(16));
  });
});
