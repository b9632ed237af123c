import { HEAD_NANOSECONDS } from '../core/event.ts';
import { readGuid } from '../core/guid.ts';
import { GREETING_WORD, LOGGED_IN_WORD, SUB_PROTOCOLS, WORDS } from '../core/protocol.ts';
import type { ClientCommand, ClientDialect, ServerFrame } from './dialect.ts';
import { type CheckedEvent, readDateTime, type VscpEvent } from './event.ts';
import type { FilterPair } from './filter.ts';

function parts(side: FilterPair['filter']): string {
  return `${side.priority},${side.class},${side.type},${side.guid}`;
}

function formatCommand(command: ClientCommand): string {
  const fields = ['C', command.word];
  if (command.login) fields.push(command.login.iv, command.login.crypto);
  if (command.filter) fields.push(parts(command.filter.filter), parts(command.filter.mask));
  return fields.join(';');
}

function formatEvent(event: CheckedEvent): string {
  const { head, vscpClass, vscpType, dateTime, timestamp, guid, data } = event;
  return `E;${[head, vscpClass, vscpType, 0, dateTime, timestamp, guid, ...data].join(',')}`;
}

function parseEvent(text: string): VscpEvent | undefined {
  const fields = text.split(',');
  const [head, vscpClass, vscpType, obid] = fields.slice(0, 4).map(Number);
  const data = Uint8Array.from(fields.slice(7), Number);
  const [dateText = '', stamp = '', guidText = 'none'] = fields.slice(4, 7);
  const guid = readGuid(guidText);
  const dateTime = readDateTime(dateText);
  if (head === undefined || vscpClass === undefined || vscpType === undefined || obid === undefined) return;
  if (guid === undefined || Number.isNaN(head + vscpClass + vscpType + obid) || !/^\d*$/.test(stamp)) return;
  const event = { head, obid, dateTime, timestamp: Number(stamp), vscpClass, vscpType, guid, data };
  if ((head & HEAD_NANOSECONDS) === 0 || dateText !== '') return event;
  return { ...event, timestamp: 0, timestampNs: BigInt(stamp) };
}

function parse(text: string): ServerFrame {
  const [sign, word = '', ...fields] = text.trim().split(';');
  if (sign === 'E') {
    const event = parseEvent(text.trim().slice(2));
    return event ? { kind: 'event', event } : { kind: 'bad', reason: 'event' };
  }
  if (sign === '+') {
    if (word === GREETING_WORD) return { kind: 'sid', sid: fields[0] ?? '' };
    return { kind: 'reply', ok: true, word: word === LOGGED_IN_WORD ? WORDS.login : word, fields, args: {} };
  }
  if (sign !== '-') return { kind: 'bad', reason: 'frame' };
  // The server answers a frame of unknown type without a command word: `-;9;text`.
  const named = !/^\d+$/.test(word);
  const [code = '', ...rest] = named ? fields : [word, ...fields];
  const errorCode = Number(code) || 0;
  return { kind: 'reply', ok: false, word: named ? word : '', errorCode, text: rest.join(';') };
}

/** The text protocol (specification, chapter "VSCP websockets", ws1). */
export const WS1: ClientDialect = {
  name: 'ws1',
  subProtocol: SUB_PROTOCOLS.ws1,
  formatCommand,
  formatEvent,
  parse,
};
