import type { TokenUse } from '../../auth/login.ts';
import { RIGHT_RECEIVE_EVENTS, RIGHT_SEND_EVENTS, RIGHT_SET_FILTER } from '../../auth/rights.ts';
import type { User } from '../../auth/user.ts';
import { NOT_ALLOWED_TO_SEND, TRANSMIT_BUFFER_FULL } from '../../core/protocol.ts';
import { isObject } from '../../core/values.ts';
import type { EventSender } from '../../session/event-intake.ts';
import type { Pieces } from '../../session/own-turn.ts';
import { errorText } from '../../session/protocol-error.ts';
import { type DriverEvent, type Parsed, refused } from '../../vscp/event.ts';
import { eventFromJson } from '../../vscp/event-json.ts';
import { plainEvent } from '../../vscp/plain-event.ts';
import type { RoomContext, RoomRequest } from '../http-rooms.ts';
import { eventStream } from './event-stream.ts';
import { answerLastValues } from './last-values.ts';
import { measurements, nodes } from './measurements.ts';
import { apiProblem, type Problem } from './problems.ts';
import { findFault, type Schema } from './schema.ts';
import {
  EVENT_INPUT,
  EVENTS_INPUT,
  FILTER_QUERY,
  MAX_ITEMS,
  MEASUREMENT_INPUT,
  MEASUREMENTS_INPUT,
  POINTS_QUERY,
} from './schemas.ts';

/** A request that is logged in and conforms to the operation's description. */
export interface ApiCall extends RoomRequest {
  context: RoomContext;
  user: User;
  token: TokenUse | undefined;
  /** The query's parameters, converted to the types of their schemas. */
  query: Readonly<Record<string, unknown>>;
  body: unknown;
  /** The sender, with the number under which events are sent. */
  sender: EventSender;
  /** Headers that every answer carries. */
  headers: Record<string, string>;
}

/** The result of an operation; `taken` = the answer is already under way. */
export type ApiAnswer = { json: unknown } | { pieces: Pieces; type: string } | { problem: Problem } | 'taken';

/** One operation: what describes it, what its requests are checked against, and what runs it. */
export interface ApiOperation {
  method: 'GET' | 'POST';
  /** The path after `url-api`. */
  path: string;
  summary: string;
  query?: Readonly<Record<string, Schema>>;
  /** Schema of the body; the operation checks the items of a list one by one. */
  body?: Schema;
  /** Name of the answer's schema; left out when the answer is a stream. */
  answer?: string;
  /** The answer may be comma-separated, too. */
  csv?: true;
  /** The rights that the user needs (RIGHT_… bits). */
  right?: number;
  adminOnly?: true;
  run(call: ApiCall): ApiAnswer | Promise<ApiAnswer>;
}

const LIMIT: Schema = {
  type: 'integer',
  minimum: 1,
  maximum: 10_000,
  description: 'at most this many, the latest ones',
};
const ALL_RIGHTS = 0xffff_ffff;
const LEVEL2_FLOAT_CLASS = 1060;
const HEAD = 0x60;

export function isAdmin({ rights }: User): boolean {
  return rights >>> 0 === ALL_RIGHTS;
}

interface Result {
  accepted: boolean;
  problem?: Problem;
}

function sendOne(
  call: ApiCall,
  item: unknown,
  schema: Schema,
  read: (item: unknown) => Parsed<DriverEvent>,
): Result {
  const fault = findFault(item, schema);
  if (fault !== undefined) {
    return { accepted: false, problem: apiProblem('bad-event', `${fault.at}: ${fault.expected}`, fault.at) };
  }
  const refusal = call.context.sessions.intake.accept(call.sender, read(item));
  if (refusal === undefined) return { accepted: true };
  const text = errorText(refusal.code, refusal.reason);
  if (refusal.code === NOT_ALLOWED_TO_SEND)
    return { accepted: false, problem: apiProblem('forbidden', text) };
  const isFull = refusal.code === TRANSMIT_BUFFER_FULL;
  return { accepted: false, problem: apiProblem(isFull ? 'host-queue-full' : 'bad-event', text) };
}

/** Sends one item, which succeeds or gives a problem, or a list of items, which gives a result for each. */
function send(call: ApiCall, schema: Schema, read: (item: unknown) => Parsed<DriverEvent>): ApiAnswer {
  const { body } = call;
  if (!Array.isArray(body)) {
    const result = sendOne(call, body, schema, read);
    return result.problem === undefined
      ? { json: { accepted: 1, results: [result] } }
      : { problem: result.problem };
  }
  if (body.length < 1 || body.length > MAX_ITEMS) {
    return { problem: apiProblem('bad-request', `1 to ${MAX_ITEMS} items expected`) };
  }
  const results = body.map((item) => sendOne(call, item, schema, read));
  return { json: { accepted: results.filter(({ accepted }) => accepted).length, results } };
}

function measurementEvent(item: unknown): Parsed<DriverEvent> {
  if (!isObject(item)) return refused('an object expected');
  const { type, value, unit = 0, sensorIndex = 0, zone = 0, subzone = 0, guid, datetime } = item;
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleBE(Number(value));
  const data = [sensorIndex, zone, subzone, unit, ...bytes];
  return eventFromJson({ head: HEAD, class: LEVEL2_FLOAT_CLASS, type, guid, datetime, data });
}

function me({ user, context }: ApiCall): ApiAnswer {
  const { extensions } = context.sessions.services;
  const may = (right: number): boolean => (user.rights & right) !== 0;
  return {
    json: {
      user: user.name,
      fullname: user.fullname,
      rights: user.rights,
      admin: isAdmin(user),
      may: {
        send: may(RIGHT_SEND_EVENTS),
        receive: may(RIGHT_RECEIVE_EVENTS),
        setFilter: may(RIGHT_SET_FILTER),
        last: extensions.includes('LAST') && may(RIGHT_RECEIVE_EVENTS),
        history: extensions.includes('HISTORY') && may(RIGHT_RECEIVE_EVENTS),
        status: isAdmin(user),
      },
    },
  };
}

function status({ context }: ApiCall): ApiAnswer {
  const { version, uptimeSeconds, server, host, queuedForClients = 0, problems = [] } = context.stats();
  return {
    json: {
      version,
      uptime: Math.floor(uptimeSeconds),
      sessions: {
        ws1: server.sessionsWs1,
        ws2: server.sessionsWs2,
        rest: server.sessionsRest,
        sse: server.sessionsSse,
        authenticated: server.sessionsAuthenticated,
      },
      queues: { fromHost: host.incoming, toHost: host.outgoing, toClients: queuedForClients },
      drops: server.drops,
      layout: host.layout ?? null,
      problems,
    },
  };
}

/**
 * The one description of the API: requests are checked against it, and the OpenAPI document is made from it.
 */
export const OPERATIONS: readonly ApiOperation[] = [
  {
    method: 'GET',
    path: '/events',
    summary: 'Events as they come, as server-sent events',
    query: FILTER_QUERY,
    right: RIGHT_RECEIVE_EVENTS,
    run: eventStream,
  },
  {
    method: 'POST',
    path: '/events',
    summary: 'Send one event or up to 1000',
    body: EVENTS_INPUT,
    answer: 'Results',
    right: RIGHT_SEND_EVENTS,
    run: (call) => send(call, EVENT_INPUT, eventFromJson),
  },
  {
    method: 'GET',
    path: '/last',
    summary: 'The last event of each class, type, GUID and sensor',
    query: { ...FILTER_QUERY, limit: LIMIT },
    answer: 'Events',
    right: RIGHT_RECEIVE_EVENTS,
    run: (call) =>
      answerLastValues(call, 'events', {
        read: (event) => [plainEvent(event, call.context.settings.eventFormat)],
      }),
  },
  {
    method: 'GET',
    path: '/measurements',
    summary: 'The last measurements, decoded',
    query: { ...FILTER_QUERY, limit: LIMIT },
    answer: 'Measurements',
    right: RIGHT_RECEIVE_EVENTS,
    run: (call) => answerLastValues(call, 'measurements', measurements(Date.now())),
  },
  {
    method: 'POST',
    path: '/measurements',
    summary: 'Send one measurement or up to 1000',
    body: MEASUREMENTS_INPUT,
    answer: 'Results',
    right: RIGHT_SEND_EVENTS,
    run: (call) => send(call, MEASUREMENT_INPUT, measurementEvent),
  },
  {
    method: 'GET',
    path: '/nodes',
    summary: 'The nodes that events have come from',
    query: FILTER_QUERY,
    answer: 'Nodes',
    right: RIGHT_RECEIVE_EVENTS,
    run: (call) => answerLastValues(call, 'nodes', nodes(Date.now())),
  },
  // Loaded with the first such request.
  {
    method: 'GET',
    path: '/series',
    summary: 'The values that are kept for long (enable-history)',
    query: FILTER_QUERY,
    answer: 'SeriesList',
    right: RIGHT_RECEIVE_EVENTS,
    run: async (call) => (await import('./history.ts')).answerSeries(call),
  },
  {
    method: 'GET',
    path: '/points',
    summary: 'Minimum, mean and maximum of some series over time',
    query: POINTS_QUERY,
    answer: 'Points',
    csv: true,
    right: RIGHT_RECEIVE_EVENTS,
    run: async (call) => (await import('./history.ts')).answerPoints(call),
  },
  {
    method: 'GET',
    path: '/me',
    summary: 'Who is logged in, and what a panel may offer',
    answer: 'Me',
    run: me,
  },
  {
    method: 'GET',
    path: '/status',
    summary: 'State of the driver; for users with all rights',
    answer: 'Status',
    adminOnly: true,
    run: status,
  },
];
