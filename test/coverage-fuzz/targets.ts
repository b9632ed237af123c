/**
 * What is fuzzed: for each kind of bytes that come from somebody else, a function that reads them as the driver
 * does and throws when something is not as it should be. What a reader refuses is refused in words.
 */
import assert from 'node:assert/strict';
import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import { parseEventRules } from '../../src/auth/event-rules.ts';
import { decryptLogin } from '../../src/auth/login-crypto.ts';
import { parseRemotes } from '../../src/auth/remotes.ts';
import { parseRights } from '../../src/auth/rights.ts';
import { parseTokens, tokenToJson } from '../../src/auth/token.ts';
import { parseUsers } from '../../src/auth/users-file.ts';
import { WS1 } from '../../src/client/ws1-dialect.ts';
import { WS2 } from '../../src/client/ws2-dialect.ts';
import type { DocumentResult } from '../../src/config/document.ts';
import { readJson } from '../../src/config/json-reader.ts';
import { parseKeyFile } from '../../src/config/key-file.ts';
import { nameKeys } from '../../src/config/key-names.ts';
import { readSettings } from '../../src/config/read-settings.ts';
import { readXml } from '../../src/config/xml-reader.ts';
import { HEAD_NANOSECONDS, MAX_EVENT_DATA, MAX_UINT16, MAX_UINT32 } from '../../src/core/event.ts';
import { parseGuid } from '../../src/core/guid.ts';
import { isObject } from '../../src/core/values.ts';
import { ws1Dialect } from '../../src/dialects/ws1-dialect.ts';
import { ws2Dialect } from '../../src/dialects/ws2-dialect.ts';
import { formatPayload, type PayloadFormat, parsePayload } from '../../src/host/mqtt-payload.ts';
import { wantedFilter } from '../../src/http/api/filter-query.ts';
import { findFault, valueOfText } from '../../src/http/api/schema.ts';
import { EVENTS_INPUT, FILTER_QUERY, MEASUREMENTS_INPUT } from '../../src/http/api/schemas.ts';
import { readAuthorization } from '../../src/http/authorization.ts';
import { acceptedCodings } from '../../src/http/content-coding.ts';
import { printable, requestPath, samePath } from '../../src/http/request-path.ts';
import { measurementEvent } from '../../src/http/rest/measurement.ts';
import { Parameters } from '../../src/http/rest/parameters.ts';
import { TrustedProxies } from '../../src/http/trusted-proxies.ts';
import { compilePattern } from '../../src/logging/pattern.ts';
import { findCommand } from '../../src/session/commands.ts';
import type { Dialect } from '../../src/session/dialect.ts';
import { parsePanel } from '../../src/state/panel-store.ts';
import type { DriverEvent, EventFormat, Parsed } from '../../src/vscp/event.ts';
import { HEAD_NO_CHECKSUM } from '../../src/vscp/event-frame.ts';
import { eventFromJson } from '../../src/vscp/event-json.ts';
import { parseEventText } from '../../src/vscp/event-text.ts';
import { dateTimeInText, hasDate, isCalendarDate } from '../../src/vscp/event-time.ts';
import { compileFilter, type FilterMask } from '../../src/vscp/filter.ts';
import {
  filterFromJson,
  formatFilterText,
  parseFilterPair,
  parseRxFilter,
} from '../../src/vscp/filter-text.ts';
import { parseGuidText } from '../../src/vscp/guid.ts';

import { planted } from './planted.ts';

export type Target = (input: Buffer) => void;

const FORMATS: readonly EventFormat[] = ['classic', 'ns'];

function inWords({ reason }: { reason: string }): void {
  assert.ok(reason.length > 0 && reason.length < 600 && !/[\r\n]/.test(reason), `refused with ${reason}`);
}

/** Values of a refusal are undefined; the refusal must be one in words. */
function taken<T>(parsed: Parsed<T>): T | undefined {
  if (parsed.ok) return parsed.value;
  inWords(parsed);
  return undefined;
}

function assertInRange(event: DriverEvent): void {
  const within = (name: keyof DriverEvent, max: number): void => {
    const value = Number(event[name]);
    assert.ok(Number.isInteger(value) && value >= 0 && value <= max, `${name} is ${value}`);
  };
  for (const name of ['head', 'vscpClass', 'vscpType', 'year'] as const) within(name, MAX_UINT16);
  for (const name of ['obid', 'timestamp'] as const) within(name, MAX_UINT32);
  assert.ok(event.timestampNs >= 0n && event.timestampNs < 1n << 64n);
  assert.equal(event.guid.length, 16);
  assert.ok(event.data.length <= MAX_EVENT_DATA);
}

/** What an event is apart from its time, which has forms of different accuracy. */
function core({ head, vscpClass, vscpType, guid, data }: DriverEvent) {
  return { head: head & ~HEAD_NANOSECONDS, vscpClass, vscpType, guid: [...guid], data: [...data] };
}

function written(dialect: Dialect, event: DriverEvent, format: EventFormat): string {
  const frame = Buffer.alloc(dialect.maxEventBytes);
  return frame.toString('latin1', 0, dialect.writeEvent(event, frame, 0, format));
}

/** What the client library makes of the server's frame is the event, and so is what the server itself reads. */
function assertSameEverywhere(event: DriverEvent): void {
  assertInRange(event);
  for (const format of FORMATS) {
    for (const [dialect, client] of [
      [ws1Dialect, WS1],
      [ws2Dialect, WS2],
    ] as const) {
      const text = written(dialect, event, format);
      const again = dialect.parse(text);
      assert.equal(again.kind, 'event', text);
      const parsed = again.kind === 'event' ? again.parse() : undefined;
      assert.ok(parsed?.ok, text);
      assert.deepEqual(core(parsed.value), core(event), text);
      assert.equal(written(dialect, parsed.value, format), text);
      const seen = client.parse(text);
      assert.equal(seen.kind, 'event', text);
      if (seen.kind !== 'event') continue;
      assert.deepEqual(
        { ...seen.event, data: [...seen.event.data], guid: [...parseGuid(seen.event.guid)] },
        { ...seen.event, ...core(event), head: seen.event.head },
        text,
      );
    }
  }
}

function assertFilter(filter: FilterMask): void {
  compileFilter(filter);
  const half = (side: 'filter' | 'mask') =>
    formatFilterText({
      priority: filter[`${side}Priority`],
      class: filter[`${side}Class`],
      type: filter[`${side}Type`],
      guid: filter[`${side}Guid`],
    });
  const again = parseFilterPair(half('filter'), half('mask'));
  assert.ok(again.ok);
  assert.deepEqual(JSON.stringify(again.value), JSON.stringify(filter));
}

/** A message as the server takes it from a client. */
function request(dialect: Dialect, bytes: Buffer): void {
  const text = bytes.toString().trim();
  if (text === '') return;
  const message = dialect.parse(text);
  if (message.kind === 'refused') return;
  if (message.kind === 'event') {
    const event = taken(message.parse());
    if (event !== undefined) assertSameEverywhere(event);
    return;
  }
  findCommand(message.word, dialect.protocol, []);
  for (const name of ['iv', 'crypto', 'limit', 'constructor']) {
    message.args.value(name);
    for (let position = 0; position < 4; position++) message.args.text(position, name);
  }
  const filter = taken(message.args.filter());
  if (filter !== undefined) assertFilter(filter);
}

function json(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString());
  } catch {
    return undefined;
  }
}

function configuration(read: DocumentResult): void {
  if (!read.ok) {
    inWords(read);
    return;
  }
  const { problems } = readSettings(nameKeys(read.value), '/nowhere');
  for (const { text } of problems) assert.doesNotMatch(text, /[\r\n]|[0-9a-f]{32}/i);
}

/** Depth of arrays and objects; text in quotes does not count. */
function depthOf(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  return 1 + Math.max(0, ...Object.values(value).map(depthOf));
}

function plainJson(value: unknown): string {
  return JSON.stringify(value);
}

const RECORD = { time: new Date(0), level: 'info', name: 'name', message: 'message' } as const;
const proxies = new TrustedProxies(['10.0.0.0/8', '::1', 'fe80::/10']);
const PAYLOADS: readonly PayloadFormat[] = ['json', 'string', 'xml', 'binary'];
const KEY = Buffer.alloc(16, 7);

/** Fuzzed first: a fuzzer that does not find this finds nothing. */
export const PLANTED = 'planted';

export const TARGETS: Readonly<Record<string, Target>> = {
  [PLANTED]: planted,

  'ws1-request': (input) => request(ws1Dialect, input),
  'ws2-request': (input) => request(ws2Dialect, input),

  'client-frame': (input) => {
    const text = input.toString();
    WS1.parse(text);
    WS2.parse(text);
  },

  /** The same fields as text and as JSON are the same event. */
  'text-and-json': (input) => {
    const text = input.toString('latin1');
    const fields = text.split(',');
    const [head, vscpClass, vscpType, obid, dateTime, timestamp, guid, ...data] = fields;
    const byText = parseEventText(text);
    if (!byText.ok || fields.some((field) => !/^[\w:.+-]+$/.test(field))) return;
    // A text may leave the timestamp out, which an object does by leaving out the name.
    if (!/^\d/.test(timestamp ?? '') || !guid?.includes(':')) return;
    const byJson = eventFromJson({
      ...{ vscpHead: head, vscpClass, vscpType, vscpObId: obid, vscpDateTime: dateTime },
      ...{ vscpTimeStamp: timestamp, vscpGuid: guid, vscpData: data.join(',') },
    });
    assert.ok(byJson.ok, `as JSON: ${byJson.ok ? '' : byJson.reason}`);
    assert.deepEqual(byJson.value, byText.value);
  },

  filter: (input) => {
    const text = input.toString();
    for (const parsed of [parseRxFilter(text), filterFromJson(json(input))]) {
      const filter = taken(parsed);
      if (filter !== undefined) assertFilter(filter);
    }
  },

  guid: (input) => {
    const text = input.toString();
    const guid = taken(parseGuidText(text));
    let byClient: Uint8Array | undefined;
    try {
      byClient = parseGuid(text);
    } catch {
      return;
    }
    assert.deepEqual(guid, byClient, 'what the client library takes for a GUID is the same for the server');
  },

  date: (input) => {
    const text = input.toString();
    const date = dateTimeInText(text, 0, text.length);
    if (date === undefined || !hasDate(date)) return;
    assert.ok(isCalendarDate(date));
    const byEngine = Date.parse(text.replace(' ', 'T').replace(/([T ][\d:]+(?:\.\d*)?)$/i, '$1Z'));
    if (Number.isNaN(byEngine)) return;
    const { year, month, day, hour, minute, second } = date;
    const ms = new Date(0).setUTCFullYear(year, month - 1, day) + (hour * 3600 + minute * 60 + second) * 1000;
    assert.equal(Math.floor(byEngine / 1000), Math.floor(ms / 1000), text);
  },

  /** Besides comments and duplicates, which JSON has not, the reader reads as JSON.parse does. */
  'config-json': (input) => {
    const text = input.toString();
    const read = readJson(text);
    const byEngine = json(input);
    if (byEngine !== undefined && depthOf(byEngine) <= 30) {
      assert.ok(read.ok, 'JSON.parse reads it');
      assert.equal(plainJson(read.value.root), plainJson(byEngine));
    }
    configuration(read);
  },

  'config-xml': (input) => configuration(readXml(input.toString())),

  'users-file': (input) => {
    const { problems, warnings } = parseUsers(json(input));
    for (const text of [...problems.map(({ message }) => message), ...warnings]) {
      assert.doesNotMatch(text, /[\r\n]/);
    }
  },

  'user-fields': (input) => {
    const text = input.toString();
    for (const parsed of [parseRights(text), parseRemotes(text), parseEventRules(text), parseKeyFile(text)]) {
      taken<unknown>(parsed);
    }
  },

  'state-files': (input) => {
    const content = json(input);
    if (!isObject(content)) return;
    for (const token of taken(parseTokens(content))?.tokens ?? []) {
      // What is read is written again with the next change, and then read at the next start.
      const again = parseTokens({ tokens: [JSON.parse(JSON.stringify(tokenToJson(token)))] });
      assert.ok(again.ok, again.ok ? '' : again.reason);
    }
    taken(parsePanel(content));
  },

  'log-pattern': (input) => {
    const pattern = input.toString();
    const line = compilePattern(pattern, false)(RECORD);
    assert.ok(line.length <= pattern.length * 40);
  },

  'forwarded-for': (input) => {
    const client = proxies.clientAddress('10.1.2.3', input.toString('latin1'));
    assert.notEqual(isIP(client), 0, client);
  },

  'http-head': (input) => {
    const text = input.toString('latin1');
    const path = taken(requestPath(text));
    if (path !== undefined) samePath(path, '/ws1');
    acceptedCodings(text);
    readAuthorization({ headers: { authorization: text } } as IncomingMessage);
    assert.match(printable(text), /^[\x20-\x7e]*$/);
  },

  'rest-query': (input) => {
    const query = input.toString('latin1').replace(/[\s\0]/g, '');
    const parameters = new Parameters({ url: `/rest?${query}`, headers: {} } as IncomingMessage, query);
    void parameters.tooLong;
    void parameters.format;
    assert.match(parameters.callback, /^[\w$.]+$/);
    const event = taken(measurementEvent(parameters));
    if (event !== undefined) assertSameEverywhere(event);
  },

  'api-query': (input) => {
    const given: Record<string, unknown> = {};
    for (const [name, text] of new URLSearchParams(input.toString('latin1'))) {
      const schema = FILTER_QUERY[name];
      if (schema === undefined) continue;
      given[name] = valueOfText(text, schema);
      if (findFault(given[name], schema, name) !== undefined) return;
    }
    taken(wantedFilter(given));
  },

  'api-body': (input) => {
    const body = json(input);
    for (const schema of [EVENTS_INPUT, MEASUREMENTS_INPUT]) {
      const fault = findFault(body, schema);
      if (fault !== undefined) assert.ok(fault.expected.length > 0);
      else for (const item of Array.isArray(body) ? body : [body]) taken(eventFromJson(item));
    }
  },

  login: (input) => {
    const [iv = '', crypto = ''] = input.toString('latin1').split(';');
    taken(decryptLogin(KEY, iv, crypto));
  },

  'mqtt-payload': (input) => {
    const end = input.indexOf(0x0a);
    const topic = end < 0 ? '' : input.toString('utf8', 0, end);
    const event = taken(parsePayload(topic, input.subarray(end + 1)));
    if (event === undefined) return;
    assertSameEverywhere(event);
    for (const form of PAYLOADS) {
      for (const time of FORMATS) {
        const payload = formatPayload(event, form, time);
        const again = parsePayload('', Buffer.from(payload as Uint8Array));
        assert.ok(again.ok, `${form}: ${again.ok ? '' : again.reason}`);
        // A frame always has its checksum, whatever the head said of it.
        const { head, ...expected } = core(event);
        const withSum = form === 'binary' ? head & ~HEAD_NO_CHECKSUM : head;
        assert.deepEqual(core(again.value), { head: withSum, ...expected }, form);
      }
    }
  },
};
