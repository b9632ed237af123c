import type { RawValue } from './document.ts';
import type { KeyType } from './key-types.ts';
import {
  choice,
  endpoint,
  eventFilter,
  flag,
  isAddressOrNet,
  isServerName,
  level,
  list,
  listenAddress,
  listenAddresses,
  path,
  seconds,
  text,
  whole,
  wholeOrAuto,
} from './key-types.ts';
import { MQTT_KEYS } from './mqtt-keys.ts';
import { isOriginEntry } from './origin-entry.ts';

/** Everything about one key of the configuration. */
export interface ConfigKey<T = unknown> {
  /** Name in the file; `group.member` stands within a group. */
  key: string;
  type: KeyType<T>;
  /** The default as written in the file; if it depends on other keys, a function of their valid values. */
  default?: RawValue | ((given: (key: string) => RawValue | undefined) => RawValue);
  /** Column "default" of the documentation, if the default itself does not say enough. */
  defaultText?: string;
  /** What `check` prints if the key is left out; without this text it prints nothing. */
  unsetText?: string;
  /** The key must be given. */
  needed?: true;
  /** Column "meaning", Markdown. */
  meaning: string;
  /**
   * Other names of the key: those of the C++ driver, and (`ssl-…`) root attributes of older level II drivers.
   */
  aliases?: string[];
}

const LOG_PATTERN = '%Y-%m-%d %H:%M:%S.%e [%l] [%n] %v';
const LOG_PATH = '/var/log/vscp/vscpl2drv-websocksrv.log';

/**
 * The only description of the configuration: each key is one entry here, under the name of its setting. The
 * reader, the defaults, the type `Settings`, the words of messages, the output of `check`, the
 * documentation's table and the schema for editors are all made from it. The order is that of the
 * documentation.
 */
export const CONFIG_KEYS = {
  debug: {
    key: 'debug',
    type: flag(),
    default: false,
    meaning: 'Log every frame (credentials left out).',
    aliases: ['enable-debug'],
  },
  interfaces: {
    key: 'interface',
    type: listenAddresses(),
    default: 'ws://localhost:8884',
    meaning:
      'Where to listen. `wss://` = TLS; scheme (`ws`) and port (8884) may be left out; IPv6 in brackets: `ws://[::1]:9000`. A list opens several listeners. A port alone means localhost, `:8884` all IPv4 addresses.',
  },
  enableWs1: { key: 'enable-ws1', type: flag(), default: true, meaning: 'Serve the ws1 protocol.' },
  enableWs2: { key: 'enable-ws2', type: flag(), default: true, meaning: 'Serve the ws2 protocol.' },
  enableRest: {
    key: 'enable-rest',
    type: flag(),
    default: true,
    meaning: 'Serve the legacy VSCP REST interface.',
  },
  enableApi: {
    key: 'enable-api',
    type: flag(),
    default: true,
    meaning: 'Serve the [JSON API](http-api.md).',
  },
  enableStatic: {
    key: 'enable-static',
    type: flag(),
    default: false,
    meaning: 'Serve the files under `web-root`.',
  },
  urlWs1: {
    key: 'url-ws1',
    type: endpoint(),
    default: '/ws1',
    meaning: 'Path of the ws1 endpoint; a leading `/` is added when missing.',
  },
  urlWs2: {
    key: 'url-ws2',
    type: endpoint(),
    default: '/ws2',
    meaning: 'Path of the ws2 endpoint; a leading `/` is added when missing.',
  },
  urlRest: {
    key: 'url-rest',
    type: endpoint(),
    default: '/rest',
    meaning: 'Path of the legacy REST interface; while it is `/rest`, `/vscp/rest` works as well.',
  },
  urlApi: {
    key: 'url-api',
    type: endpoint(),
    default: '/api/v1',
    meaning: 'Path of the [JSON API](http-api.md).',
  },
  webRoot: {
    key: 'web-root',
    type: path('folder', 'path of a folder'),
    meaning: 'Static web files. Needed for `enable-static`.',
  },
  keyFile: {
    key: 'key-file',
    type: path('file', 'path of a file with at least 32 hex digits'),
    unsetText: 'none: the well-known default key',
    meaning:
      'The vscp key that encrypts logins. Without one, the driver uses the well-known default key on loopback listeners, with a warning; on others that is an error.',
    aliases: ['vscp-key-file'],
  },
  pathUsers: {
    key: 'path-users',
    type: path('readable-file', 'path of the user database'),
    needed: true,
    meaning: 'The users, JSON or XML. Required.',
  },
  stateDir: {
    key: 'state-dir',
    type: path('folder', 'path of a folder'),
    unsetText: 'none: no tokens',
    meaning:
      'Folder for what the driver itself writes, such as [tokens](users-and-rights.md#tokens) and what is set up in [the panel](panel.md#rooms-and-names); the driver makes it if it is missing. Each driver needs its own; [nodes](scaling.md#users-and-tokens) may share one. Without it nobody can stay logged in with a token.',
  },
  maxClients: {
    key: 'max-clients',
    type: whole(0, 65535),
    default: 100,
    meaning: 'Connections at once; 0 = unlimited. Beyond it an upgrade gets HTTP 503.',
  },
  maxClientQueueSize: {
    key: 'max-client-queue-size',
    type: whole(1, 1_000_000),
    default: 32000,
    meaning: 'Events that wait for a closed or slow session; beyond it the newest are dropped and counted.',
  },
  maxOutgoingQueueSize: {
    key: 'max-outgoing-queue-size',
    type: whole(1, 1_000_000),
    default: 32000,
    meaning: 'Events waiting for the host (clients to host). Also `max-out-queue`.',
    aliases: ['max-out-queue'],
  },
  maxIncomingQueueSize: {
    key: 'max-incoming-queue-size',
    type: whole(1, 1_000_000),
    default: 8192,
    meaning: 'Events of the host waiting for the driver. Also `max-in-queue`.',
    aliases: ['max-in-queue'],
  },
  gatherMs: {
    key: 'gather-ms',
    type: whole(0, 100),
    default: 1,
    meaning:
      'Milliseconds for which events may wait to be sent together with others, while there are too many events and clients to send each by itself; at low rates nothing waits. 0 = never.',
  },
  rxFilter: {
    key: 'rx-filter',
    type: eventFilter(),
    default: '0,0,0,-,0,0,0,-',
    defaultText: 'all pass',
    meaning:
      'Which events from clients reach the host: `priority,class,type,guid,priority-mask,class-mask,type-mask,guid-mask`, also with `;` between filter and mask.',
  },
  tls: {
    cert: {
      key: 'tls.cert',
      type: path('readable-file', 'path of a PEM file'),
      meaning: "Certificate chain, beginning with the driver's certificate. Required for `wss://`.",
      aliases: ['tls.certificate', 'ssl-certificate'],
    },
    key: {
      key: 'tls.key',
      type: path('readable-file', 'path of a PEM file'),
      meaning: 'Private key of the certificate. Required for `wss://`.',
      aliases: ['ssl-key', 'ssl-private-key'],
    },
    ca: {
      key: 'tls.ca',
      type: path('readable-file', 'path of a PEM file'),
      meaning: 'Authorities. If set, a client must show a certificate that one of them signed (two-way TLS).',
      aliases: ['ssl-ca-file'],
    },
    crl: {
      key: 'tls.crl',
      type: path('readable-file', 'path of a PEM file'),
      meaning:
        'Revocation lists of those authorities, one of each; a client whose certificate is on one of them is refused.',
    },
  },
  logging: {
    level: {
      key: 'logging.log-level',
      type: level(),
      default: 'info',
      meaning: 'Level of file and console, unless they have one of their own.',
    },
    fileEnable: {
      key: 'logging.file-enable-log',
      type: flag(),
      default: (given) => given('logging.file-path') !== undefined,
      defaultText: 'true with `file-path`, else false',
      meaning: 'Log to a file.',
    },
    fileLevel: {
      key: 'logging.file-log-level',
      type: level(),
      default: (given) => given('logging.log-level') ?? 'info',
      defaultText: '`log-level`',
      meaning: 'Lowest level that goes to the file; `off` = nothing.',
    },
    filePath: {
      key: 'logging.file-path',
      type: path('file', 'path of a file'),
      default: LOG_PATH,
      meaning:
        'The log file; the driver makes its folder. Older files are beside it as `name.1.log`, `name.2.log` and so on.',
    },
    filePattern: {
      key: 'logging.file-pattern',
      type: text(),
      default: LOG_PATTERN,
      meaning: 'Format of a line, see [log patterns](operations.md#log).',
    },
    fileMaxSize: {
      key: 'logging.file-max-size',
      type: whole(1, 4_294_967_295),
      default: 5_242_880,
      meaning: 'Bytes after which a new file begins.',
    },
    fileMaxFiles: {
      key: 'logging.file-max-files',
      type: whole(0, 1000),
      default: 7,
      meaning: 'Old files to keep.',
    },
    consoleEnable: {
      key: 'logging.console-enable-log',
      type: flag(),
      default: true,
      meaning: "Log to the host's standard output.",
    },
    consoleLevel: {
      key: 'logging.console-log-level',
      type: level(),
      default: (given) => given('logging.log-level') ?? 'info',
      defaultText: '`log-level`',
      meaning: 'Lowest level that goes to the console; `off` = nothing.',
    },
    consolePattern: {
      key: 'logging.console-pattern',
      type: text(),
      default: LOG_PATTERN,
      meaning: 'Format of a line on the console.',
    },
  },
  authTimeoutMs: {
    key: 'auth-timeout',
    type: seconds(0.1, 86_400),
    default: 15,
    meaning: 'Seconds that a connection has to log in; then the driver closes it with 4401.',
  },
  sessionMaxAgeMs: {
    key: 'session-max-age',
    type: seconds(0, 31_536_000),
    default: 0,
    meaning:
      'Seconds after the login when the driver closes a session with 4401, so that it logs in again; 0 = never.',
  },
  restSessionTimeoutMs: {
    key: 'rest-session-timeout',
    type: seconds(10, 86_400),
    default: 600,
    meaning: 'Seconds without a request after which a session of the legacy REST interface ends.',
  },
  maxAuthFailures: {
    key: 'max-auth-failures',
    type: whole(1, 1000),
    default: 5,
    meaning: 'Failed logins after which the driver closes a connection with 4401.',
  },
  authIv: {
    key: 'auth-iv',
    type: choice(['spec', 'sid', 'any']),
    default: 'spec',
    meaning:
      "Where the login's iv comes from: `spec` = ws1 the session id, ws2 free; `sid` = both the session id (replay-proof); `any` = both free.",
  },
  eventFormat: {
    key: 'event-format',
    type: choice(['classic', 'ns']),
    default: 'classic',
    meaning: 'Time form of the events sent to clients: calendar date or nanoseconds.',
  },
  eventLayout: {
    key: 'event-layout',
    type: choice(['auto', 'classic', '2026']),
    default: 'auto',
    meaning: 'Memory layout of the events that the host hands over; with `auto` the driver finds out.',
  },
  eventData: {
    key: 'event-data',
    type: choice(['host', 'driver']),
    default: 'host',
    meaning:
      "Who frees the data of events handed to the host: `host` as specified; with `driver` today's daemons leak no memory.",
  },
  maxDataToHost: {
    key: 'max-data-to-host',
    type: wholeOrAuto(0, 512),
    default: 'auto',
    meaning:
      'Data bytes that an event for the host may have; larger ones are refused with error 8. `auto`: 200 for ' +
      'daemons that crash on more (vscpd, mqttvscpd), otherwise 512.',
  },
  maxMessageSize: {
    key: 'max-message-size',
    type: whole(256, 16_777_216),
    default: 65536,
    meaning: 'Bytes of one message from a client; beyond it the driver closes the connection with 1009.',
  },
  pingIntervalMs: {
    key: 'ping-interval',
    type: seconds(0.1, 86_400),
    default: 30,
    meaning: 'Seconds between pings; the driver closes a client that misses two.',
  },
  slowClientTimeoutMs: {
    key: 'slow-client-timeout',
    type: seconds(0.1, 86_400),
    default: 60,
    meaning:
      'Seconds after which the driver closes a client with 1013 that takes nothing although events wait for it.',
  },
  allowedOrigins: {
    key: 'allowed-origins',
    type: list(
      'list of origins like https://hmi.example:8443, file:// or null, of hosts like hmi.example, or *',
      isOriginEntry,
    ),
    default: [],
    defaultText: 'none',
    meaning:
      "Web pages that may open a websocket in addition to the driver's own, by origin or by host; `*` = any. Programs send no origin and are always let in.",
  },
  serverNames: {
    key: 'server-names',
    type: list('list of host names, or *', isServerName),
    default: [],
    defaultText: 'none',
    meaning:
      'Names under which browsers reach this machine, in addition to those that it knows itself (addresses, `localhost`, its own name, `.local`); `*` = any.',
  },
  trustedProxies: {
    key: 'trusted-proxies',
    type: list('list of addresses, each with optional /bits', isAddressOrNet),
    default: [],
    defaultText: 'none',
    meaning: "Proxies whose `X-Forwarded-For` tells the client's address, e.g. `127.0.0.1, 10.0.0.0/8`.",
  },
  enableMetrics: {
    key: 'enable-metrics',
    type: flag(),
    default: false,
    meaning: 'Serve Prometheus metrics at `/metrics`.',
  },
  metricsInterface: {
    key: 'metrics-interface',
    type: listenAddress(),
    meaning:
      'Serve `/metrics` (and `/healthz`) here, and `/metrics` nowhere else; for networks whose users should not read them.',
  },
  bindRetryMs: {
    key: 'bind-retry',
    type: seconds(0, 86_400),
    default: 0,
    meaning:
      'Seconds after which the driver tries an interface again that is not available yet (no such address, port taken, name unknown); 0 = the driver does not open then.',
  },
  maxHeapMb: {
    key: 'max-heap',
    type: whole(32, 16_384),
    default: 256,
    meaning: 'Megabytes of the JavaScript heap.',
  },
  lastValues: {
    key: 'last-values',
    type: whole(0, 1_000_000),
    default: 1000,
    meaning: 'Events kept for the ws2 command LAST; 0 = off.',
  },
  historySize: {
    key: 'history-size',
    type: whole(0, 1_000_000),
    default: 0,
    meaning: 'Events kept for the ws2 command HISTORY; 0 = off.',
  },
  enableHistory: {
    key: 'enable-history',
    type: flag(),
    default: false,
    meaning:
      'Keep the values of measurements, set-points and states in a file of `state-dir`: see [history](history.md). Needs `state-dir` and libsqlite3.',
  },
  historyFilter: {
    key: 'history-filter',
    type: eventFilter(),
    default: '0,0,0,-,0,0,0,-',
    defaultText: 'all pass',
    meaning: 'Of which events the values are kept: as in `rx-filter`.',
  },
  historyIntervalMs: {
    key: 'history-interval',
    type: seconds(5, 600),
    default: 60,
    meaning: 'Seconds between two writes of the history: what a loss of power may cost.',
  },
  historyMaxMb: {
    key: 'history-max-size',
    type: whole(8, 1_000_000),
    default: 1024,
    meaning: 'Megabytes of the history at the most; beyond it the oldest values go first.',
  },
  historyRawDays: {
    key: 'history-raw-days',
    type: whole(0, 36_500),
    default: 7,
    meaning: 'Days for which each value is kept; 0 = for ever.',
  },
  historyMinuteDays: {
    key: 'history-minute-days',
    type: whole(0, 36_500),
    default: 30,
    meaning: 'Days for which sums of a minute are kept; 0 = for ever.',
  },
  historyQuarterDays: {
    key: 'history-quarter-days',
    type: whole(0, 36_500),
    default: 730,
    meaning: 'Days for which sums of 15 minutes are kept; 0 = for ever.',
  },
  historyDayDays: {
    key: 'history-day-days',
    type: whole(0, 36_500),
    default: 0,
    meaning: 'Days for which sums of a day are kept; 0 = for ever.',
  },
  mqtt: MQTT_KEYS,
} satisfies Record<string, ConfigKey | Record<string, ConfigKey>>;

/** Whether only `serve` uses this key, or group of keys. */
export function isServeKey(key: string): boolean {
  return key.split('.')[0] === 'mqtt';
}

/** Keys that are meant for editors or for the C++ driver. They are accepted, and have no effect. */
export const IGNORED_KEYS: ReadonlySet<string> = new Set([
  '$schema',
  'write',
  'enable-write',
  'encryption',
  'filter',
  'mongoose-debug',
]);

/** One key and the place of its setting: `['logging', 'fileEnable']`. */
export interface PlacedKey extends ConfigKey {
  setting: readonly string[];
}

/** All keys by their names in the file, in the order of the table. */
export const KEYS_BY_NAME: ReadonlyMap<string, PlacedKey> = new Map(
  Object.entries<ConfigKey | Record<string, ConfigKey>>(CONFIG_KEYS)
    .flatMap(([name, entry]): PlacedKey[] =>
      isConfigKey(entry)
        ? [{ ...entry, setting: [name] }]
        : Object.entries(entry).map(([member, key]) => ({ ...key, setting: [name, member] })),
    )
    .map((placed) => [placed.key, placed] as const),
);

function isConfigKey(entry: ConfigKey | Record<string, ConfigKey>): entry is ConfigKey {
  return typeof entry.key === 'string';
}
