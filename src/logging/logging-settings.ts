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
