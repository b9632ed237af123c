import { EVENT_WORD, GREETING_WORD, PARSE_ERROR, UNKNOWN_TYPE } from '../core/protocol.ts';
import { isObject } from '../core/values.ts';
import type { CommandArgs, Dialect, Reply, Request } from '../session/dialect.ts';
import { type ErrorCode, errorText } from '../session/protocol-error.ts';
import type { Parsed } from '../vscp/event.ts';
import { EVENT_JSON_MAX, eventFromJson, writeEventJson } from '../vscp/event-json.ts';
import type { FilterMask } from '../vscp/filter.ts';
import { filterFromJson } from '../vscp/filter-text.ts';
import { ownValue } from '../vscp/json-value.ts';

const MAX_ECHOED_WORD = 64;
const COMMAND_TYPES = new Set(['C', 'CMD', 'COMMAND']);
const EVENT_TYPES = new Set(['E', EVENT_WORD]);
/**
 * The C++ client reads `args` of these as a list, even in a refusal, and ends its program when it is not one.
 */
const LIST_COMMANDS = new Set(['WCYD', 'INTERFACES']);

class Ws2Args implements CommandArgs {
  readonly #given: unknown;
  readonly #args: Record<string, unknown>;

  constructor(args: unknown) {
    this.#given = args;
    this.#args = isObject(args) ? args : {};
  }

  get filterGiven(): boolean {
    return Object.keys(this.#args).some((name) => /^(filter|mask)/.test(name));
  }

  text(_position: number, name: string): string | undefined {
    const value = ownValue(this.#args, name);
    if (typeof value === 'string') return value;
    return typeof value === 'number' ? String(value) : undefined;
  }

  value(name: string): unknown {
    return ownValue(this.#args, name);
  }

  filter(): Parsed<FilterMask> {
    return filterFromJson(this.#given);
  }
}

function parseRequest(text: string): Request {
  let message: unknown;
  try {
    message = JSON.parse(text);
  } catch {
    return { kind: 'refused', code: PARSE_ERROR };
  }
  if (!isObject(message)) return { kind: 'refused', code: PARSE_ERROR };
  const type = ownValue(message, 'type');
  const kind = typeof type === 'string' ? type.trim().toUpperCase() : '';
  if (EVENT_TYPES.has(kind)) {
    const event = ownValue(message, 'event');
    return { kind: 'event', parse: () => eventFromJson(event) };
  }
  const command = ownValue(message, 'command', 'coommand');
  const spelling = typeof command === 'string' ? command.trim().slice(0, MAX_ECHOED_WORD).toUpperCase() : '';
  if (!COMMAND_TYPES.has(kind)) return { kind: 'refused', code: UNKNOWN_TYPE, command: spelling };
  return { kind: 'command', word: spelling, spelling, args: new Ws2Args(ownValue(message, 'args')) };
}

function formatError(command: string, code: ErrorCode, detail?: string): string {
  const text = errorText(code, detail);
  return JSON.stringify({
    type: '-',
    command,
    errcode: code,
    errstr: text,
    'error-code': code,
    'error-str': text,
    args: LIST_COMMANDS.has(command) ? [] : null,
  });
}

function formatReply(reply: Reply, spelling: string): string {
  if (!reply.ok) return formatError(spelling, reply.code, reply.detail);
  return JSON.stringify({ type: '+', command: spelling, args: reply.args ?? null, ...reply.beside });
}

/** ws2: JSON objects. */
export const ws2Dialect: Dialect = {
  protocol: 'ws2',
  greeting: (sidText) => JSON.stringify({ type: '+', args: [GREETING_WORD, sidText] }),
  parse: parseRequest,
  notText: formatError('', PARSE_ERROR),
  formatReply,
  aroundLongReply: (spelling) => [`{"type":"+","command":${JSON.stringify(spelling)},"args":`, '}'],
  formatRefusal: (code, command) => formatError(command ?? '', code),
  eventAccepted: JSON.stringify({ type: '+', command: EVENT_WORD, args: null }),
  formatEventRefusal: (code, detail) => formatError(EVENT_WORD, code, detail),
  writeEvent: writeEventJson,
  maxEventBytes: EVENT_JSON_MAX,
};
