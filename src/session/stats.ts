import type { HostLinkStats } from './host-link.ts';

/** Why an event did not reach somebody it was meant for. */
export type DropReason =
  | 'client-queue-full'
  | 'rx-filter'
  | 'host-echo'
  | 'host-queue-full'
  | 'session-closed';

/** Counters of the running server since it was opened; one object, updated in place. */
export interface ServerStats {
  /** Connections now. */
  sessionsWs1: number;
  sessionsWs2: number;
  sessionsRest: number;
  sessionsSse: number;
  /** Of these: logged in; and with the event channel open. */
  sessionsAuthenticated: number;
  sessionsOpen: number;
  /** Connections accepted and refused (no room) since open. */
  connectionsTotal: number;
  connectionsRefused: number;
  eventsFromHost: number;
  eventsToHost: number;
  eventsFromClients: number;
  /** Event frames put on their way to clients (an event to ten clients counts ten). */
  eventsToClients: number;
  drops: Record<DropReason, number>;
  loginsTotal: number;
  loginFailures: number;
  slowClientsClosed: number;
}

/** Which counter sessions of a protocol are in. */
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
  return {
    sessionsWs1: 0,
    sessionsWs2: 0,
    sessionsRest: 0,
    sessionsSse: 0,
    sessionsAuthenticated: 0,
    sessionsOpen: 0,
    connectionsTotal: 0,
    connectionsRefused: 0,
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
    loginsTotal: 0,
    loginFailures: 0,
    slowClientsClosed: 0,
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
  /** Events waiting in all sessions' queues together; left out when nobody counts them. */
  queuedForClients?: number;
  /** Log lines that reached nobody, by destination; left out when nobody counts them. */
  lostLogLines?: Readonly<Record<string, number>>;
}
