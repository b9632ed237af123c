/** Names of levels as the configuration writes them; `off` silences a destination. */
export const CONFIG_LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'err', 'critical', 'off'] as const;

export type ConfigLogLevel = (typeof CONFIG_LOG_LEVELS)[number];

/** Where log lines go and how they look; the group `logging` of the configuration. */
export interface LoggingSettings {
  fileEnable: boolean;
  fileLevel: ConfigLogLevel;
  filePath: string;
  filePattern: string;
  /** Bytes. */
  fileMaxSize: number;
  /** Old files kept beside the current one: `name.1.log` … */
  fileMaxFiles: number;
  consoleEnable: boolean;
  consoleLevel: ConfigLogLevel;
  consolePattern: string;
}

export const DEFAULT_LOG_PATTERN = '%Y-%m-%d %H:%M:%S.%e [%l] [%n] %v';
export const DEFAULT_LOG_PATH = '/var/log/vscp/vscpl2drv-websocksrv.log';

/** In force before a configuration has been read. */
export const DEFAULT_LOGGING: LoggingSettings = {
  fileEnable: false,
  fileLevel: 'info',
  filePath: DEFAULT_LOG_PATH,
  filePattern: DEFAULT_LOG_PATTERN,
  fileMaxSize: 5_242_880,
  fileMaxFiles: 7,
  consoleEnable: true,
  consoleLevel: 'info',
  consolePattern: DEFAULT_LOG_PATTERN,
};
