import { closeSync, constants, fstatSync, openSync, writeSync } from 'node:fs';
import { isatty } from 'node:tty';
import { errorCodeOf } from './error-code.ts';
import { LineQueue } from './line-queue.ts';

const STDOUT = 1;
const MAX_PENDING = 256 * 1024;
const RETRY_MS = 50;

/**
 * Writes lines to the standard output without ever throwing or, where that can be had, blocking: a pipe or
 * terminal is opened a second time non-blocking, which leaves the host's own flags alone. Lines that the
 * reader does not take wait, up to a bound; more are dropped and counted.
 */
export class ConsoleSink {
  readonly colours: boolean;
  private readonly fd: number;
  private readonly own: boolean;
  private readonly pending = new LineQueue();
  /** Bytes of the oldest line that are written already. */
  private cutAt = 0;
  private lost = 0;
  private timer: NodeJS.Timeout | undefined;

  constructor(fd = STDOUT) {
    const reopened = reopen(fd);
    this.own = reopened !== undefined;
    this.fd = reopened ?? fd;
    this.colours = isatty(fd);
  }

  /** Takes a line without its end. */
  write(line: string): void {
    if (this.pending.size + line.length > MAX_PENDING) {
      this.lost++;
      return;
    }
    this.pending.push(`${line}\n`);
    this.drain();
  }

  close(): void {
    this.drain();
    clearTimeout(this.timer);
    this.timer = undefined;
    if (!this.own) return;
    try {
      closeSync(this.fd);
    } catch {
      // Nothing is lost by it.
    }
  }

  private drain(): void {
    if (this.timer !== undefined) clearTimeout(this.timer);
    this.timer = undefined;
    while (this.pending.length > 0) {
      const text = Buffer.from(this.pending.at(0)).subarray(this.cutAt);
      const written = this.tryWrite(text);
      if (written === undefined) {
        this.timer = setTimeout(() => this.drain(), RETRY_MS);
        this.timer.unref();
        return;
      }
      this.cutAt += written;
      if (written < text.length) continue;
      this.pending.drop(1);
      this.cutAt = 0;
      if (this.pending.length === 0 && this.lost > 0) {
        this.pending.push(`(${this.lost} log lines were lost here: the console could not take them)\n`);
        this.lost = 0;
      }
    }
  }

  /** Bytes written; undefined = try later. What can never be written counts as written. */
  private tryWrite(text: Buffer): number | undefined {
    try {
      return writeSync(this.fd, text);
    } catch (error) {
      return errorCodeOf(error) === 'EAGAIN' ? undefined : text.length;
    }
  }
}

/** A descriptor of our own for the same pipe or terminal; undefined for what does not block or is no such thing. */
function reopen(fd: number): number | undefined {
  try {
    const stat = fstatSync(fd);
    if (!stat.isFIFO() && !stat.isCharacterDevice()) return undefined;
    return openSync(`/proc/self/fd/${fd}`, constants.O_WRONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
  } catch {
    return undefined;
  }
}
