import { EVENT_WORD, GREETING_WORD, PARSE_ERROR, UNKNOWN_TYPE } from '../core/protocol.ts';
import type { CommandArgs, Dialect, Reply, Request } from '../session/dialect.ts';
import { type ErrorCode, errorText } from '../session/protocol-error.ts';
import type { DriverEvent, EventFormat, Parsed } from '../vscp/event.ts';
import { EVENT_TEXT_MAX, parseEventText, writeEventText } from '../vscp/event-text.ts';
import type { FilterMask } from '../vscp/filter.ts';
import { parseFilterPair } from '../vscp/filter-text.ts';

const MAX_ECHOED_WORD = 64;
const UPPER_C = 0x43;
const UPPER_E = 0x45;
const SEMICOLON = 0x3b;

class Ws1Args implements CommandArgs {
  readonly #fields: readonly string[];

  constructor(fields: readonly string[]) {
    this.#fields = fields;
  }

  get filterGiven(): boolean {
    return this.#fields.length > 0;
  }

  text(position: number): string | undefined {
    return this.#fields[position];
  }

  value(): undefined {
    return undefined;
  }

  filter(): Parsed<FilterMask> {
    const [filterText, maskText] = this.#fields;
    if (filterText === undefined || maskText === undefined)
      return { ok: false, reason: 'filter;mask expected' };
    return parseFilterPair(filterText, maskText);
  }
}

/**
 * Kind of message: code of the letter before the first semicolon, in upper case; 0 when it is not one
 * character.
 */
function kindOf(text: string): number {
  const semicolon = text.indexOf(';');
  const head = semicolon < 0 ? text : text.slice(0, semicolon).trim();
  return head.length === 1 ? head.charCodeAt(0) & ~0x20 : 0;
}

function parseRequest(text: string): Request {
  // Almost every message is an event that begins exactly like this.
  if (text.charCodeAt(0) === UPPER_E && text.charCodeAt(1) === SEMICOLON) {
    return { kind: 'event', parse: () => parseEventText(text, 2) };
  }
  const kind = kindOf(text);
  if (kind !== UPPER_C && kind !== UPPER_E) return { kind: 'refused', code: UNKNOWN_TYPE };
  const semicolon = text.indexOf(';');
  const body = semicolon < 0 ? '' : text.slice(semicolon + 1);
  if (kind === UPPER_E) return { kind: 'event', parse: () => parseEventText(body) };
  const fields = body.split(';', 16).map((field) => field.trim());
  const spelling = (fields.shift() ?? '').slice(0, MAX_ECHOED_WORD);
  return { kind: 'command', word: spelling.toUpperCase(), spelling, args: new Ws1Args(fields) };
}

function formatError(prefix: string, code: ErrorCode, detail?: string): string {
  return `-;${prefix}${code};${errorText(code, detail)}`;
}

/**
 * Makes a text fit for a field: semicolons separate fields, so texts from users.json must not contain any.
 */
function fieldText(field: string): string {
  return field.replace(/[;\p{Cc}]/gu, ' ');
}

function formatReply(reply: Reply, _spelling: string, replyWord: string): string {
  if (!reply.ok) return formatError(`${fieldText(replyWord)};`, reply.code, reply.detail);
  const word = reply.word ?? replyWord;
  const fields = reply.fields ?? [];
  return fields.length === 0 ? `+;${word}` : `+;${word};${fields.map(fieldText).join(';')}`;
}

function writeEventFrame(event: DriverEvent, target: Buffer, at: number, format: EventFormat): number {
  target[at] = UPPER_E;
  target[at + 1] = SEMICOLON;
  return writeEventText(event, target, at + 2, format);
}

/** ws1: fields of text separated by semicolons. */
export const ws1Dialect: Dialect = {
  protocol: 'ws1',
  greeting: (sidText) => `+;${GREETING_WORD};${sidText}`,
  parse: parseRequest,
  notText: formatError('', PARSE_ERROR),
  formatReply,
  aroundLongReply: (_spelling, replyWord) => [`+;${replyWord};`, ''],
  formatRefusal: (code) => formatError('', code),
  eventAccepted: `+;${EVENT_WORD}`,
  formatEventRefusal: (code, detail) => formatError(`${EVENT_WORD};`, code, detail),
  writeEvent: writeEventFrame,
  maxEventBytes: EVENT_TEXT_MAX + 2,
};
