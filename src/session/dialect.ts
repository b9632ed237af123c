import type { Protocol } from '../core/protocol.ts';
import type { EventWriter } from '../delivery/event-frames.ts';
import type { DriverEvent, Parsed } from '../vscp/event.ts';
import type { FilterMask } from '../vscp/filter.ts';
import type { Pieces } from './own-turn.ts';
import type { ErrorCode } from './protocol-error.ts';

export type JsonValue = string | number | boolean | null | JsonValue[] | { [key: string]: JsonValue };

/** The arguments of a command, whatever text form they came in; nothing here throws. */
export interface CommandArgs {
  /** A text argument: by position in ws1 (0 = first after the command word), by name in ws2. */
  text(position: number, name: string): string | undefined;
  /** ws2: an argument as it was given; undefined in ws1. */
  value(name: string): unknown;
  /** The filter and mask that the arguments as a whole stand for. */
  filter(): Parsed<FilterMask>;
  /** Whether the arguments name a filter or mask at all. */
  readonly filterGiven: boolean;
}

/** What a client's message means. */
export type Request =
  | {
      kind: 'command';
      /** The command word in upper case, for looking the command up. */
      word: string;
      /** The command word as replies must repeat it. */
      spelling: string;
      args: CommandArgs;
    }
  /** The event is parsed on request, so that events that are not let through cost nothing. */
  | { kind: 'event'; parse: () => Parsed<DriverEvent> }
  /** Not a request of the protocol; `command` is what the refusal names. */
  | { kind: 'refused'; code: ErrorCode; command?: string };

/** How the connection is closed after the reply. */
export interface Closing {
  code: number;
  reason: string;
}

/** A positive answer for both text forms, so that a command is one entry in the command table. */
export interface PositiveReply {
  ok: true;
  /** ws1: the word after `+;` when it is not the command's usual one. */
  word?: string;
  /** ws1: fields after the word. */
  fields?: readonly string[];
  /** ws2: value of `args`. */
  args?: JsonValue;
  /** ws2: what the reply contains in addition to `args`. */
  beside?: { readonly [key: string]: JsonValue };
  /** A long value of `args` in place of `args`: its JSON text, made while it is written. */
  pieces?: Pieces;
  close?: Closing;
}

export interface NegativeReply {
  ok: false;
  code: ErrorCode;
  /** Follows the code's own text: which field, and what was expected. */
  detail?: string;
  close?: Closing;
}

export type Reply = PositiveReply | NegativeReply;

/** The text form of one protocol: ws1 and ws2 differ in nothing else. */
export interface Dialect {
  readonly protocol: Protocol;
  /** The first frame of a connection. */
  greeting(sidText: string): string;
  /** @param text a message without white space around it, not empty */
  parse(text: string): Request;
  /** Refusal of a message that is not text at all. */
  readonly notText: string;
  /**
   * @param spelling the command word as the request gave it
   * @param replyWord the word that ws1 replies with, whichever alias was sent
   */
  formatReply(reply: Reply, spelling: string, replyWord: string): string;
  /** The texts before and after the pieces of a long reply. */
  aroundLongReply(spelling: string, replyWord: string): readonly [before: string, after: string];
  /** Refusal of a message that is neither a command nor an event. */
  formatRefusal(code: ErrorCode, command: string | undefined): string;
  /** Reply to an accepted event. */
  readonly eventAccepted: string;
  /** @param detail follows the code's own text: which field, and what was expected */
  formatEventRefusal(code: ErrorCode, detail?: string): string;
  /** Writes an event as it is sent to clients. */
  readonly writeEvent: EventWriter;
  /** The most bytes that `writeEvent` may need for one event. */
  readonly maxEventBytes: number;
}
