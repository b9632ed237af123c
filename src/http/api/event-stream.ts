import { EventReader } from './event-reader.ts';
import { wantedFilter } from './filter-query.ts';
import type { ApiAnswer, ApiCall } from './operations.ts';
import { apiProblem } from './problems.ts';

/** An event's id, `<run>.<number>`. */
const EVENT_ID = /^([0-9a-z]{1,16})\.(\d{1,15})$/;

/** Turns a request into a reader of events; it first gets those that it missed since its `Last-Event-ID`. */
export function eventStream(call: ApiCall): ApiAnswer {
  const { request, response, user, token, remoteAddress, context, query, headers } = call;
  const wanted = wantedFilter(query);
  if (!wanted.ok) return { problem: apiProblem('bad-request', wanted.reason) };
  if (request.method === 'HEAD') {
    response.writeHead(200, { ...headers, 'Content-Type': 'text/event-stream; charset=utf-8' }).end();
    return 'taken';
  }
  const { sessions } = context;
  const reader = new EventReader(response, request.socket, sessions);
  const session = sessions.join({
    protocol: 'sse',
    ...{ user, token, remoteAddress, channel: reader.channel, socket: reader.socket },
    narrowing: wanted.value,
  });
  if (session === undefined)
    return { problem: apiProblem('full', 'No place is left, or the driver closes.') };
  context.released(request.socket);
  reader.begin(session, headers);
  const [, run, number] = EVENT_ID.exec(String(request.headers['last-event-id'] ?? '')) ?? [];
  if (number !== undefined) {
    // Numbers of another run mean nothing in this one: then every remembered event is new to the reader.
    const after = run === sessions.services.archive.run ? Number(number) : 0;
    sessions.replay(session, after, (missed) => reader.missed(missed));
  }
  return 'taken';
}
