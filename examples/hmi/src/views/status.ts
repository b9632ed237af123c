import { isObject } from '../saved/merge-patch.ts';

/** What the command STATUS of the driver tells. */
export interface Status {
  version: string;
  /** Version of the runtime, as `v18.20.4`. */
  runtime: string;
  /** Seconds since the driver was opened. */
  uptime: number;
  host: {
    layout: string | undefined;
    incoming: number;
    incomingCapacity: number;
    outgoing: number;
    outgoingCapacity: number;
  };
  listeners: { address: string; port: number; secure: boolean }[];
  sessions: {
    user: string | undefined;
    address: string;
    protocol: string;
    seconds: number;
    queued: number;
  }[];
  /** Of all, also of those that are not listed. */
  sessionCount: number;
  /** Lost events by reason. */
  drops: Record<string, number>;
  /** Lines of the log, the latest last. */
  problems: string[];
}

const text = (value: unknown) => (typeof value === 'string' ? value : '');
const number = (value: unknown) => (typeof value === 'number' ? value : 0);
const objects = (value: unknown) => (Array.isArray(value) ? value.filter(isObject) : []);

/** Reads what is there; another version of the driver may tell less, or more. */
export function readStatus(reply: Record<string, unknown>): Status {
  const host = isObject(reply.host) ? reply.host : {};
  return {
    version: text(reply.version),
    runtime: text(reply.runtime),
    uptime: number(reply.uptime),
    host: {
      layout: text(host.layout) || undefined,
      incoming: number(host.incoming),
      incomingCapacity: number(host.incomingCapacity),
      outgoing: number(host.outgoing),
      outgoingCapacity: number(host.outgoingCapacity),
    },
    listeners: objects(reply.listeners).map(({ address, port, secure }) => ({
      address: text(address),
      port: number(port),
      secure: secure === true,
    })),
    sessions: objects(reply.sessions).map(({ user, address, protocol, seconds, queued }) => ({
      user: text(user) || undefined,
      address: text(address),
      protocol: text(protocol),
      seconds: number(seconds),
      queued: number(queued),
    })),
    sessionCount: number(reply.sessionCount),
    drops: Object.fromEntries(
      Object.entries(isObject(reply.drops) ? reply.drops : {}).map(([reason, count]) => [
        reason,
        number(count),
      ]),
    ),
    problems: (Array.isArray(reply.problems) ? reply.problems : []).map(text),
  };
}
