import { open } from 'node:fs/promises';
import { errorCode, errorMessage } from '../core/errors.ts';
import type { Logger } from '../logging/logger.ts';

/**
 * When accepting fails that often without a turn of the loop between, libuv does not come out of it by itself: it
 * tries until there is no connection left to accept, and nobody else is served meanwhile.
 */
const MAX_FAILURES_PER_TURN = 64;

/**
 * Logs once when no connection can be accepted because file descriptors are used up, and once when that
 * is over. The runtime closes such connections at once without telling us (libuv accepts them on
 * a spare descriptor, so that peers see an end and the loop does not spin), hence the probe.
 */
export class AcceptWatch {
  readonly #log: Logger;
  readonly #intervalMs: number;
  readonly #probe: () => Promise<void>;
  #timer: NodeJS.Timeout | undefined;
  #failing = false;
  #failuresOfTurn = 0;

  /** @param probe rejects when the process cannot get another descriptor */
  constructor(log: Logger, intervalMs: number, probe: () => Promise<void> = takeDescriptor) {
    this.#log = log;
    this.#intervalMs = intervalMs;
    this.#probe = probe;
  }

  start(): void {
    this.#timer ??= setInterval(() => this.check(), this.#intervalMs);
    this.#timer.unref();
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  /** A listener reported an error. @returns whether it has to be closed, for else it reports them for ever */
  failed(error: unknown): boolean {
    if (this.#failuresOfTurn === 0) {
      setImmediate(() => {
        this.#failuresOfTurn = 0;
      });
    }
    this.#failuresOfTurn += 1;
    this.#tell(error);
    return this.#failuresOfTurn > MAX_FAILURES_PER_TURN;
  }

  #tell(error: unknown): void {
    if (this.#failing) return;
    this.#failing = true;
    const code = errorCode(error);
    const isUsedUp = code === 'EMFILE' || code === 'ENFILE';
    const reason = isUsedUp ? 'no file descriptor left' : errorMessage(error);
    this.#log.err(`new connections cannot be accepted: ${reason}${isUsedUp ? ` (${code})` : ''}`);
  }

  /** Probes once. Never rejects. */
  async check(): Promise<void> {
    try {
      await this.#probe();
    } catch (error) {
      if (errorCode(error) === 'EMFILE' || errorCode(error) === 'ENFILE') this.#tell(error);
      return;
    }
    if (!this.#failing) return;
    this.#failing = false;
    this.#log.info('new connections are accepted again');
  }
}

async function takeDescriptor(): Promise<void> {
  const handle = await open('/dev/null', 'r');
  await handle.close();
}
