import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { filterPair } from '../../src/client/filter.ts';
import { eventTimeMs } from '../../src/client/index.ts';
import { WS1 } from '../../src/client/ws1-dialect.ts';
import { WS2 } from '../../src/client/ws2-dialect.ts';

interface Recorded {
  event: {
    head: number;
    class: number;
    type: number;
    obid: number;
    datetime: string;
    timestamp: number;
    guid: string;
    data: string;
  };
  ws1: string;
  ws2: unknown;
}

const { events } = JSON.parse(
  readFileSync(new URL('../fixtures/events-classic.json', import.meta.url), 'utf8'),
) as { events: Recorded[] };

for (const dialect of [WS1, WS2]) {
  describe(`the ${dialect.name} dialect`, () => {
    it('reads every recorded event field by field', () => {
      for (const { event, ws1, ws2 } of events) {
        const frame = dialect.parse(dialect === WS1 ? ws1 : JSON.stringify(ws2));
        assert.ok(frame.kind === 'event', ws1);
        const { head, obid, dateTime, timestamp, vscpClass, vscpType, guid, data } = frame.event;
        assert.deepEqual(
          {
            head,
            class: vscpClass,
            type: vscpType,
            obid,
            datetime: dateTime,
            timestamp,
            guid,
            data: Buffer.from(data).toString('hex'),
          },
          event,
        );
      }
    });

    it('never throws, whatever comes in', () => {
      const anyText = fc.oneof(
        fc.string(),
        fc.json(),
        fc.string().map((text) => `E;${text}`),
        fc.string().map((text) => `-;${text}`),
      );
      fc.assert(
        fc.property(anyText, (text) => {
          dialect.parse(text);
        }),
      );
    });
  });
}

describe('the nanosecond form of an event', () => {
  const guid = 'FF:FF:FF:FF:FF:FF:FF:FE:00:00:00:00:00:00:00:01';
  const ws1 = `E;352,10,6,7,,1767323045123456789,${guid},0x80,0x01`;
  const ws2 = {
    type: 'EVENT',
    event: {
      head: 352,
      obid: 7,
      datetime: '',
      timestamp_ns: '0x1886caf223f1ff15',
      class: 10,
      type: 6,
      guid,
      data: [128, 1],
      note: '',
    },
  };

  it('is read in both protocols', () => {
    for (const [dialect, text] of [
      [WS1, ws1],
      [WS2, JSON.stringify(ws2)],
    ] as const) {
      const frame = dialect.parse(text);
      assert.ok(frame.kind === 'event');
      assert.equal(frame.event.timestampNs, 1767323045123456789n);
      assert.equal(eventTimeMs(frame.event), 1767323045123);
      assert.deepEqual([...frame.event.data], [128, 1]);
    }
  });
});

describe('replies', () => {
  it('of ws1 may lack the command word', () => {
    const frame = WS1.parse("-;9;Unknown type, only know 'COMMAND' and 'EVENT'.");
    assert.deepEqual(frame, {
      kind: 'reply',
      ok: false,
      word: '',
      errorCode: 9,
      text: "Unknown type, only know 'COMMAND' and 'EVENT'.",
    });
  });

  it('of ws2 are read in both spellings of the error keys', () => {
    for (const text of [
      '{"type":"-","command":"SF","errcode":7,"errstr":"x"}',
      '{"type":"-","command":"SF","error-code":7,"error-str":"x"}',
    ]) {
      assert.deepEqual(WS2.parse(text), { kind: 'reply', ok: false, word: 'SF', errorCode: 7, text: 'x' });
    }
  });
});

describe('commands', () => {
  const filter = filterPair({
    vscpClass: 10,
    guid: '1:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0',
    maskGuid: 'FF:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0',
  });

  it('have the form of their protocol', () => {
    assert.equal(WS1.formatCommand({ word: 'OPEN' }), 'C;OPEN');
    assert.equal(WS2.formatCommand({ word: 'OPEN' }), '{"type":"CMD","command":"OPEN","args":null}');
    assert.equal(
      WS1.formatCommand({ word: 'SF', filter }),
      'C;SF;0,10,0,01:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00;0,65535,0,FF:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00',
    );
    assert.deepEqual(JSON.parse(WS2.formatCommand({ word: 'HISTORY', filter, limit: 5 })).args, {
      filter_priority: 0,
      filter_class: 10,
      filter_type: 0,
      filter_guid: '01:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00',
      mask_priority: 0,
      mask_class: 65535,
      mask_type: 0,
      mask_guid: 'FF:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00',
      limit: 5,
    });
  });
});

describe("a server's GUID and date", () => {
  const guid = 'FF:FF:FF:FF:FF:FF:FF:FE:00:00:00:00:00:00:00:01';
  const frames = (date: string, guidText: string): [typeof WS1, string][] => [
    [WS1, `E;96,10,6,7,${date},5,${guidText},128`],
    [
      WS2,
      JSON.stringify({
        type: 'EVENT',
        event: { vscpClass: 10, vscpType: 6, vscpDateTime: date, vscpGuid: guidText, vscpData: [128] },
      }),
    ],
  ];

  it('come as they have to look', () => {
    for (const date of ['2026-01-02T03:04:05Z', '2026-01-02T03:04:05.123456+01:00', '2026-1-2T3:4:5', '']) {
      for (const [dialect, text] of frames(date, guid.toLowerCase())) {
        const frame = dialect.parse(text);
        assert.ok(frame.kind === 'event', text);
        assert.deepEqual([frame.event.dateTime, frame.event.guid], [date, guid]);
      }
    }
  });

  it('that are none do not reach the program: the date is left out, an event without GUID is a bad frame', () => {
    for (const date of [
      '\u001b[2J',
      '2026-01-02T03:04:05Z\u009b31m',
      'yesterday',
      `${'1'.repeat(9)}-01-01T00:00:00Z`,
    ]) {
      for (const [dialect, text] of frames(date, guid)) {
        const frame = dialect.parse(text);
        assert.ok(frame.kind === 'event', text);
        assert.equal(frame.event.dateTime, '');
      }
    }
    for (const guidText of ['\u001b]0;owned\u0007', `${guid}\u001b[2J`, `${guid}:00`, 'no GUID']) {
      for (const [dialect, text] of frames('', guidText)) assert.equal(dialect.parse(text).kind, 'bad', text);
    }
  });
});
