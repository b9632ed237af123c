export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'err', 'critical'] as const;

export type LogLevel = (typeof LOG_LEVELS)[number];

/**
 * The interface that the rest of the project uses to log. Messages are one line of plain text; callers never
 * pass credentials or keys.
 */
export interface Logger {
  trace(message: string): void;
  debug(message: string): void;
  info(message: string): void;
  warn(message: string): void;
  err(message: string): void;
  critical(message: string): void;
  /** True when a message of that level has a destination; callers ask before they build a costly message. */
  enabled(level: LogLevel): boolean;
}

/** Names of levels as the configuration writes them; `off` silences a destination. */
export const CONFIG_LOG_LEVELS = [...LOG_LEVELS, 'off'] as const;

export type ConfigLogLevel = (typeof CONFIG_LOG_LEVELS)[number];

/** Where log lines go and how they look; the group `logging` of the configuration. */
export interface LoggingSettings {
  fileEnable: boolean;
  fileLevel: ConfigLogLevel;
  filePath: string;
  filePattern: string;
  /** Bytes. */
  fileMaxSize: number;
  /** Number of old files to keep beside the current one: `name.1.log` … */
  fileMaxFiles: number;
  consoleEnable: boolean;
  consoleLevel: ConfigLogLevel;
  consolePattern: string;
}
