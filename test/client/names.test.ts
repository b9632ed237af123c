import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { unitsOf } from '../../src/client/index.ts';
import { className, classToken, knownTypes, typeName, typeToken } from '../../src/client/names.ts';

interface Database {
  classes: Record<string, string>;
  types: Record<string, string>;
  units: Record<string, { unit: number; symbol: string }[]>;
}

const database = JSON.parse(
  readFileSync(new URL('../fixtures/vscp-names.json', import.meta.url), 'utf8'),
) as Database;

/** What differs from the class database on purpose: its slips. */
const MENDED_CLASSES = { 532: 'CLASS2.LEVEL1.INFORMATION', 607: 'CLASS2.LEVEL1.WEATHER_FORECAST' };
const MENDED_TYPES = /ACITIVITY|EQVIVALENT|REALOD|ARMAGEDON|RS222/;
const MENDED_UNITS: Record<string, string[]> = {
  9: ['Hz'],
  12: ['Pa', 'bar', 'psi', 'atm', 'torr', 'at', 'cmH₂O'],
  14: ['W', 'hp'],
  17: ['F'],
  20: ['A/m', 'Oe'],
  22: ['T', 'Gs'],
  24: ['lm'],
  26: ['Gy'],
  39: ['Pa·s', 'P', 'Pl'],
  41: ['Pa·s/m³'],
  50: [''],
  54: ['W/(sr·m²)'],
  56: ['W/(sr·m²·nm)', 'W/(sr·m³)', 'W/(sr·m²·Hz)'],
  57: ['W/(m²·nm)', 'W/m³', 'W/(m²·Hz)'],
  61: ['Sv', 'rem'],
  64: ['VAr', 'kVAr', 'MVAr'],
  65: ['kVArh', 'MVArh'],
};

describe('the compact names', () => {
  it('give each class token of the database, its slips mended', () => {
    for (const [number, token] of Object.entries({ ...database.classes, ...MENDED_CLASSES })) {
      assert.equal(classToken(Number(number)), token);
    }
  });

  it('give each type token of the database, its slips mended', () => {
    for (const [key, token] of Object.entries(database.types)) {
      const [vscpClass = 0, vscpType = 0] = key.split('.').map(Number);
      if (MENDED_TYPES.test(token)) assert.doesNotMatch(typeToken(vscpClass, vscpType) ?? '', MENDED_TYPES);
      else assert.equal(typeToken(vscpClass, vscpType), token, key);
    }
    assert.equal(knownTypes(20).length, 89);
  });

  it('give the unit symbols of every measurement class, their slips mended', () => {
    for (const [key, units] of Object.entries(database.units)) {
      const [, vscpType = ''] = key.split('.');
      const symbols = MENDED_UNITS[vscpType] ?? units.map(({ symbol }) => symbol);
      assert.deepEqual(unitsOf(Number(vscpType)), symbols, key);
    }
  });

  it('are readable to people', () => {
    const rows: [number, number, string, string][] = [
      [10, 6, 'Measurement', 'Temperature'],
      [1060, 5, 'Measurement float', 'Electric current'],
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
