import type { HostLinkStats } from './host-link.ts';

/** Why an event did not reach somebody it was meant for. */
export type DropReason =
  | 'client-queue-full'
  | 'rx-filter'
  | 'host-echo'
  | 'host-queue-full'
  | 'session-closed';

/** Type, name and meaning of a metric. */
export type CounterMetric = readonly ['gauge' | 'counter', string, string];

/**
 * Counters that are a metric each: type, name and meaning. An entry here makes both the counter and the
 * metric; all that remains is to count.
 */
export const METRIC_COUNTERS = {
  sessionsAuthenticated: ['gauge', 'sessions_authenticated', 'Clients that are logged in.'],
  sessionsOpen: ['gauge', 'sessions_open', 'Clients with an open event channel.'],
  connectionsTotal: ['counter', 'connections_total', 'Clients accepted.'],
  connectionsRefused: ['counter', 'connections_refused_total', 'Clients refused for want of room.'],
  loginsTotal: ['counter', 'logins_total', 'Successful logins.'],
  loginFailures: ['counter', 'login_failures_total', 'Failed logins.'],
  slowClientsClosed: ['counter', 'slow_clients_closed_total', 'Clients closed as too slow.'],
} as const satisfies Record<string, CounterMetric>;

type MetricCounters = Record<keyof typeof METRIC_COUNTERS, number>;

/** Counters of the running server since it was opened; one object, updated in place. */
export interface ServerStats extends MetricCounters {
  /** Connections now. */
  sessionsWs1: number;
  sessionsWs2: number;
  sessionsRest: number;
  sessionsSse: number;
  eventsFromHost: number;
  eventsToHost: number;
  eventsFromClients: number;
  /** Event frames put on their way to clients (an event to ten clients counts ten). */
  eventsToClients: number;
  drops: Record<DropReason, number>;
}

/** The counter of the sessions of each protocol. */
export const SESSION_COUNTERS = {
  ws1: 'sessionsWs1',
  ws2: 'sessionsWs2',
  rest: 'sessionsRest',
  sse: 'sessionsSse',
} as const;

/** Sessions of all protocols together. */
export function allSessions(stats: Readonly<ServerStats>): number {
  return Object.values(SESSION_COUNTERS).reduce((sum, counter) => sum + stats[counter], 0);
}

export function createServerStats(): ServerStats {
  const counters = Object.fromEntries(Object.keys(METRIC_COUNTERS).map((name) => [name, 0]));
  return {
    ...(counters as MetricCounters),
    sessionsWs1: 0,
    sessionsWs2: 0,
    sessionsRest: 0,
    sessionsSse: 0,
    eventsFromHost: 0,
    eventsToHost: 0,
    eventsFromClients: 0,
    eventsToClients: 0,
    drops: {
      'client-queue-full': 0,
      'rx-filter': 0,
      'host-echo': 0,
      'host-queue-full': 0,
      'session-closed': 0,
    },
  };
}

/** What health and metrics report of the server, taken at one moment. */
export interface ServerSnapshot {
  /** Version of the driver. */
  version: string;
  /** Since the server was opened. */
  uptimeSeconds: number;
  server: Readonly<ServerStats>;
  host: Readonly<HostLinkStats>;
  /** Events that wait in all sessions' queues together; left out when nobody counts them. */
  queuedForClients?: number;
  /** The latest warnings and errors of the log; left out when nobody keeps them. */
  problems?: readonly string[];
  /** Log lines that could not be written, by destination; left out when nobody counts them. */
  lostLogLines?: Readonly<Record<string, number>>;
}
