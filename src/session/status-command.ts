import { NOT_ALLOWED } from '../core/protocol.ts';
import type { ServerState } from './commands.ts';
import type { JsonValue, Reply } from './dialect.ts';
import type { Session } from './session.ts';

/** More are only counted: the answer has to stay small enough for one message. */
const MAX_SESSIONS = 200;

/** STATUS: what the driver is doing; nothing of it can be changed. */
export function status(state: ServerState | undefined): Reply {
  if (state === undefined) return { ok: false, code: NOT_ALLOWED };
  const {
    version,
    uptimeSeconds,
    server,
    host,
    queuedForClients = 0,
    problems = [],
    lostLogLines,
  } = state.snapshot();
  const { drops, ...counters } = server;
  const sessions: JsonValue[] = [];
  let count = 0;
  for (const session of state.sessions()) {
    count += 1;
    if (count <= MAX_SESSIONS) sessions.push(describe(session, state.nowMs()));
  }
  return {
    ok: true,
    args: {
      version,
      runtime: process.version,
      uptime: Math.floor(uptimeSeconds),
      host: {
        layout: host.layout ?? null,
        incoming: host.incoming,
        incomingCapacity: host.incomingCapacity,
        outgoing: host.outgoing,
        outgoingCapacity: host.outgoingCapacity,
        writeTimeouts: host.hostWriteTimeouts,
      },
      listeners: state.listeners().map(({ address, port, secure }) => ({ address, port, secure })),
      sessions,
      sessionCount: count,
      queuedForClients,
      counters: { ...counters },
      drops: { ...drops },
      problems: [...problems],
      lostLogLines: { ...lostLogLines },
    },
  };
}

/** Seconds are since the connection was made; `queued` events wait for the client. */
function describe(session: Session, nowMs: number): { [key: string]: JsonValue } {
  const { number, protocol, remoteAddress, user, token, connectedAtMs, outbox } = session;
  return {
    session: number,
    user: user?.name ?? null,
    isByToken: token !== undefined,
    protocol,
    address: remoteAddress,
    seconds: Math.max(0, Math.floor((nowMs - connectedAtMs) / 1000)),
    isOpen: outbox.flowing,
    queued: outbox.backlog.events,
  };
}
