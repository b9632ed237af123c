import assert from 'node:assert/strict';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { DriverEvent } from '../../src/vscp/event.ts';
import { report, withEchoHost } from '../support/echo-host.ts';
import { classicHostProgram, hostProgram, type NativeHost } from '../support/native-host.ts';

const GUID = new Uint8Array([255, 254, 253, 252, 251, 250, 249, 248, 8, 7, 6, 5, 4, 3, 2, 1]);

const DATED: DriverEvent = {
  head: 0xe0,
  obid: 0xfedcba98,
  year: 2026,
  month: 12,
  day: 31,
  hour: 23,
  minute: 58,
  second: 59,
  timestamp: 0xfffffffe,
  timestampNs: 0n,
  vscpClass: 20,
  vscpType: 9,
  guid: GUID,
  data: new Uint8Array([1, 2, 3]),
};

async function echoed(host: NativeHost, event: DriverEvent): Promise<DriverEvent> {
  assert.equal((await host.write(event)).code, 0);
  const { nullData, ...back } = await host.nextEvent();
  assert.equal(nullData, event.data.length === 0);
  return back;
}

for (const layout of ['classic', '2026'] as const) {
  for (const [what, options] of [
    ['zeroed structs', {}],
    ['uninitialised structs', { garbage: true }],
    ['threads and ways of version 14', { profile: 'v14' }],
  ] as const) {
    test(`${layout} host, ${what}: every field survives both ways`, async () => {
      await withEchoHost({ layout, ...options }, async (host) => {
        assert.ok((await host.open({ eventLayout: layout })).handle > 0);
        const cases: DriverEvent[] = [
          DATED,
          { ...DATED, data: new Uint8Array(0) },
          { ...DATED, data: new Uint8Array(512).map((_, i) => i & 255) },
          {
            ...DATED,
            head: 0,
            obid: 0,
            timestamp: 0,
            vscpClass: 65534,
            vscpType: 65535,
            guid: new Uint8Array(16),
          },
          { ...DATED, year: 0, month: 0, day: 0, hour: 0, minute: 0, second: 0 },
        ];
        for (const event of cases) assert.deepEqual(await echoed(host, event), event);
        const counts = await host.request('counts 0');
        assert.equal(counts.damaged, 0, 'crc or memory behind the struct was written');
      });
    });
  }
}

test('a nanosecond event goes through a 2026 host unchanged', async () => {
  await withEchoHost({ layout: '2026', garbage: true }, async (host) => {
    await host.open({ eventLayout: '2026' });
    const event = {
      ...DATED,
      head: 0x160,
      timestampNs: 1767225600123456789n,
      ...{ year: 0xffff, month: 0xff, day: 0, hour: 0, minute: 0, second: 0, timestamp: 0 },
    };
    assert.deepEqual(await echoed(host, event), event);
  });
});

test('a classic host gets a nanosecond event as calendar date and microseconds', async () => {
  await withEchoHost({ layout: 'classic' }, async (host) => {
    await host.open({ eventLayout: 'classic', nanoseconds: '1767225600123456789' });
    const back = await echoed(host, DATED);
    assert.deepEqual(back, {
      ...DATED,
      ...{ year: 2026, month: 1, day: 1, hour: 0, minute: 0, second: 0 },
      timestamp: Number(1767225600123456n % (1n << 32n)),
    });
  });
});

test('with event-data driver the data stay the driver’s and are right', async () => {
  await withEchoHost({ layout: '2026', free: false }, async (host) => {
    await host.open({ eventLayout: '2026', eventData: 'driver' });
    for (const size of [1, 64, 512]) {
      const event = { ...DATED, data: new Uint8Array(size).fill(size & 255) };
      assert.deepEqual(await echoed(host, event), event);
    }
  });
});

test('bad events are refused with 34 and nothing reaches the driver', async () => {
  await withEchoHost({ layout: '2026' }, async (host) => {
    await host.open({ eventLayout: '2026' });
    assert.equal((await host.write(DATED, { extra: 'sizedata=513' })).code, 34);
    assert.equal((await host.write(DATED, { extra: 'sizedata=65535' })).code, 34);
    assert.equal((await host.write(DATED, { extra: 'pdata=null' })).code, 34);
    assert.equal((await host.request('raw 0 write self 100 null')).code, 34);
    assert.equal((await host.request('raw 0 read self 100 null')).code, 34);
    assert.equal((await report(host)).received, 1);
  });
});

/** Runs a host under the name of a daemon; without evidence when its file does not show what it does. */
async function withNamedHost(
  name: string,
  { layout, hidden = false }: { layout: 'classic' | '2026'; hidden?: boolean },
  body: (host: NativeHost) => Promise<void>,
): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'websocksrv-host-'));
  const program = join(folder, name);
  copyFileSync(layout === 'classic' ? classicHostProgram : hostProgram, program);
  if (hidden) hideLoader(program);
  try {
    await withEchoHost({ program, garbage: true }, body);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Takes a text away that stands in the program for no other purpose than to be found. */
function hideLoader(program: string): void {
  const bytes = readFileSync(program);
  for (let at = bytes.indexOf(LOADER_MARK); at >= 0; at = bytes.indexOf(LOADER_MARK))
    bytes.fill('x', at, at + 8);
  writeFileSync(program, bytes);
}

/** test/native-host/driver_slot.c holds it. */
const LOADER_MARK = 'VSCPOpen';

const FILE_2026 = "info event layout 2026, told by the host's program file";
const FILE_CLASSIC = "info event layout classic, told by the host's program file";

const AUTO = [
  { program: 'vscpd', layout: 'classic', first: FILE_CLASSIC },
  { program: 'vscpd', layout: '2026', first: FILE_2026 },
  { program: 'mqttvscpd', layout: '2026', first: FILE_2026 },
  { program: 'mqttvscpd', layout: 'classic', first: FILE_CLASSIC },
  { program: 'somebody', layout: 'classic', first: FILE_CLASSIC },
  { program: 'somebody', layout: '2026', first: FILE_2026 },
  {
    program: 'mqttvscpd',
    layout: '2026',
    hidden: true,
    first: 'info event layout 2026, told by the host program',
  },
  {
    program: 'vscpd',
    layout: '2026',
    hidden: true,
    first: "warn the event layout of the host program 'vscpd' is",
  },
  {
    program: 'somebody',
    layout: 'classic',
    hidden: true,
    first: "warn the event layout of the host program 'some",
  },
] as const;

for (const { program, first, ...host } of AUTO) {
  const { layout, hidden = false } = { hidden: false, ...host };
  const what = `${program} of layout ${layout}${hidden ? ' whose file shows nothing' : ''}`;
  test(`auto: ${what}: the first event either way is right`, async () => {
    await withNamedHost(program, host, async (named) => {
      await named.open({ greet: true });
      // Nothing is certain before the host has written, and an event in the wrong layout could end it.
      if (first.startsWith('warn')) {
        await assert.rejects(
          named.nextEvent(() => true, { timeoutMs: 500 }),
          /no such event/,
        );
        await named.write(DATED);
      }
      const greeting = await named.nextEvent();
      assert.deepEqual([greeting.vscpClass, greeting.vscpType, greeting.data.length], [20, 3, 3]);
      if (!first.startsWith('warn')) await named.write(DATED);
      const { nullData: _, ...event } = await named.nextEvent();
      assert.deepEqual(event, DATED);
      const { notices } = await report(named);
      assert.ok(notices[0]?.startsWith(first), notices[0]);
      assert.ok(notices[1]?.startsWith(`info event layout ${layout}, told by the events`), notices[1]);
    });
  });
}

for (const [layout, configured] of [
  ['classic', '2026'],
  ['2026', 'classic'],
] as const) {
  test(`events of a ${layout} host that contradict the configured layout ${configured} are not read and reported once`, async () => {
    await withEchoHost({ layout }, async (host) => {
      await host.open({ eventLayout: configured, sink: true });
      // In that layout any bytes may stand where the pointer to the data is.
      for (let i = 0; i < 5; i++) assert.equal((await host.write(DATED)).code, 34);
      const pattern = new RegExp(
        `does not look like event layout ${configured}, which the configuration sets`,
        'g',
      );
      await host.stderrMatch(pattern);
      assert.equal((await host.close()).code, 0);
      assert.equal(host.stderr.match(pattern)?.length, 1);
    });
  });
}
