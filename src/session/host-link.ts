import type { GroupSender } from '../delivery/group-sender.ts';
import type { DriverEvent } from '../vscp/event.ts';

/** Consumer of events that the host wrote. */
export interface HostLinkReader {
  /**
   * Takes the next events of the host, oldest first, at most a few thousand per call. The array belongs to
   * the link and is valid only during the call; the events in it may be kept.
   */
  onEvents(events: readonly DriverEvent[]): void;
  /**
   * Takes events that the host kept, of which the server may know some. Once it has started, those that differ
   * from the last values are news.
   */
  onKept(events: readonly DriverEvent[]): void;
  /** So many events of other servers, that were meant for this one as well, never came. */
  onLost(events: number): void;
  /** The host asked for the end (VSCPClose): finish within the grace period, then call `closed()`. */
  onClose(): void;
}

/**
 * The only connection between the server and its host: the shim's rings inside a daemon, a broker's topics in
 * `serve`, an in-process queue in unit tests. Everything above this interface runs under plain Node.
 */
export interface HostLink {
  /** The most data bytes that an event for this host may have, as far as the host is known. */
  readonly maxDataOfHost: number;
  /** Sends to many sockets at once; only a host with native code provides it. */
  readonly groupSender?: GroupSender | undefined;
  /** Bytes that survive when the runtime dies and is started again; zero at first. */
  readonly keptMemory?: Uint8Array | undefined;
  /** Number of this server among those that share the host's events, 16 bits; undefined where it is alone. */
  readonly nodeNumber?: number | undefined;
  /**
   * Hands over what the host kept, before anybody can ask for it; only a host that keeps events provides it.
   * Called once, before `start`.
   */
  fill?(reader: HostLinkReader): Promise<void>;
  /** Begins delivery to `reader`. Called once. */
  start(reader: HostLinkReader): void;
  /**
   * Hands an event over to the host (what VSCPRead returns next).
   * @returns false when the queue towards the host is full; then nothing was taken
   */
  send(event: DriverEvent): boolean;
  /**
   * Holds delivery back while true: events stay in the link's bounded queue and, once that is full, the
   * host's VSCPWrite waits. Used for pacing when the fastest clients are behind.
   */
  setPaused(paused: boolean): void;
  /** Tells the host that the server listens (VSCPOpen returns). */
  opened(): void;
  /** Tells the host that opening failed and why (VSCPOpen returns 0). */
  failed(reason: string): void;
  /** Tells the host that the server has closed everything (VSCPClose returns). */
  closed(): void;
  /** Queue fill and counters for health and metrics. */
  stats(): HostLinkStats;
}

export interface HostLinkStats {
  /** Events waiting from host to driver, and that queue's capacity. */
  incoming: number;
  incomingCapacity: number;
  /** Events waiting from driver to host, and that queue's capacity. */
  outgoing: number;
  outgoingCapacity: number;
  /** Writes of the host that timed out because the incoming queue was full. */
  hostWriteTimeouts: number;
  /**
   * Memory layout of the host's events; undefined while it is not certain, and where there is no native host.
   */
  layout?: 'classic' | '2026' | undefined;
  /** The host cannot be reached: clients stay, and new ones are better off elsewhere. */
  isAway?: boolean;
  /** What else the link counts. */
  metrics?: readonly LinkMetric[];
}

export interface LinkMetric {
  name: string;
  type: 'gauge' | 'counter';
  help: string;
  value: number;
}
