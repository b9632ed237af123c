import { formatGuid } from '../../core/guid.ts';
import { NOT_ALLOWED, NOT_ALLOWED_TO_SEND, TRANSMIT_BUFFER_FULL } from '../../core/protocol.ts';
import { frameEnd, payloadStart } from '../../delivery/frame.ts';
import { findCommand, refusalOf } from '../../session/commands.ts';
import type { CommandArgs, Reply } from '../../session/dialect.ts';
import type { HttpSessions } from '../../session/http-client.ts';
import { type EventRefusal, errorText } from '../../session/protocol-error.ts';
import type { Session } from '../../session/session.ts';
import { type DriverEvent, type Parsed, refused } from '../../vscp/event.ts';
import { parseEventText } from '../../vscp/event-text.ts';
import { isNanosecondEvent } from '../../vscp/event-time.ts';
import { parseFilterPair } from '../../vscp/filter-text.ts';
import { parseUint } from '../../vscp/number-text.ts';
import { DONE, failure, type Outcome, type RestEvent } from './answers.ts';
import { measurementEvent } from './measurement.ts';
import type { Parameters } from './parameters.ts';

const MAX_EVENTS = 1000;
const MAX_EVENT_BYTES = 1024 * 1024;
const MAX_COUNT = 0xffff_ffff;
/** `E;` in front of ws1's text of an event. */
const EVENT_MARK = 2;

/** An operation within a session. */
export interface Operation {
  /** The name in lower case; `op` may also be the number. */
  word: string;
  number?: number;
  run(session: Session, parameters: Parameters, sessions: HttpSessions): Outcome;
}

/** Arguments of SETFILTER. */
class FilterArgs implements CommandArgs {
  readonly filterGiven = true;
  readonly #parsed: ReturnType<typeof parseFilterPair>;

  constructor(parameters: Parameters) {
    const [filter, mask] = [parameters.get('vscpfilter'), parameters.get('vscpmask')];
    this.#parsed =
      filter === undefined || mask === undefined
        ? refused('vscpfilter and vscpmask expected')
        : parseFilterPair(filter, mask);
  }

  text(): undefined {
    return undefined;
  }

  value(): undefined {
    return undefined;
  }

  filter() {
    return this.#parsed;
  }
}

const NO_ARGS: CommandArgs = {
  filterGiven: false,
  text: () => undefined,
  value: () => undefined,
  filter: () => refused('no filter'),
};

/** Runs a command of the websocket protocols; those used here answer at once. */
function runCommand(word: string, session: Session, args: CommandArgs, sessions: HttpSessions): Outcome {
  const command = findCommand(word, 'ws1', sessions.services.extensions);
  const reply = refusalOf(session, command) ?? command?.run(session, args, sessions.services);
  if (reply === undefined || reply instanceof Promise) return failure(-1, `${word} cannot be run`);
  return outcomeOf(reply);
}

function outcomeOf(reply: Reply): Outcome {
  if (reply.ok) return DONE;
  return failure(reply.code === NOT_ALLOWED ? -1 : -5, errorText(reply.code));
}

/** What became of an event that a client handed in. */
function send(session: Session, event: Parsed<DriverEvent>, sessions: HttpSessions): Outcome {
  const refusal = sessions.intake.accept(session, event);
  return refusal === undefined ? DONE : refusalOutcome(refusal);
}

function refusalOutcome({ code, reason }: EventRefusal): Outcome {
  const description = errorText(code, reason);
  if (code === NOT_ALLOWED_TO_SEND) return failure(-1, description);
  return failure(code === TRANSMIT_BUFFER_FULL ? -10 : -5, description);
}

function sendEvent(session: Session, parameters: Parameters, sessions: HttpSessions): Outcome {
  const given = parameters.get('vscpevent')?.trim();
  if (given === undefined) return failure(-5, 'vscpevent: an event expected');
  const text = /^"([^"]*)"$/.exec(given)?.[1] ?? given;
  return send(session, parseEventText(text.trim()), sessions);
}

function readEvents(session: Session, parameters: Parameters): Outcome {
  const requested = parseUint(parameters.get('count') ?? '1', MAX_COUNT);
  if (requested < 1) return failure(-5, 'count: a number from 1 on expected');
  const { backlog } = session.outbox;
  const available = backlog.events;
  if (available === 0) return failure(-6, 'No event waits.');
  const chunks: Buffer[] = [];
  backlog.take(MAX_EVENT_BYTES, chunks, Math.min(requested, MAX_EVENTS));
  session.takenFromBacklog();
  return { kind: 'events', requested, available, events: chunks.flatMap(eventsIn) };
}

/** The events in ws1 frames that lie back to back. */
function eventsIn(frames: Buffer): RestEvent[] {
  const events: RestEvent[] = [];
  for (let at = 0; at < frames.length; at = frameEnd(frames, at)) {
    events.push(
      restEvent(frames.toString('latin1', payloadStart(frames, at) + EVENT_MARK, frameEnd(frames, at))),
    );
  }
  return events;
}

function restEvent(text: string): RestEvent {
  const [, , , , datetime = '', timestamp = ''] = text.split(',', 6);
  const parsed = parseEventText(text);
  // The driver itself wrote the text, so this cannot happen.
  if (!parsed.ok) throw new Error(`an event of the queue cannot be read: ${parsed.reason}`);
  const { head, vscpClass, vscpType, obid, guid, data, timestampNs } = parsed.value;
  return {
    ...{ text, head, vscpClass, vscpType, obid, datetime, timestamp },
    ...(isNanosecondEvent(parsed.value)
      ? { timestampNs: `0x${timestampNs.toString(16).padStart(16, '0')}` }
      : {}),
    guid: formatGuid(guid),
    data: [...data],
  };
}

function setFilter(session: Session, parameters: Parameters, sessions: HttpSessions): Outcome {
  return runCommand('SETFILTER', session, new FilterArgs(parameters), sessions);
}

/** The daemon has had no variables since 2020. */
const noVariables = (): Outcome => failure(-5, 'There are no variables and tables any more.');
/** A server that fetches any address for a visitor would be a security hole. */
const noMdf = (): Outcome => failure(-1, 'This server fetches no files for others.');

export function stateOf(session: Session, isOpen: boolean): Outcome {
  const waiting = session.outbox.backlog.events;
  return { kind: 'state', sessionKey: session.sid.toString('hex'), waiting, isOpen };
}

/** The one table of operations; only `open` is not in it, because it makes the session. */
export const OPERATIONS: readonly Operation[] = [
  { word: 'status', number: 0, run: (session) => stateOf(session, false) },
  {
    word: 'close',
    number: 2,
    run: (session) => {
      session.end(1000, 'closed by the client');
      return DONE;
    },
  },
  { word: 'sendevent', number: 3, run: sendEvent },
  { word: 'readevent', number: 4, run: readEvents },
  { word: 'setfilter', number: 5, run: setFilter },
  {
    word: 'clearqueue',
    number: 6,
    run: (session, _parameters, sessions) => runCommand('CLRQUEUE', session, NO_ARGS, sessions),
  },
  { word: 'readvar', number: 7, run: noVariables },
  { word: 'writevar', number: 8, run: noVariables },
  { word: 'createvar', number: 9, run: noVariables },
  { word: 'deletevar', run: noVariables },
  { word: 'listvar', run: noVariables },
  {
    word: 'measurement',
    number: 10,
    run: (session, parameters, sessions) => send(session, measurementEvent(parameters), sessions),
  },
  { word: 'table', number: 11, run: noVariables },
  { word: 'mdf', number: 12, run: noMdf },
];

export const OPEN = { word: 'open', number: 1 } as const;

/** The operation that `op` names; undefined when there is none. */
export function findOperation(given: string | undefined): Operation | typeof OPEN | undefined {
  const wanted = given?.trim().toLowerCase() ?? OPEN.word;
  return [OPEN, ...OPERATIONS].find(({ word, number }) => word === wanted || String(number) === wanted);
}
