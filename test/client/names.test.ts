import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { deriveNames, MENDS, type NamesDatabase } from '../../scripts/derive-names.mjs';
import { decodeMeasurement, unitSymbol, unitsOf } from '../../src/client/index.ts';
import { className, classToken, knownTypes, typeName, typeToken } from '../../src/client/names.ts';

const database = JSON.parse(
  readFileSync(new URL('../fixtures/vscp-names.json', import.meta.url), 'utf8'),
) as NamesDatabase;

describe('the compact names', () => {
  it('give each class token of the database, its slips mended', () => {
    for (const [number, token] of Object.entries({ ...database.classes, ...MENDS.classes })) {
      assert.equal(classToken(Number(number)), token);
    }
  });

  it('give each type token of the database, its slips mended', () => {
    for (const [key, token] of Object.entries(database.types)) {
      const [vscpClass = 0, vscpType = 0] = key.split('.').map(Number);
      const mended = token.split('_').map((word) => MENDS.words[word] ?? word);
      assert.equal(typeToken(vscpClass, vscpType), mended.join('_'), key);
    }
    assert.equal(knownTypes(20).length, 89);
  });

  it('give the unit symbols of every measurement class, their slips mended', () => {
    for (const [key, units] of Object.entries(database.units)) {
      const [, vscpType = ''] = key.split('.');
      const symbols = MENDS.units[vscpType] ?? units.map(({ symbol }) => symbol);
      assert.deepEqual(unitsOf(Number(vscpType)), symbols, key);
    }
  });

  it('are what the script makes of the database today', () => {
    for (const [file, text] of Object.entries(deriveNames(database))) {
      assert.equal(readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8'), text);
    }
  });

  it('have no slip left of those that were found in the database', () => {
    const symbols = [
      [12, 1],
      [17, 0],
      [22, 0],
      [24, 0],
      [64, 2],
      [65, 1],
    ].map(([type = 0, unit = 0]) => unitSymbol(type, unit));
    assert.deepEqual(symbols, ['bar', 'F', 'T', 'lm', 'MVAr', 'MVArh']);
    assert.equal(classToken(532), 'CLASS2.LEVEL1.INFORMATION');
    assert.equal(typeToken(10, 27), 'VSCP_TYPE_MEASUREMENT_CATALYTIC_ACTIVITY');
    assert.equal(typeToken(506, 17), 'VSCP_TYPE_DIAGNOSTIC_RS422_FAIL');
  });

  it('know the types and units that came in January 2025', () => {
    for (const vscpClass of [30, 542]) {
      assert.deepEqual(
        [17, 18, 19].map((type) => typeToken(vscpClass, type)),
        ['OFF', 'ON', 'X'].map((word) => `VSCP_TYPE_CONTROL_TURN_ALL_${word}`),
      );
    }
    assert.equal(typeName(30, 17), 'Turn all off');
    assert.deepEqual(unitsOf(13), ['J', 'kWh', 'Wh', 'eV']);
    assert.deepEqual(unitsOf(14), ['W', 'cv', 'hp']);
    assert.deepEqual(unitsOf(28), ['m³', 'dm³', 'cm³', 'dl', 'cl']);
    const litres = decodeMeasurement({ vscpClass: 10, vscpType: 28, data: Uint8Array.of(0x70, 5) });
    assert.deepEqual([litres?.value, litres?.symbol], [5, 'cm³']);
  });

  it('are readable to people', () => {
    const rows: [number, number, string, string][] = [
      [10, 6, 'Measurement', 'Temperature'],
      [1060, 5, 'Measurement float', 'Electric current'],
      [65, 16, 'Measure zone', 'Voltage'],
      [30, 5, 'Control', 'Turn on'],
      [20, 9, 'Information', 'Node heartbeat'],
      [2, 11, 'Security', 'CO sensor'],
      [542, 6, 'Control', 'Turn off'],
      [777, 3, 'Class 777', 'Type 3'],
      [20, 999, 'Information', 'Type 999'],
    ];
    for (const [vscpClass, vscpType, classText, typeText] of rows) {
      assert.equal(className(vscpClass), classText);
      assert.equal(typeName(vscpClass, vscpType), typeText);
    }
  });

  it('know nothing of unknown classes and types', () => {
    assert.equal(classToken(777), undefined);
    assert.equal(typeToken(20, 999), undefined);
    assert.deepEqual(knownTypes(777), []);
  });
});
