import { resolve } from 'node:path';
import { DEFAULT_LOG_PATH, DEFAULT_LOGGING, type LoggingSettings } from '../logging/logging-settings.ts';
import { openSource } from './config-source.ts';
import { crossCheck, type Finding } from './cross-checks.ts';
import type { HostContext } from './host-entry.ts';
import { nameKeys } from './key-names.ts';
import type { ConfigValues } from './schema.ts';
import type { Settings, TlsSettings } from './settings.ts';
import { validate } from './validate.ts';

/** The settings in force, or every reason why there are none. Warnings and problems are single lines. */
export type LoadResult =
  | {
      ok: true;
      settings: Settings;
      warnings: string[];
      /** Folder that relative paths were counted from. */
      baseDir: string;
      /** The file read, absolute; undefined when the text itself was the configuration. */
      file?: string;
    }
  | { ok: false; problems: string[]; warnings: string[] };

/**
 * Reads the text a host hands to VSCPOpen: inline JSON, inline XML, or the path of a file with either.
 * Never rejects; all problems are reported at once, each as `file:line: key: found …, expected …`.
 */
export async function loadSettings(text: string, context: HostContext): Promise<LoadResult> {
  try {
    return await load(text, context);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return { ok: false, problems: [`configuration: internal error: ${reason}`], warnings: [] };
  }
}

interface PlacedFinding extends Finding {
  line?: number | undefined;
}

async function load(text: string, context: HostContext): Promise<LoadResult> {
  const opened = await openSource(text, context);
  if (!opened.ok) return { ok: false, problems: [opened.reason], warnings: [] };
  const source = opened.value;
  const config = nameKeys(source.document);
  const { values, problems, wrong } = validate(config);
  const settings = toSettings(values, source.baseDir);
  const checked = await crossCheck(settings, wrong);
  const say = (findings: PlacedFinding[]): string[] =>
    findings
      .map((finding) => ({ ...finding, line: finding.line ?? config.line(finding.key.split('.')) }))
      .sort((a, b) => (a.line ?? Number.MAX_SAFE_INTEGER) - (b.line ?? Number.MAX_SAFE_INTEGER))
      .map(({ key, text: words, line }) => {
        return `${source.name}${line === undefined ? '' : `:${line}`}: ${key}: ${words}`;
      });
  const warnings = say([...config.notes, ...checked.warnings]);
  const allProblems = say([...problems, ...checked.problems]);
  if (allProblems.length > 0) return { ok: false, problems: allProblems, warnings };
  const file = source.file === undefined ? {} : { file: source.file };
  return { ok: true, settings, warnings, baseDir: source.baseDir, ...file };
}

function toSettings(values: ConfigValues, baseDir: string): Settings {
  const absolute = (path: string | undefined): string => (path === undefined ? '' : resolve(baseDir, path));
  const settings: Settings = {
    debug: values.debug,
    interfaces: values.interface,
    enableWs1: values['enable-ws1'],
    enableWs2: values['enable-ws2'],
    enableRest: values['enable-rest'],
    enableStatic: values['enable-static'],
    urlWs1: values['url-ws1'],
    urlWs2: values['url-ws2'],
    urlRest: values['url-rest'],
    pathUsers: absolute(values['path-users']),
    maxClients: values['max-clients'],
    maxClientQueueSize: values['max-client-queue-size'],
    maxOutgoingQueueSize: values['max-outgoing-queue-size'],
    maxIncomingQueueSize: values['max-incoming-queue-size'],
    rxFilter: values['rx-filter'],
    logging: toLogging(values.logging, absolute),
    authTimeoutMs: values['auth-timeout'],
    maxAuthFailures: values['max-auth-failures'],
    authIv: values['auth-iv'],
    eventFormat: values['event-format'],
    eventLayout: values['event-layout'],
    eventData: values['event-data'],
    maxMessageSize: values['max-message-size'],
    pingIntervalMs: values['ping-interval'],
    slowClientTimeoutMs: values['slow-client-timeout'],
    allowedOrigins: values['allowed-origins'],
    serverNames: values['server-names'],
    trustedProxies: values['trusted-proxies'],
    enableMetrics: values['enable-metrics'],
    bindRetryMs: values['bind-retry'],
    maxHeapMb: values['max-heap'],
    lastValues: values['last-values'],
    historySize: values['history-size'],
  };
  if (values['web-root'] !== undefined) settings.webRoot = absolute(values['web-root']);
  if (values['key-file'] !== undefined) settings.keyFile = absolute(values['key-file']);
  const metricsInterface = values['metrics-interface'];
  if (metricsInterface !== undefined) settings.metricsInterface = metricsInterface;
  // Files for the C++ driver name certificates they do not use: they count only where TLS is spoken.
  if ([...settings.interfaces, metricsInterface].some((address) => address?.secure))
    settings.tls = toTls(values.tls, absolute);
  return settings;
}

function toTls(tls: ConfigValues['tls'], absolute: (path: string | undefined) => string): TlsSettings {
  const files: TlsSettings = { cert: absolute(tls.cert), key: absolute(tls.key) };
  if (tls.ca !== undefined) files.ca = absolute(tls.ca);
  if (tls.crl !== undefined) files.crl = absolute(tls.crl);
  return files;
}

function toLogging(
  logging: ConfigValues['logging'],
  absolute: (path: string | undefined) => string,
): LoggingSettings {
  const level = logging['log-level'] ?? DEFAULT_LOGGING.fileLevel;
  return {
    fileEnable: logging['file-enable-log'] ?? logging['file-path'] !== undefined,
    fileLevel: logging['file-log-level'] ?? level,
    filePath: absolute(logging['file-path'] ?? DEFAULT_LOG_PATH),
    filePattern: logging['file-pattern'],
    fileMaxSize: logging['file-max-size'],
    fileMaxFiles: logging['file-max-files'],
    consoleEnable: logging['console-enable-log'],
    consoleLevel: logging['console-log-level'] ?? level,
    consolePattern: logging['console-pattern'],
  };
}
