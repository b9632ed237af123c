import { writeSync } from 'node:fs';
import { isatty } from 'node:tty';
import { HostDescriptor } from './host-descriptor.ts';
import { LineQueue } from './line-queue.ts';

const STDOUT = 1;
/** Most characters of waiting lines: enough for a burst, and a stalled reader costs no more memory. */
const MAX_PENDING = 1024 * 1024;
const RETRY_MS = 50;
const LINE_END = 10;

/**
 * Writes lines to the standard output without ever throwing or waiting for its reader. Lines that the reader
 * does not take wait, up to a bound; further lines are dropped and counted, and a separate line tells their
 * number as soon as the reader takes lines again.
 */
export class ConsoleSink {
  readonly colours: boolean;
  private readonly fd: number;
  private readonly descriptor: HostDescriptor;
  private readonly pending = new LineQueue();
  /** What is being written: whole lines, without the bytes of the first line that are already written. */
  private current: Buffer = Buffer.alloc(0);
  private lost = 0;
  private untold = 0;
  private timer: NodeJS.Timeout | undefined;
  private underWay: Promise<void> | undefined;

  constructor(fd = STDOUT) {
    this.fd = fd;
    this.descriptor = new HostDescriptor(fd);
    this.colours = isatty(fd);
  }

  /** Number of lines, since the beginning, that reached nobody. */
  get lostLines(): number {
    return this.lost;
  }

  /** Takes a line, without the line break. */
  write(line: string): void {
    if (this.pending.size + line.length > MAX_PENDING) {
      this.lose(1);
      return;
    }
    this.pending.push(`${line}\n`);
    if (this.timer === undefined) this.drain();
  }

  /** Writes what the reader takes at once. A file gets at most `timeoutMs`, since a disk may hang. */
  async close(timeoutMs = 1000): Promise<void> {
    this.drain();
    const deadline = performance.now() + timeoutMs;
    while (this.underWay !== undefined && performance.now() < deadline) {
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise((resolve) => {
        timer = setTimeout(resolve, deadline - performance.now());
      });
      await Promise.race([this.underWay, late]);
      clearTimeout(timer);
    }
    clearTimeout(this.timer);
    this.timer = undefined;
    this.descriptor.close();
  }

  /**
   * Writes the waiting lines before it returns, as far as the reader takes them; for an environment's last
   * words.
   */
  flushSync(): void {
    if (this.underWay === undefined) {
      this.drain();
      return;
    }
    // A file: the thread pool finishes what it is writing, and the rest follows it.
    const rest = this.pending.slice(0).join('');
    this.pending.drop(this.pending.length);
    try {
      writeSync(this.fd, rest);
    } catch {
      // Nobody is left to tell.
    }
  }

  private lose(lines: number): void {
    this.lost += lines;
    this.untold += lines;
  }

  private drain(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    while (this.underWay === undefined && this.fill()) {
      try {
        const written = this.descriptor.write(this.current);
        if (written instanceof Promise) this.follow(written);
        else if (written !== undefined) this.took(written);
        else {
          this.timer = setTimeout(() => this.drain(), RETRY_MS);
          this.timer.unref();
          return;
        }
      } catch {
        this.dropCurrent();
      }
    }
  }

  /** A write of the thread pool. */
  private follow(writing: Promise<number>): void {
    this.underWay = writing
      .then(
        (written) => this.took(written),
        () => this.dropCurrent(),
      )
      .then(() => {
        this.underWay = undefined;
        this.drain();
      });
  }

  private took(bytes: number): void {
    this.current = this.current.subarray(bytes);
    if (this.untold === 0 || this.current.length > 0 || this.pending.length > 0) return;
    this.pending.push(`(${this.untold} log lines were lost here: the console could not take them)\n`);
    this.untold = 0;
  }

  private dropCurrent(): void {
    const lines = this.current.reduce((count, byte) => count + (byte === LINE_END ? 1 : 0), 0);
    this.lose(lines);
    this.current = Buffer.alloc(0);
  }

  /** Takes the next lines when there is nothing under way; false when there are none. */
  private fill(): boolean {
    if (this.current.length > 0) return true;
    const { pending } = this;
    if (pending.length === 0) return false;
    let lines = 1;
    let size = Buffer.byteLength(pending.at(0));
    while (lines < pending.length) {
      size += Buffer.byteLength(pending.at(lines));
      if (size > this.descriptor.maxBytes) break;
      lines++;
    }
    this.current = Buffer.from(pending.slice(0, lines).join(''));
    pending.drop(lines);
    return true;
  }
}
