import type { EventFilter } from '../vscp/filter.ts';
import { formatFilterText } from '../vscp/filter.ts';
import { formatListenAddress } from './listen-address.ts';
import type { Settings } from './settings.ts';

/** The settings in force, by the keys of the configuration; what is unset is left out. */
export function describeSettings(settings: Settings): Record<string, string | number | boolean | string[]> {
  const { logging, tls } = settings;
  return {
    debug: settings.debug,
    interface: settings.interfaces.map(formatListenAddress),
    'enable-ws1': settings.enableWs1,
    'enable-ws2': settings.enableWs2,
    'enable-rest': settings.enableRest,
    'enable-static': settings.enableStatic,
    'url-ws1': settings.urlWs1,
    'url-ws2': settings.urlWs2,
    'url-rest': settings.urlRest,
    ...given('web-root', settings.webRoot),
    'key-file': settings.keyFile ?? 'none: the well-known default key',
    'path-users': settings.pathUsers,
    'max-clients': settings.maxClients,
    'max-client-queue-size': settings.maxClientQueueSize,
    'max-outgoing-queue-size': settings.maxOutgoingQueueSize,
    'max-incoming-queue-size': settings.maxIncomingQueueSize,
    'rx-filter': rxFilterText(settings.rxFilter),
    ...given('tls.cert', tls?.cert),
    ...given('tls.key', tls?.key),
    ...given('tls.ca', tls?.ca),
    ...given('tls.crl', tls?.crl),
    'logging.file-enable-log': logging.fileEnable,
    'logging.file-log-level': logging.fileLevel,
    'logging.file-path': logging.filePath,
    'logging.file-pattern': logging.filePattern,
    'logging.file-max-size': logging.fileMaxSize,
    'logging.file-max-files': logging.fileMaxFiles,
    'logging.console-enable-log': logging.consoleEnable,
    'logging.console-log-level': logging.consoleLevel,
    'logging.console-pattern': logging.consolePattern,
    'auth-timeout': settings.authTimeoutMs / 1000,
    'max-auth-failures': settings.maxAuthFailures,
    'auth-iv': settings.authIv,
    'event-format': settings.eventFormat,
    'event-layout': settings.eventLayout,
    'event-data': settings.eventData,
    'max-message-size': settings.maxMessageSize,
    'ping-interval': settings.pingIntervalMs / 1000,
    'slow-client-timeout': settings.slowClientTimeoutMs / 1000,
    'allowed-origins': settings.allowedOrigins,
    'server-names': settings.serverNames,
    'trusted-proxies': settings.trustedProxies,
    'enable-metrics': settings.enableMetrics,
    ...given(
      'metrics-interface',
      settings.metricsInterface && formatListenAddress(settings.metricsInterface),
    ),
    'bind-retry': settings.bindRetryMs / 1000,
    'max-heap': settings.maxHeapMb,
    'last-values': settings.lastValues,
    'history-size': settings.historySize,
  };
}

function given(key: string, value: string | undefined): Record<string, string> {
  return value === undefined ? {} : { [key]: value };
}

function rxFilterText(filter: EventFilter): string {
  const values = formatFilterText({
    priority: filter.filterPriority,
    class: filter.filterClass,
    type: filter.filterType,
    guid: filter.filterGuid,
  });
  const mask = formatFilterText({
    priority: filter.maskPriority,
    class: filter.maskClass,
    type: filter.maskType,
    guid: filter.maskGuid,
  });
  return `${values};${mask}`;
}
