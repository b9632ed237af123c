import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Alarm, readAlarm, STATE_LIMIT } from '../../examples/hmi/src/alarms/alarm.ts';
import { limitWords, wordsOf } from '../../examples/hmi/src/alarms/alarm-words.ts';
import { readSeriesKey } from '../../examples/hmi/src/store/series-key.ts';

const GUID = 'FF:FF:FF:FF:FF:FF:FF:FE:02:00:00:00:00:01:00:77';

const names = {
  titleOf: (id: string) => `[${id}]`,
  nodeName: (guid: string) => guid.slice(-2),
  placeName: (zone: number, subzone: number) => `zone ${zone}.${subzone}`,
};

const CASES: [what: string, id: string, saved: object, title: string, text: string][] = [
  ['of a node', `a:${GUID}/2/7.1`, {}, '77, zone 7.1', 'Alarm'],
  ['of a node, everywhere', `a:${GUID}/6/255.255`, {}, '77', 'Emergency stop'],
  ['of the power', `a:${GUID}/5/7.1`, {}, '77, zone 7.1', 'Power failure'],
  [
    'above',
    'l:v:x',
    { side: 'above', value: 9, decimals: 1, limit: 8, unit: '°C' },
    '[v:x]',
    '9.0 °C, above 8.0 °C',
  ],
  ['below a finer limit', 'l:v:x', { side: 'below', value: 9, limit: 9.25 }, '[v:x]', '9, below 9.25'],
  ['without a value', 'l:v:x', { staleS: 900 }, '[v:x]', 'no value for 15 min'],
  ['of an earlier version', `a:${GUID}/2/7.1`, { title: 'Flur', text: 'Warnung' }, 'Flur', 'Warnung'],
  [
    'of a door',
    'l:v:x',
    { side: 'above', value: 1, quantity: 'Opening', limit: STATE_LIMIT },
    '[v:x]',
    'Open',
  ],
  ['that says nothing', 'l:v:x', { title: '', text: '' }, '[v:x]', 'Alarm'],
  ['with an id from elsewhere', 'a:b', { value: {} }, '[a:b]', 'Alarm'],
  [
    'with decimals that nobody can write',
    'l:v:x',
    { side: 'above', value: 1, decimals: 1e9, limit: 0, unit: [] },
    '[v:x]',
    '1.0000000000, above 0.0000000000',
  ],
];

for (const [what, id, saved, title, text] of CASES) {
  test(`an alarm ${what} has words`, () => {
    const alarm = readAlarm({ since: 1, ...saved }) as Alarm;
    assert.deepEqual(wordsOf(id, alarm, names), { title, text });
  });
}

test('the key of a value tells what it is, also of one that nobody has told yet', () => {
  const guid = GUID;
  assert.deepEqual(readSeriesKey(`${GUID}/measurement6/2/`), { guid, quantity: 'Temperature', sensor: 2 });
  const [zone, subzone] = [7, 3];
  assert.deepEqual(readSeriesKey(`${GUID}/measurement16/0/7.3.1`), {
    guid,
    quantity: 'Voltage',
    zone,
    subzone,
  });
  assert.deepEqual(readSeriesKey(`${GUID}/Opening/7.3`), { guid, quantity: 'Opening', zone, subzone });
  assert.equal(readSeriesKey(`${GUID}/data1/0/`)?.sensor, 0);
  for (const key of ['', 'x', `${GUID}/6`, `${GUID}/measurement6/2/7.3`]) {
    assert.equal(readSeriesKey(key), undefined, key);
  }
});

test('a limit says above or below what, for how long, when it ends, and after which silence', () => {
  const limit = { above: 30, below: 4.25, forS: 90, backBy: 1, staleS: 600 };
  const series = { kind: 'number', quantity: 'Temperature', decimals: 1, symbol: '°C' } as const;
  const power = { ...series, decimals: 0, symbol: 'W' };
  const door = { ...series, kind: 'state', quantity: 'Opening' } as const;
  assert.equal(
    limitWords(limit, series),
    'above 30.0 °C for 2 min · below 4.25 °C for 2 min · ends when back by 1.0 °C · no value for 10 min',
  );
  assert.equal(limitWords({ above: 900, forS: 0 }, power), 'above 900 W');
  assert.equal(limitWords({ staleS: 5, forS: 0 }, power), 'no value for 5 s');
  assert.equal(limitWords({ above: STATE_LIMIT, forS: 600 }, door), 'Open for 10 min');
  assert.equal(limitWords({ below: STATE_LIMIT, forS: 0 }, door), 'Closed');
});
