import type { Logger } from './logger.ts';

const MAX_LINES = 20;
const MAX_LENGTH = 300;

/** Keeps the latest warnings and errors for those who ask for the state of the driver. */
export class RecentProblems {
  readonly #lines: string[] = [];

  get lines(): readonly string[] {
    return this.#lines;
  }

  /** Makes a logger that does the same as `log` and keeps its problems here. */
  listenTo(log: Logger): Logger {
    const kept = (level: 'warn' | 'err' | 'critical') => (message: string) => {
      this.#keep(`${new Date().toISOString()} [${level}] ${message}`);
      log[level](message);
    };
    return {
      trace: (message) => log.trace(message),
      debug: (message) => log.debug(message),
      info: (message) => log.info(message),
      warn: kept('warn'),
      err: kept('err'),
      critical: kept('critical'),
      enabled: (level) => log.enabled(level),
    };
  }

  #keep(line: string): void {
    this.#lines.push(line.slice(0, MAX_LENGTH));
    if (this.#lines.length > MAX_LINES) this.#lines.shift();
  }
}
