import { readGuid } from '../core/guid.ts';
import { EVENT_WORD, GREETING_WORD, SUB_PROTOCOLS } from '../core/protocol.ts';
import { isObject } from '../core/values.ts';
import type { ClientCommand, ClientDialect, ServerFrame } from './dialect.ts';
import { type CheckedEvent, readDateTime, type VscpEvent } from './event.ts';
import type { FilterPair } from './filter.ts';

type Json = Record<string, unknown>;

function filterArgs({ filter, mask }: FilterPair): Json {
  return {
    filter_priority: filter.priority,
    filter_class: filter.class,
    filter_type: filter.type,
    filter_guid: filter.guid,
    mask_priority: mask.priority,
    mask_class: mask.class,
    mask_type: mask.type,
    mask_guid: mask.guid,
  };
}

function formatCommand(command: ClientCommand): string {
  const { word, login, filter, limit } = command;
  const args = {
    ...login,
    ...command.args,
    ...(filter && filterArgs(filter)),
    ...(limit !== undefined && { limit }),
  };
  return JSON.stringify({ type: 'CMD', command: word, args: Object.keys(args).length > 0 ? args : null });
}

function formatEvent(event: CheckedEvent): string {
  return JSON.stringify({
    type: EVENT_WORD,
    event: {
      vscpHead: event.head,
      vscpClass: event.vscpClass,
      vscpType: event.vscpType,
      vscpObId: 0,
      vscpDateTime: event.dateTime,
      vscpTimeStamp: event.timestamp,
      vscpGuid: event.guid,
      vscpData: event.data,
      vscpNote: '',
    },
  });
}

const NANOSECONDS = /^(0x[0-9a-f]+|\d+)$/i;

/** The event object of an EVENT frame, in either of the server's two forms. */
export function parseEventObject(value: unknown): VscpEvent | undefined {
  if (!isObject(value)) return undefined;
  const data = value.vscpData ?? value.data;
  const guidText = value.vscpGuid ?? value.guid;
  const guid = typeof guidText === 'string' ? readGuid(guidText) : undefined;
  const vscpClass = Number(value.vscpClass ?? value.class);
  const vscpType = Number(value.vscpType ?? value.type);
  if (Number.isNaN(vscpClass + vscpType) || guid === undefined) return undefined;
  const event = {
    head: Number(value.vscpHead ?? value.head ?? 0),
    obid: Number(value.vscpObId ?? value.obid ?? 0),
    dateTime: readDateTime(String(value.vscpDateTime ?? value.datetime ?? '')),
    timestamp: Number(value.vscpTimeStamp ?? 0),
    vscpClass,
    vscpType,
    guid,
    data: Uint8Array.from(Array.isArray(data) ? data : [], Number),
    note: String(value.vscpNote ?? value.note ?? ''),
  };
  const ns = String(value.timestamp_ns ?? '');
  return NANOSECONDS.test(ns) ? { ...event, timestampNs: BigInt(ns) } : event;
}

function parseReply(frame: Json): ServerFrame {
  const word = String(frame.command ?? '');
  const args = frame.args;
  if (frame.type === '-') {
    const errorCode = Number(frame.errcode ?? frame['error-code']) || 0;
    return {
      kind: 'reply',
      ok: false,
      word,
      errorCode,
      text: String(frame.errstr ?? frame['error-str'] ?? ''),
    };
  }
  if (Array.isArray(args) && args[0] === GREETING_WORD) return { kind: 'sid', sid: String(args[1] ?? '') };
  return { kind: 'reply', ok: true, word, fields: [], args: isObject(args) ? args : {} };
}

function parse(text: string): ServerFrame {
  let frame: unknown;
  try {
    frame = JSON.parse(text);
  } catch {
    return { kind: 'bad', reason: 'not JSON' };
  }
  if (!isObject(frame)) return { kind: 'bad', reason: 'not an object' };
  if (frame.type === '+' || frame.type === '-') return parseReply(frame);
  const event = frame.type === EVENT_WORD ? parseEventObject(frame.event) : undefined;
  return event ? { kind: 'event', event } : { kind: 'bad', reason: 'frame' };
}

/** The JSON protocol (specification, chapter "VSCP websockets", ws2). */
export const WS2: ClientDialect = {
  name: 'ws2',
  subProtocol: SUB_PROTOCOLS.ws2,
  formatCommand,
  formatEvent,
  parse,
};
