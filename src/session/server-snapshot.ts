import type { HostLinkStats } from './host-link.ts';
import type { ServerStats } from './stats.ts';

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
