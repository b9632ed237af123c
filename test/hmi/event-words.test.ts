import assert from 'node:assert/strict';
import { it } from 'node:test';
import { meaningOf } from '../../examples/hmi/src/views/events/event-words.ts';

const GUID = new Array<number>(16).fill(0);
const placeName = (zone: number, subzone: number) => (zone === 0 ? '' : `zone ${zone}.${subzone}`);

/** By class, type and data as the specification lays them out. */
const ROWS: [what: string, vscpClass: number, vscpType: number, data: number[], words: string][] = [
  ['motion', 2, 1, [0, 4, 1], 'zone 4.1'],
  ['motion with a status', 2, 1, [0, 4, 1, 1], 'activated · zone 4.1'],
  ['a heartbeat', 20, 9, [0, 4, 1], 'alive · zone 4.1'],
  ['a heartbeat of nowhere', 20, 9, [0, 0, 0], 'alive'],
  ['a heartbeat of level II with a name', 1026, 2, [...Buffer.from('Attic node'), 0, 0], '“Attic node”'],
  ['a button', 20, 1, [1, 4, 1, 0, 5], 'Pressed, code 5 · zone 4.1'],
  ['a token', 20, 37, [0b1001, 4, 1, 0, 1, 2, 3, 4], 'Touched: RFID 01 02 03 04 · zone 4.1'],
  ['a token of level II', 1026, 1, [2, 4, 1, 9, 0, 0, 0, 0, 0xaa], 'Released: ID or credit card AA'],
  ['an alarm', 1, 2, [7, 4, 1], 'code 7 · zone 4.1'],
  ['the end of an alarm', 1, 2, [0, 4, 1], 'over · zone 4.1'],
  ['lost power', 1, 5, [0, 255, 255], 'Off · everywhere'],
  ['light', 10, 25, [0x80, 0, 0x03, 0x20], '800 lx'],
  ['an error', 508, 34, [0, 4, 1], 'zone 4.1'],
  ['a level, over level II', 532, 40, [...GUID, 30, 4, 1], 'level 30 · zone 4.1'],
  ['a big level below nothing', 20, 51, [0, 4, 1, 255, 254], 'level -2 · zone 4.1'],
  ['a confirmation', 20, 39, [4, 1, 0, 0, 30, 0, 5], 'Control · Turn on · zone 4.1'],
  ['a pulse', 30, 30, [0, 4, 1, 1, 0, 0, 1, 244], 'for 500 ms · zone 4.1'],
  ['dimming by a step', 30, 20, [254, 4, 1], 'one step down · zone 4.1'],
  ['a colour', 102, 49, [0, 4, 1, 10, 20, 255], '#0a14ff · zone 4.1'],
  ['too few bytes', 20, 40, [1, 2], '01 02'],
  ['a class that nobody knows', 400, 1, [1, 2, 3], '01 02 03'],
];

for (const [what, vscpClass, vscpType, data, words] of ROWS) {
  it(`an event is told in words: ${what}`, () => {
    const event = { vscpClass, vscpType, data: Uint8Array.from(data) };
    const rest = { head: 0, obid: 0, dateTime: '', timestamp: 0, guid: '' };
    assert.equal(meaningOf({ ...rest, ...event }, placeName), words);
  });
}
