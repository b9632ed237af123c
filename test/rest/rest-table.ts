import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { Backend, BackendServer } from '../support/backend.ts';
import { readUsers } from '../support/conformance-runner.ts';
import { makeEvent } from '../support/events.ts';
import { waitFor } from '../support/live-driver.ts';
import { askRest, openRest, REST_FORMATS, type RestFormat } from '../support/rest-client.ts';

const CONTENT_TYPES: Record<RestFormat, string> = {
  plain: 'text/plain; charset=utf-8',
  csv: 'text/csv; charset=utf-8',
  xml: 'application/xml; charset=utf-8',
  json: 'application/json; charset=utf-8',
  jsonp: 'application/javascript; charset=utf-8',
};

/** Operations within a session: parameters, and the code of the answer. */
const ROWS: readonly [title: string, parameters: Record<string, string>, code: number][] = [
  ['status', { op: 'status' }, 1],
  ['status by number', { op: '0' }, 1],
  ['open again', { op: 'open' }, 1],
  ['open again by number', { op: '1' }, 1],
  ['any case', { op: 'STATUS' }, 1],
  ['sendevent', { op: 'sendevent', vscpevent: '0,30,5,0,2026-01-02T03:04:05Z,0,-,1,2' }, 1],
  ['sendevent by number', { op: '3', vscpevent: '0,30,5,0,,,-' }, 1],
  ['sendevent without a date', { op: 'sendevent', vscpevent: '0,30,5,0,0,-,0x01' }, 1],
  ['sendevent in quotes', { op: 'sendevent', vscpevent: '"0,0x1E,5,0,,,-,1"' }, 1],
  ['sendevent without an event', { op: 'sendevent' }, -5],
  ['sendevent with an empty one', { op: 'sendevent', vscpevent: '' }, -5],
  ['sendevent, unreadable', { op: 'sendevent', vscpevent: '0,30,5' }, -5],
  ['sendevent, byte too large', { op: 'sendevent', vscpevent: '0,30,5,0,,,-,256' }, -5],
  ['setfilter', { op: 'setfilter', vscpfilter: '0,0,0,-', vscpmask: '0,0,0,-' }, 1],
  ['setfilter, parts missing, hex', { op: '5', vscpfilter: '0x0', vscpmask: '0,0x0' }, 1],
  ['setfilter without mask', { op: 'setfilter', vscpfilter: '0,0,0,-' }, -5],
  ['setfilter without filter', { op: 'setfilter', vscpmask: '0,0,0,-' }, -5],
  ['setfilter, unreadable', { op: 'setfilter', vscpfilter: '0,x', vscpmask: '0' }, -5],
  ['clearqueue', { op: 'clearqueue' }, 1],
  ['clearqueue by number', { op: '6' }, 1],
  ['readevent, nothing waits', { op: 'readevent' }, -6],
  ['readevent, bad count', { op: '4', count: 'many' }, -5],
  ['readevent, count 0', { op: '4', count: '0' }, -5],
  ['measurement', { op: 'measurement', value: '21.5', type: '6' }, 1],
  ['measurement by number', { op: '10', value: '-1e3', type: '6', level: '1' }, 1],
  ['measurement without value', { op: 'measurement', type: '6' }, -5],
  ['measurement without type', { op: 'measurement', value: '1' }, -5],
  ['measurement, no number', { op: 'measurement', value: 'warm', type: '6' }, -5],
  ['measurement beyond a single', { op: 'measurement', value: '1e39', type: '6', level: '1' }, -5],
  ['mdf', { op: 'mdf', url: 'http://127.0.0.1/' }, -1],
  ['mdf by number', { op: '12' }, -1],
  ...['readvar', 'writevar', 'createvar', 'deletevar', 'listvar', 'table', '7', '8', '9', '11'].map(
    (op): [string, Record<string, string>, number] => [op, { op }, -5],
  ),
  ['an unknown operation', { op: 'fly' }, -5],
  ['a value that is too long', { op: 'status', note: 'x'.repeat(2048) }, -5],
];

/** Codes whose messages every format has to spell so. */
const MESSAGES: Record<number, string> = {
  [-1]: 'Failure',
  [-2]: 'Invalid session',
  [-5]: 'Missing data/parameter',
  [-6]: 'Input queue empty',
  [-16]: 'Invalid password',
};

async function open(context: TestContext, backend: Backend): Promise<{ server: BackendServer; url: string }> {
  const server = await backend.open({ 'allowed-origins': '*', 'auth-iv': 'any' }, readUsers());
  context.after(() => server.close());
  return { server, url: `${server.url.replace('ws', 'http')}/rest` };
}

async function readTable(context: TestContext, backend: Backend): Promise<void> {
  const { url } = await open(context, backend);
  for (const format of REST_FORMATS) {
    for (const method of ['GET', 'POST', 'PUT']) {
      const vscpsession = await openRest(url);
      for (const [title, parameters, code] of ROWS) {
        const what = `${title}, ${format}, ${method}`;
        const answer = await askRest(url, { vscpsession, ...parameters }, { format, method });
        assert.equal(answer.status, 200, what);
        assert.equal(answer.headers.get('content-type'), CONTENT_TYPES[format], what);
        assert.equal(answer.headers.get('content-length'), String(Buffer.byteLength(answer.text)), what);
        assert.equal(answer.headers.get('cache-control'), 'no-store', what);
        assert.equal(answer.headers.get('x-content-type-options'), 'nosniff', what);
        assert.equal(answer.headers.get('set-cookie'), null, what);
        assert.equal(answer.code, code, `${what}: ${answer.text}`);
        assert.equal(answer.success, code === 1, what);
        const done = format.startsWith('json') ? 'success' : 'Success';
        assert.equal(answer.message, MESSAGES[code] ?? done, what);
        if (/status|open|any case/.test(title)) assert.equal(answer.sessionKey, vscpsession, what);
      }
      assert.equal((await askRest(url, { op: 'close', vscpsession }, { format, method })).code, 1);
      for (const op of ['status', 'close', 'readevent', 'sendevent', 'readvar', 'mdf']) {
        assert.equal(
          (await askRest(url, { op, vscpsession }, { format, method })).code,
          -2,
          `${op} after close`,
        );
        assert.equal((await askRest(url, { op }, { format, method })).code, -2, `${op} without a key`);
      }
      const wrong = { op: 'open', vscpuser: 'admin', vscpsecret: 'wrong' };
      if (method === 'GET') assert.equal((await askRest(url, wrong, { format, method })).code, -16);
    }
  }
}

async function passEvents(context: TestContext, backend: Backend): Promise<void> {
  const { server, url } = await open(context, backend);
  for (const format of REST_FORMATS) {
    const vscpsession = await openRest(url);
    for (const vscpType of [1, 2, 3, 4]) {
      await server.write(makeEvent({ vscpClass: 20, vscpType, data: Uint8Array.from([1, 255]) }));
    }
    await untilWaiting(url, vscpsession, 4);
    const one = await askRest(url, { op: 'readevent', vscpsession }, { format });
    const more = await askRest(url, { op: 'readevent', vscpsession, count: '50' }, { format });
    assert.deepEqual([one.events?.length, more.events?.length], [1, 3], format);
    assert.match(one.text, /1 events requested of 4 available \(unfiltered\) 1 will be retrieved/);
    assert.match(more.text, /50 events requested of 3 available \(unfiltered\) 3 will be retrieved/);
    assert.deepEqual([...(one.events ?? []), ...(more.events ?? [])].map(typeOf), [1, 2, 3, 4], format);
    assert.deepEqual((await askRest(url, { op: 'readevent', vscpsession }, { format })).code, -6);
    await askRest(url, {
      op: 'setfilter',
      vscpsession,
      vscpfilter: '0,20,2,-',
      vscpmask: '0,0xFFFF,0xFFFF,-',
    });
    for (const vscpType of [1, 2]) await server.write(makeEvent({ vscpClass: 20, vscpType }));
    await untilWaiting(url, vscpsession, 1);
    const filtered = await askRest(url, { op: 'readevent', vscpsession, count: '9' }, { format });
    assert.deepEqual(filtered.events?.map(typeOf), [2]);
    await askRest(url, { op: 'close', vscpsession });
  }
}

function typeOf(event: unknown): number {
  return typeof event === 'string' ? Number(event.split(',')[2]) : (event as { vscptype: number }).vscptype;
}

async function untilWaiting(url: string, vscpsession: string, count: number): Promise<void> {
  for (let round = 0; ; round++) {
    const { waiting } = await askRest(url, { op: 'status', vscpsession });
    if (waiting === count) return;
    assert.ok(round < 1000, `${waiting} events wait, not ${count}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

const MEASUREMENTS: readonly [
  Record<string, string>,
  { vscpClass: number; vscpType: number; data: number[] },
][] = [
  [
    { value: '1.5', type: '6', unit: '1', sensorindex: '2', level: '1' },
    { vscpClass: 10, vscpType: 6, data: [0xaa, 0x3f, 0xc0, 0, 0] },
  ],
  [
    { value: '1.5', type: '518', unit: '4', sensoridx: '8', level: '1' },
    { vscpClass: 10, vscpType: 6, data: [0xa0, 0x3f, 0xc0, 0, 0] },
  ],
  [
    { value: '21.55555555', type: '6', level: '1', eventformat: 'string' },
    { vscpClass: 10, vscpType: 6, data: [0x40, ...Buffer.from('21.5555')] },
  ],
  [
    { value: '-2', type: '6', unit: '1', sensorindex: '2', zone: '3', subzone: '4', level: '7' },
    { vscpClass: 1060, vscpType: 6, data: [2, 3, 4, 1, 0xc0, 0, 0, 0, 0, 0, 0, 0] },
  ],
  [
    { value: '+3.50', type: '6', eventformat: 'STRING' },
    { vscpClass: 1040, vscpType: 6, data: [0, 0, 0, 0, ...Buffer.from('+3.50')] },
  ],
];

async function sendMeasurements(context: TestContext, backend: Backend): Promise<void> {
  const { server, url } = await open(context, backend);
  const vscpsession = await openRest(url);
  for (const [parameters, expected] of MEASUREMENTS) {
    const answer = await askRest(url, { op: 'measurement', vscpsession, ...parameters }, { method: 'POST' });
    assert.equal(answer.code, 1, answer.text);
    const { vscpClass, vscpType, data, head } = await server.nextRead();
    assert.deepEqual({ vscpClass, vscpType, data: [...data] }, expected);
    assert.equal(head, 0x60);
  }
  const guid = 'FF:EE:DD:CC:BB:AA:99:88:77:66:55:44:33:22:11:00';
  const dated = { value: '1', type: '6', guid, datetime: '2026-02-03T04:05:06Z' };
  await askRest(url, { op: 'measurement', vscpsession, ...dated });
  const event = await server.nextRead();
  assert.deepEqual(
    [...event.guid],
    guid.split(':').map((byte) => Number.parseInt(byte, 16)),
  );
  await waitFor(/login user=admin ip=127\.0\.0\.1 session=\d+ protocol=rest/, () => server.log());
}

/** Runs the whole interface against one kind of server. */
export function testRest(name: string, start: () => Promise<Backend>): void {
  const suites = {
    'every operation in every form, by GET, POST and PUT': readTable,
    'events of the host, one and many, and the filter': passEvents,
    'measurements reach the host in all four forms': sendMeasurements,
  };
  test(`legacy REST, ${name}`, async (context) => {
    const backend = await start();
    context.after(() => backend.close());
    for (const [title, run] of Object.entries(suites)) {
      await context.test(title, (inner) => run(inner, backend));
    }
  });
}
