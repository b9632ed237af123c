export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'err' | 'critical';

/**
 * What the rest of the project logs through. Messages are one line of plain text; callers never pass
 * credentials or keys.
 */
export interface Logger {
  trace(message: string): void;
  debug(message: string): void;
  info(message: string): void;
  warn(message: string): void;
  err(message: string): void;
  critical(message: string): void;
  /** True when a message of that level would go anywhere; guards costly message building. */
  enabled(level: LogLevel): boolean;
}
