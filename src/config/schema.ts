import { isIP } from 'node:net';
import * as z from 'zod';
import { DEFAULT_LOG_PATH, DEFAULT_LOG_PATTERN, DEFAULT_LOGGING } from '../logging/logging-settings.ts';
import { parseRxFilter } from '../vscp/filter.ts';
import { DEFAULT_PORT, parseListenAddress } from './listen-address.ts';
import { isOriginEntry } from './origin-entry.ts';
import { choice, flag, keyDocs, level, path, seconds, text, texts, whole } from './schema-keys.ts';

/** The key everybody knows: in force when no key file is given, on loopback listeners only. */
export const DEFAULT_KEY_HEX = '2DBB079A38985AF00EBEEFE22F9FFA0E';

export const DEFAULT_INTERFACE = `ws://localhost:${DEFAULT_PORT}`;

const interfaces = texts()
  .default([DEFAULT_INTERFACE])
  .transform((list, context) => {
    if (list.length === 0)
      context.issues.push({ code: 'custom', input: list, message: 'at least one address' });
    return list.flatMap((item, index) => {
      const parsed = parseListenAddress(item);
      if (parsed.ok) return [parsed.value];
      const message = 'an address like ws://localhost:8884, wss://[::1]:9000 or 0.0.0.0:8884';
      context.issues.push({ code: 'custom', input: item, path: list.length > 1 ? [index] : [], message });
      return [];
    });
  })
  .register(keyDocs, {
    kind: 'list',
    expected: 'text or list of listen addresses',
    fallback: DEFAULT_INTERFACE,
    description:
      'Where to listen. `wss://` = TLS; scheme (`ws`) and port (8884) may be left out; IPv6 in brackets: `ws://[::1]:9000`. A list opens several listeners. A port alone means localhost, `:8884` all IPv4 addresses.',
  });

const metricsInterface = z
  .string()
  .optional()
  .transform((item, context) => {
    if (item === undefined || item.trim() === '') return undefined;
    const parsed = parseListenAddress(item);
    if (parsed.ok) return parsed.value;
    const message = 'an address like http://127.0.0.1:9884';
    context.issues.push({ code: 'custom', input: item, message });
    return z.NEVER;
  })
  .register(keyDocs, {
    kind: 'text',
    expected: 'a listen address',
    fallback: '',
    description:
      'Serve `/metrics` (and `/healthz`) here, and `/metrics` nowhere else; for networks whose users should not read them.',
  });

const endpoint = (fallback: string, what: string) =>
  z
    .string()
    .default(fallback)
    .transform((text, context) => {
      const url = `/${text.trim().replace(/^\/+|\/+$/g, '')}`;
      if (!/^\/[\w.~!$&'()*+,;=:@%/-]*$/.test(url)) {
        context.issues.push({ code: 'custom', input: text, message: 'a URL path like /ws1' });
      }
      return url;
    })
    .register(keyDocs, {
      kind: 'text',
      expected: 'a URL path',
      fallback,
      description: `Path of ${what}; a leading \`/\` is added when missing.`,
    });

const rxFilter = z
  .string()
  .default('0,0,0,-,0,0,0,-')
  .transform((text, context) => {
    const parsed = parseRxFilter(text);
    if (parsed.ok) return parsed.value;
    const form = 'priority,class,type,guid,priority-mask,class-mask,type-mask,guid-mask';
    context.issues.push({ code: 'custom', input: text, message: `"${form}" (${parsed.reason})` });
    return z.NEVER;
  })
  .register(keyDocs, {
    kind: 'text',
    expected: 'filter text',
    fallback: 'all pass',
    description:
      'Which events of clients reach the host: `priority,class,type,guid,priority-mask,class-mask,type-mask,guid-mask`, also with `;` between filter and mask.',
  });

const allowedOrigins = texts()
  .default([])
  .refine((list) => list.every(isOriginEntry))
  .register(keyDocs, {
    kind: 'list',
    expected:
      'list of origins like https://hmi.example:8443, file:// or null, of hosts like hmi.example, or *',
    fallback: 'none',
    description:
      "Web pages that may open a websocket beside the driver's own, by origin or by host; `*` = any. Programs name no origin and are always let in.",
  });

const serverNames = texts()
  .default([])
  .refine((list) => list.every((item) => item === '*' || /^[\w-]+(?:\.[\w-]+)*\.?$/.test(item)))
  .register(keyDocs, {
    kind: 'list',
    expected: 'list of host names, or *',
    fallback: 'none',
    description:
      'Names under which browsers reach this machine, beside those it knows itself (addresses, `localhost`, its own name, `.local`); `*` = any.',
  });

const trustedProxies = texts()
  .default([])
  .refine((list) => list.every(isAddressOrNet))
  .register(keyDocs, {
    kind: 'list',
    expected: 'list of addresses, each with optional /bits',
    fallback: 'none',
    description: 'Proxies whose `X-Forwarded-For` names the client, e.g. `127.0.0.1, 10.0.0.0/8`.',
  });

function isAddressOrNet(text: string): boolean {
  const [, address = '', bits] = /^([^/]*)(?:\/(\d{1,3}))?$/.exec(text) ?? [];
  const version = isIP(address);
  return version !== 0 && (bits === undefined || Number(bits) <= (version === 4 ? 32 : 128));
}

const tls = z
  .object({
    cert: path('path of a PEM file', 'Certificate chain, the own certificate first. Needed for `wss://`.'),
    key: path('path of a PEM file', 'Private key of the certificate. Needed for `wss://`.'),
    ca: path(
      'path of a PEM file',
      'Authorities. When set, a client must show a certificate one of them signed (two-way TLS).',
    ),
    crl: path(
      'path of a PEM file',
      'Revocation lists of those authorities, one of each; a client whose certificate is on it is not let in.',
    ),
  })
  .prefault({})
  .register(keyDocs, { kind: 'group', expected: 'a group of keys', fallback: '', description: '' });

const logging = z
  .object({
    'log-level': level(
      DEFAULT_LOGGING.fileLevel,
      'Level of file and console, where they have none of their own.',
    ),
    'file-enable-log': z.boolean().optional().register(keyDocs, {
      kind: 'bool',
      expected: 'true or false',
      fallback: 'true with `file-path`, else false',
      description: 'Log to a file.',
    }),
    'file-log-level': level('`log-level`', 'Least level that goes to the file; `off` = nothing.'),
    'file-path': path(
      'path of a file',
      'The log file; its folder is created. Older ones lie beside it as `name.1.log`, `name.2.log` and so on.',
      DEFAULT_LOG_PATH,
    ),
    'file-pattern': text(DEFAULT_LOG_PATTERN, {
      description: 'Form of a line, see [log patterns](operations.md#log).',
    }),
    'file-max-size': whole(
      1,
      4_294_967_295,
      DEFAULT_LOGGING.fileMaxSize,
      'Bytes after which a new file is begun.',
    ),
    'file-max-files': whole(0, 1000, DEFAULT_LOGGING.fileMaxFiles, 'Old files that are kept.'),
    'console-enable-log': flag(DEFAULT_LOGGING.consoleEnable, "Log to the host's standard output."),
    'console-log-level': level('`log-level`', 'Least level that goes to the console; `off` = nothing.'),
    'console-pattern': text(DEFAULT_LOG_PATTERN, { description: 'Form of a line on the console.' }),
  })
  .prefault({})
  .register(keyDocs, { kind: 'group', expected: 'a group of keys', fallback: '', description: '' });

/**
 * The configuration's one description: validator, defaults, the documentation's reference table and the words of
 * its error messages all come from here. Aliases are resolved before (key-names.ts).
 */
export const configSchema = z.object({
  debug: flag(false, 'Log every frame (credentials left out).'),
  write: flag(false, 'Reserved; accepted for files of the C++ driver.'),
  interface: interfaces,
  'enable-ws1': flag(true, 'Serve the ws1 protocol.'),
  'enable-ws2': flag(true, 'Serve the ws2 protocol.'),
  'enable-rest': flag(true, 'Serve the REST interface.'),
  'enable-static': flag(false, 'Serve the files under `web-root`.'),
  'url-ws1': endpoint('/ws1', 'the ws1 endpoint'),
  'url-ws2': endpoint('/ws2', 'the ws2 endpoint'),
  'url-rest': endpoint('/rest', 'the REST endpoint'),
  'web-root': path('path of a folder', 'Static web files. Needed for `enable-static`.'),
  'key-file': path(
    'path of a file with at least 32 hex digits',
    'The vscp key that logins are encrypted with. Without one the well-known default key is used, with a warning, on loopback listeners; on others that is an error.',
  ),
  'path-users': path('path of the user database', 'The users, JSON or XML. Needed.'),
  'max-clients': whole(
    0,
    65535,
    100,
    'Connections at once; 0 = unlimited. Beyond it an upgrade gets HTTP 503.',
  ),
  'max-client-queue-size': whole(
    1,
    1_000_000,
    32000,
    'Events a closed or slow session holds; beyond it the newest are dropped and counted.',
  ),
  'max-outgoing-queue-size': whole(
    1,
    1_000_000,
    32000,
    'Events waiting for the host (clients to host). Also `max-out-queue`.',
  ),
  'max-incoming-queue-size': whole(
    1,
    1_000_000,
    8192,
    'Events of the host waiting for the driver. Also `max-in-queue`.',
  ),
  'rx-filter': rxFilter,
  tls,
  logging,
  'auth-timeout': seconds(
    0.1,
    86_400,
    15,
    'Seconds a connection may take to log in; then it is closed with 4401.',
  ),
  'max-auth-failures': whole(1, 1000, 5, 'Failed logins after which a connection is closed with 4401.'),
  'auth-iv': choice(
    ['spec', 'sid', 'any'],
    'spec',
    "Where the login's iv comes from: `spec` = ws1 the session id, ws2 free; `sid` = both the session id (replay-proof); `any` = both free.",
  ),
  'event-format': choice(
    ['classic', 'ns'],
    'classic',
    'Time form of the events sent to clients: calendar date or nanoseconds.',
  ),
  'event-layout': choice(
    ['auto', 'classic', '2026'],
    'auto',
    'Memory layout of the events the host hands over; `auto` finds out by itself.',
  ),
  'event-data': choice(
    ['host', 'driver'],
    'host',
    "Who frees the data of events handed to the host: `host` as specified; `driver` spares today's daemons a leak.",
  ),
  'max-message-size': whole(
    256,
    16_777_216,
    65536,
    'Bytes of one message of a client; beyond it the connection is closed with 1009.',
  ),
  'ping-interval': seconds(0.1, 86_400, 30, 'Seconds between pings; a client that misses two is closed.'),
  'slow-client-timeout': seconds(
    0.1,
    86_400,
    60,
    'Seconds after which a client that takes nothing while events wait for it is closed with 1013.',
  ),
  'allowed-origins': allowedOrigins,
  'server-names': serverNames,
  'trusted-proxies': trustedProxies,
  'enable-metrics': flag(false, 'Serve Prometheus metrics at `/metrics`.'),
  'metrics-interface': metricsInterface,
  'bind-retry': seconds(
    0,
    86_400,
    0,
    'Seconds after which an interface that is not to be had yet (address not there, port taken, name not known) is tried again; 0 = the driver does not open.',
  ),
  'max-heap': whole(32, 16_384, 256, 'Megabytes of the JavaScript heap.'),
  'last-values': whole(0, 1_000_000, 1000, 'Entries behind the ws2 command LAST; 0 = off.'),
  'history-size': whole(0, 1_000_000, 0, 'Entries behind the ws2 command HISTORY; 0 = off.'),
});

/** The configuration after validation, keyed as in the file. */
export type ConfigValues = z.output<typeof configSchema>;
