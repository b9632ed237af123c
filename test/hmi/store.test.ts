import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ControlBoard } from '../../examples/hmi/src/controls/board.ts';
import { EMPTY_CONFIG } from '../../examples/hmi/src/saved/panel-config.ts';
import { Store } from '../../examples/hmi/src/store/store.ts';
import type { VscpEvent } from '../../src/client/index.ts';

const SECOND = '2026-11-26T09:00:00Z';
const GUID = '00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:01';

function event(vscpClass: number, vscpType: number, data: number[]): VscpEvent {
  return {
    head: 0,
    obid: 0,
    dateTime: SECOND,
    timestamp: 0,
    vscpClass,
    vscpType,
    guid: GUID,
    data: Uint8Array.from(data),
  };
}

const NO_CONTROLS = new ControlBoard({ send: async () => {}, whyNotSend: () => '', request: () => {} });

const celsius = (degrees: number) => event(10, 6, [0x68, degrees]);
const lamp = (isOn: boolean) => event(20, isOn ? 3 : 4, [1, 1, 1]);

describe('what the server remembers of the second of the last live event', () => {
  it('is shown when it differs: a daemon can be back within a second', () => {
    const store = new Store(EMPTY_CONFIG, NO_CONTROLS);
    store.take(celsius(21));
    store.take(lamp(true));
    store.connectionLost();
    store.takeOld([celsius(21), lamp(true), celsius(25), lamp(false)]);
    assert.deepEqual(
      [...store.series.values()].map(({ value }) => value),
      [25],
    );
    assert.deepEqual(
      [...store.switches.switches.values()].map(({ isOn }) => isOn),
      [false],
    );
  });

  it('changes nothing when it is known', () => {
    const store = new Store(EMPTY_CONFIG, NO_CONTROLS);
    store.take(celsius(21));
    store.take(lamp(true));
    const [series] = store.series.values();
    const samples = series?.samples;
    store.changed.clear();
    store.takeOld([celsius(21), lamp(true)]);
    assert.equal(series?.samples, samples);
    assert.equal(store.changed.size, 0);
  });
});

describe('a switch', () => {
  it('takes the answer in its level II form: the GUID of the interface before the data', () => {
    const store = new Store(EMPTY_CONFIG, NO_CONTROLS);
    store.take(lamp(false));
    store.take(event(532, 3, [...new Array(16).fill(0), 1, 1, 1]));
    store.take(event(532, 3, [1, 1, 2]));
    assert.deepEqual(
      [...store.switches.switches.values()].map(({ key, isOn }) => [key, isOn]),
      [['1.1.1', true]],
    );
  });
});
