import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ControlBoard } from '../../examples/hmi/src/controls/board.ts';
import { BLANK_SPEC } from '../../examples/hmi/src/controls/spec.ts';
import { EMPTY_CONFIG } from '../../examples/hmi/src/saved/panel-config.ts';
import { readDocument } from '../../examples/hmi/src/saved/panel-document.ts';
import { listItems } from '../../examples/hmi/src/store/items.ts';
import { pastOf } from '../../examples/hmi/src/store/past.ts';
import type { SeriesNames } from '../../examples/hmi/src/store/series-names.ts';
import { Store } from '../../examples/hmi/src/store/store.ts';
import type { VscpEvent } from '../../src/client/index.ts';

const GUID = '00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:01';

/** The past of the only thing there is, after these events of CLASS1.INFORMATION. */
function pastAfter(controls: Record<string, object>, told: readonly [type: number, ...data: number[]][]) {
  const board = new ControlBoard({ send: async () => {}, whyNotSend: () => '', request: () => {} });
  board.configure(
    Object.fromEntries(Object.entries(controls).map(([id, spec]) => [id, { ...BLANK_SPEC, ...spec }])),
  );
  const store = new Store(EMPTY_CONFIG, board);
  for (const [i, [vscpType, ...data]] of told.entries()) {
    const dateTime = new Date(Date.UTC(2026, 0, 1, 0, 0, 10 * i)).toISOString();
    const event = { head: 0, obid: 0, timestamp: 0, vscpClass: 20, vscpType, guid: GUID, dateTime };
    store.takeOld([{ ...event, data: Uint8Array.from(data) } as VscpEvent]);
  }
  const names = { titleOf: () => 'Value' } as unknown as SeriesNames;
  const [item, ...others] = listItems(store, names, readDocument({}));
  assert.deepEqual([item !== undefined, others], [true, []]);
  return item && pastOf(item, store);
}

test('a switch has the past of On and Off at its address, whichever node tells it', () => {
  const past = pastAfter({}, [
    [3, 2, 7, 1],
    [4, 2, 7, 1],
  ]);
  assert.deepEqual([past?.kind, past?.history.values], ['state', [1, 0]]);
  assert.deepEqual(past?.kept, { types: { 20: [3] }, index: 2, zone: 7, subzone: 1 });
});

test('a lock has the past of being locked', () => {
  const lock = { kind: 'lock', index: 2, zone: 7, subzone: 1 };
  const past = pastAfter({ front: lock }, [
    [75, 2, 7, 1],
    [76, 2, 7, 1],
  ]);
  assert.deepEqual(
    [past?.quantity, past?.history.values, past?.kept?.types],
    ['Door lock', [1, 0], { 20: [75] }],
  );
});

test('dimmers have the past of their level in percent, 0 while they are off', () => {
  const dimmer = { kind: 'dimmer', form: 'level', index: 2, zone: 7, subzone: 1 };
  const past = pastAfter({ lamp: dimmer }, [
    [40, 255, 7, 1],
    [40, 51, 7, 1],
    [4, 2, 7, 1],
  ]);
  assert.deepEqual([past?.kind, past?.symbol, past?.history.values], ['gauge', '%', [100, 20, 0]]);
  assert.deepEqual([past?.kept?.types, past?.kept?.scale], [{ 20: [40, 51] }, 100 / 255]);
});

test('a scene has no past', () => {
  assert.equal(pastAfter({ evening: { kind: 'scene', name: 'Evening' } }, []), undefined);
});
