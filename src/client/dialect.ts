import type { Protocol } from '../core/protocol.ts';
import type { CheckedEvent, VscpEvent } from './event.ts';
import type { FilterPair } from './filter.ts';

/** A command, independent of the text form of either protocol. */
export interface ClientCommand {
  /** Short word in upper case, as positive replies carry it. */
  word: string;
  login?: { iv: string; crypto: string };
  filter?: FilterPair;
  limit?: number;
  /** ws2: further arguments. */
  args?: Record<string, unknown>;
}

/** One frame from the server. */
export type ServerFrame =
  | { kind: 'sid'; sid: string }
  | { kind: 'event'; event: VscpEvent }
  | { kind: 'reply'; ok: true; word: string; fields: string[]; args: Record<string, unknown> }
  | { kind: 'reply'; ok: false; word: string; errorCode: number; text: string }
  | { kind: 'bad'; reason: string };

export type ServerReply = Extract<ServerFrame, { kind: 'reply'; ok: true }>;

/** The text form of one protocol; parsing never throws. */
export interface ClientDialect {
  readonly name: Protocol;
  readonly subProtocol: string;
  formatCommand(command: ClientCommand): string;
  formatEvent(event: CheckedEvent): string;
  parse(text: string): ServerFrame;
}
