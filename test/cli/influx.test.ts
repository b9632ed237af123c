/** `monitor --format influx`: every line is read as the database would. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import fc from 'fast-check';
import { formatInfluxLine } from '../../src/cli/influx-line.ts';
import { eventTimeMs, type VscpEvent } from '../../src/client/event.ts';
import { encodeMeasurement } from '../../src/client/index.ts';
import { decodeMeasurement } from '../../src/core/measurement.ts';
import { tempFolder } from '../config/temp-folder.ts';
import { ROOT } from '../scripts/load-script.ts';
import { makeEvent } from '../support/events.ts';
import { readLineProtocol } from '../support/line-protocol.ts';
import { type MemoryServer, startMemoryServer } from '../support/memory-server.ts';
import { runCli, startCli } from './run-cli.ts';

const folder = tempFolder();
const GUID = 'FF:FF:FF:FF:FF:FF:FF:F5:00:00:00:00:00:02:00:00';
const NOW_MS = 1_700_000_000_123;
let server: MemoryServer;

before(async () => {
  server = await startMemoryServer();
});
after(() => server.close());

function event(fields: Partial<VscpEvent>): VscpEvent {
  return {
    ...{ head: 0x60, obid: 0, dateTime: '2026-01-02T03:04:05Z', timestamp: 0, vscpClass: 10, vscpType: 6 },
    ...{ guid: GUID, data: Uint8Array.from([0x89, 0x82, 0x08, 0xc5]) },
    ...fields,
  };
}

const line = (fields: Partial<VscpEvent>): string => formatInfluxLine(event(fields), NOW_MS) ?? '';

test('a temperature is one point with its series as tags and its own time', () => {
  assert.equal(
    line({}),
    `vscp,class=10,guid=${GUID},index=1,name=Temperature,type=6,unit=°C value=22.45 1767323045000000000`,
  );
});

test('zones and the interface of a level I event over level II are tags', () => {
  const zoned = encodeMeasurement({
    type: 6,
    unit: 1,
    value: -3.5,
    index: 4,
    zone: 5,
    subzone: 6,
    form: 'zone',
  });
  const { tags, fields } = readLineProtocol(line({ ...zoned, data: Uint8Array.from(zoned.data ?? []) }));
  assert.deepEqual(fields, { value: -3.5 });
  assert.deepEqual(
    [tags.class, tags.index, tags.zone, tags.subzone, tags.sensor],
    ['65', '4', '5', '6', '0'],
  );
  const over = Uint8Array.from([...new Array(15).fill(0), 9, 0x89, 0x82, 0x08, 0xc5]);
  assert.equal(
    readLineProtocol(line({ vscpClass: 522, data: over })).tags.interface,
    '00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:09',
  );
});

test('comma, equals sign and space in a tag are escaped; a line break cannot begin another point', () => {
  const written = line({ vscpType: 251, guid: 'a,b=c d\nvscp value=1 1' });
  assert.match(written, /guid=a\\,b\\=c\\ d\\ vscp\\ value\\=1\\ 1,/);
  assert.match(written, /name=Type\\ 251,/);
  assert.equal(readLineProtocol(written).tags.guid, 'a,b=c d vscp value=1 1');
  assert.equal(readLineProtocol(written).tags.unit, undefined, 'no empty tag');
});

test('what is no number is never written: NaN, infinities, and events that measure nothing', () => {
  const float = (...data: number[]) => ({ vscpClass: 70, vscpType: 6, data: Uint8Array.from(data) });
  assert.equal(readLineProtocol(line(float(0x41, 0xa4, 0, 0))).fields.value, 20.5);
  for (const fields of [
    float(0x7f, 0xc0, 0, 0),
    float(0x7f, 0x80, 0, 0),
    float(0xff, 0x80, 0, 0),
    { vscpClass: 20, vscpType: 3 },
    // A request for a value measures nothing.
    { vscpClass: 85, data: Uint8Array.from([0, 1, 1, 0x89, 0x82, 0x08, 0xc5]) },
    { data: Uint8Array.from([]) },
  ]) {
    assert.equal(formatInfluxLine(event(fields), NOW_MS), undefined);
  }
});

test('nanoseconds stay exact; without a time, or with one that the protocol cannot write, now counts', () => {
  const now = BigInt(NOW_MS) * 1_000_000n;
  const at = (fields: Partial<VscpEvent>): bigint => readLineProtocol(line(fields)).timeNs;
  assert.equal(at({ timestampNs: 1_767_323_045_123_456_789n }), 1_767_323_045_123_456_789n);
  for (const fields of [
    { dateTime: '' },
    { dateTime: '9999-12-31T23:59:59Z' },
    { dateTime: '2026-99-99T00:00:00Z' },
    { timestampNs: 0n },
    { timestampNs: 2n ** 64n - 1n },
  ]) {
    assert.equal(at(fields), now, String(fields.dateTime ?? fields.timestampNs));
  }
});

test('every measurement that can be decoded is a point that reads back to the same series and value', () => {
  const classes = [10, 11, 15, 60, 65, 70, 522, 1040, 1060];
  const anyEvent = fc.record({
    vscpClass: fc.constantFrom(...classes),
    vscpType: fc.integer({ min: 0, max: 300 }),
    data: fc.uint8Array({ maxLength: 32 }),
    timestampNs: fc.option(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), { nil: undefined }),
  });
  let points = 0;
  fc.assert(
    fc.property(anyEvent, ({ timestampNs, ...fields }) => {
      const given = event({ ...fields, ...(timestampNs === undefined ? {} : { timestampNs }) });
      const measurement = decodeMeasurement(given);
      const written = formatInfluxLine(given, NOW_MS);
      if (measurement === undefined || !Number.isFinite(measurement.value)) {
        assert.equal(written, undefined);
        return;
      }
      points++;
      const { tags, fields: values, timeNs } = readLineProtocol(written ?? '');
      assert.equal(values.value, measurement.value === 0 ? 0 : measurement.value);
      assert.deepEqual(
        [tags.guid, tags.class, tags.type, tags.unit ?? ''],
        [GUID, String(given.vscpClass), String(given.vscpType), measurement.symbol],
      );
      if (timestampNs === undefined) assert.equal(Number(timeNs / 1_000_000n), eventTimeMs(given));
    }),
    { numRuns: 2000 },
  );
  assert.ok(points > 200, `${points} points`);
});

/** The command that Telegraf would run, with the test's address and password. */
function telegrafCommand(): string[] {
  const recipe = readFileSync(join(ROOT, 'examples', 'influxdb', 'telegraf.conf'), 'utf8');
  const [, list = ''] = /^ *command = (\[.*\])$/m.exec(recipe) ?? [];
  const [program, ...args] = JSON.parse(list) as string[];
  assert.equal(program, 'vscpl2drv-websocksrv');
  const replace: Record<string, string> = {
    'ws://localhost:8884/ws2': `${server.url}/ws2`,
    telegraf: 'admin',
    '/etc/telegraf/vscp-password': folder.file('password', 'secret\n'),
  };
  assert.deepEqual(
    Object.keys(replace).filter((word) => !args.includes(word)),
    [],
  );
  return args.map((word) => replace[word] ?? word);
}

test("the command in Telegraf's configuration prints points and nothing else, and counts only them", async () => {
  const child = startCli([...telegrafCommand(), '--count', '2']);
  let out = '';
  child.stdout?.on('data', (chunk) => {
    out += chunk;
  });
  const ended = once(child, 'close');
  const timer = setInterval(() => {
    server.link.hostWrite(makeEvent({ vscpClass: 20, vscpType: 3, data: Uint8Array.from([1, 2, 3]) }));
    server.link.hostWrite(makeEvent());
  }, 20);
  const [code] = await ended.finally(() => clearInterval(timer));
  assert.equal(code, 0);
  const points = out.trimEnd().split('\n').map(readLineProtocol);
  assert.deepEqual(
    points.map(({ measurement, fields, timeNs }) => [measurement, fields.value, timeNs]),
    new Array(2).fill(['vscp', 22.45, 1_767_323_045_000_000_000n]),
  );
});

test('a format that does not exist, or two of them, is wrong use and names the option', async () => {
  for (const [given, err] of [
    [['--format', 'xml'], /--format takes one of text, json, influx, not "xml"/],
    [['--format', 'toString'], /--format takes one of text, json, influx, not "toString"/],
    [['--format', 'influx', '--json'], /--json and --format influx exclude each other/],
  ] as const) {
    const result = await runCli(['monitor', server.url, '-u', 'admin', ...given], '', {
      VSCP_PASSWORD: 'secret',
    });
    assert.equal(result.code, 2);
    assert.match(result.err, err);
  }
});
