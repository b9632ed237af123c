import { performance } from 'node:perf_hooks';
import type { Logger } from '../logging/logger.ts';
import { errorCode } from './listen-address.ts';

/** An episode is over when connections have been accepted for so long without another failure. */
const QUIET_MS = 1_000;

/**
 * Logs failures to accept connections (file descriptors used up, mostly) once per episode. The listener
 * itself goes on: the runtime tries again with the next connection.
 */
export class AcceptErrors {
  readonly #log: Logger;
  readonly #now: () => number;
  #lastFailure: number | undefined;
  #failures = 0;

  /** @param now monotonic clock in milliseconds */
  constructor(log: Logger, now: () => number = () => performance.now()) {
    this.#log = log;
    this.#now = now;
  }

  failed(error: Error): void {
    if (this.#lastFailure === undefined) {
      const code = errorCode(error);
      const reason =
        code === 'EMFILE' || code === 'ENFILE'
          ? `the process has no file descriptor left (${code})`
          : error.message;
      this.#log.err(`new connections cannot be accepted: ${reason}`);
    }
    this.#failures += 1;
    this.#lastFailure = this.#now();
  }

  accepted(): void {
    if (this.#lastFailure === undefined || this.#now() - this.#lastFailure < QUIET_MS) return;
    this.#log.info(`new connections are accepted again (${this.#failures} failed)`);
    this.#lastFailure = undefined;
    this.#failures = 0;
  }
}
