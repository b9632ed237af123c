import type { ConfigLogLevel, LoggingSettings } from '../logging/logging-settings.ts';
import type { EventFilter } from '../vscp/filter.ts';

/** One listen address; port 0 asks the system for a free one (tests). */
export interface ListenAddress {
  secure: boolean;
  /** Host name or address without brackets. */
  host: string;
  port: number;
}

export interface TlsSettings {
  /** PEM file with the certificate chain. */
  cert: string;
  /** PEM file with the private key. */
  key: string;
  /** PEM file with the authorities a client certificate must be signed by; unset = one-way TLS. */
  ca?: string;
  /** PEM file with the revocation lists of those authorities. */
  crl?: string;
}

export type { ConfigLogLevel, LoggingSettings };

/** The driver's configuration after validation: defaults filled in, paths absolute, texts parsed. */
export interface Settings {
  debug: boolean;
  interfaces: ListenAddress[];
  enableWs1: boolean;
  enableWs2: boolean;
  enableRest: boolean;
  enableStatic: boolean;
  /** With leading slash, without trailing one. */
  urlWs1: string;
  urlWs2: string;
  urlRest: string;
  webRoot?: string;
  keyFile?: string;
  pathUsers: string;
  /** 0 = unlimited. */
  maxClients: number;
  /** Events a closed or slow session holds. */
  maxClientQueueSize: number;
  /** Events waiting for the host (VSCPRead). */
  maxOutgoingQueueSize: number;
  /** Events of the host (VSCPWrite) waiting for the driver. */
  maxIncomingQueueSize: number;
  /** What passes from clients to the host. */
  rxFilter: EventFilter;
  tls?: TlsSettings;
  logging: LoggingSettings;
  authTimeoutMs: number;
  maxAuthFailures: number;
  authIv: 'spec' | 'sid' | 'any';
  eventFormat: 'classic' | 'ns';
  eventLayout: 'auto' | 'classic' | '2026';
  eventData: 'host' | 'driver';
  /** Bytes of one message from a client. */
  maxMessageSize: number;
  pingIntervalMs: number;
  /** A client that takes nothing for so long while events wait for it is closed. */
  slowClientTimeoutMs: number;
  /** Origins an upgrade may name beside the driver's own pages; `['*']` = any. */
  allowedOrigins: string[];
  /** Names of this machine beside those it knows itself; `['*']` = every name is taken for one. */
  serverNames: string[];
  /** Addresses (with optional /bits) whose X-Forwarded-For counts. */
  trustedProxies: string[];
  enableMetrics: boolean;
  /** Where metrics are served instead of on all interfaces. */
  metricsInterface?: ListenAddress;
  /** An interface that is not to be had yet is tried again after this time; 0 = the driver does not open. */
  bindRetryMs: number;
  /** Megabytes of the JavaScript heap. */
  maxHeapMb: number;
  /** Entries of the last-value store behind the ws2 command LAST; 0 = off. */
  lastValues: number;
  /** Entries of the event history behind the ws2 command HISTORY; 0 = off. */
  historySize: number;
}
