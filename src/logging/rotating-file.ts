import { closeSync, promises as fs, fstatSync, openSync, writeSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { errorMessage } from '../core/errors.ts';
import { LineQueue } from './line-queue.ts';
import { LOG_FILE_MODE, type LogFile, logFileFlags, openLogFile, shiftOldFiles } from './log-file.ts';
import { checkNotPlanted, resolveOwnLink } from './own-link.ts';

export interface RotatingFileOptions {
  path: string;
  /** Bytes a file may hold; a single longer line gets a file of its own. */
  maxSize: number;
  /** Old files kept: `name.1.log` (newest) to `name.N.log`. */
  maxFiles: number;
  /** Most characters of lines that may wait for the disk; beyond it, new lines are dropped and counted. */
  maxPending?: number;
  /** Called once when writing begins to fail, and once when it works again. */
  onTrouble?: (message: string) => void;
  retryMs?: number;
}

const BATCH_BYTES = 256 * 1024;
const MAX_PENDING = 32 * 1024 * 1024;
const RETRY_MS = 1000;
const STAT_INTERVAL_MS = 2000;
/** Lines that come within this time after a write go into the next one together. */
const GATHER_MS = 20;
/** How long the last words wait for a write under way: they must follow it, but the disk may hang. */
const FLIGHT_MS = 200;

/**
 * Appends lines to a file of bounded size and keeps a bounded number of older files. It takes lines at once,
 * and one asynchronous loop writes them in batches: this keeps their order, and a burst costs only memory, up
 * to `maxPending`. A disk that is full, read-only or gone never makes it throw: the loop tries again every
 * second and says afterwards how many lines were lost.
 */
export class RotatingFile {
  private readonly options: RotatingFileOptions;
  private readonly maxPending: number;
  private readonly pending = new LineQueue();
  /** Bytes of the oldest line that are already in the file, since a full disk may cut a line anywhere. */
  private cutAt = 0;
  /** How many of the oldest pending lines a write under way holds. */
  private inFlight = 0;
  /** Size of the file after that write. */
  private flightEnd = 0;
  private lost = 0;
  /** Number of lost lines that no line in the file mentions yet. */
  private untold = 0;
  private file: LogFile | undefined;
  private running: Promise<void> | undefined;
  private retryTimer: NodeJS.Timeout | undefined;
  private failing = false;
  private closed = false;
  private checkedAt = 0;

  constructor(options: RotatingFileOptions) {
    this.options = options;
    this.maxPending = options.maxPending ?? MAX_PENDING;
  }

  /** Number of lines dropped since the beginning. */
  get lostLines(): number {
    return this.lost;
  }

  /**
   * Takes a line, without the line break, and returns at once; false when there was no room and it was
   * dropped.
   */
  write(line: string): boolean {
    if (this.closed || this.pending.size + line.length > this.maxPending) {
      this.lose(1);
      return false;
    }
    this.pending.push(`${line}\n`);
    this.start();
    return true;
  }

  /** Resolves when all lines taken so far are written or have failed to be written. */
  async flush(): Promise<void> {
    this.start();
    await this.running;
  }

  /**
   * Tries once to write the waiting lines, and closes the file. Waits at most `timeoutMs`, since a disk may
   * hang.
   */
  async close(timeoutMs = 1000): Promise<void> {
    this.closed = true;
    clearTimeout(this.retryTimer);
    this.retryTimer = undefined;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, timeoutMs);
    });
    await Promise.race([this.finish(), late]);
    clearTimeout(timer);
  }

  /** Writes the waiting lines before it returns; for the last words of a dying environment. */
  flushSync(): void {
    const lines = this.pending.cutFrom(this.inFlight);
    if (lines.length === 0) return;
    const from = this.inFlight === 0 ? this.cutAt : 0;
    this.awaitFlight();
    let fd: number | undefined;
    try {
      const path = this.file?.path ?? this.options.path;
      fd = openSync(path, logFileFlags(path), LOG_FILE_MODE);
      checkNotPlanted(path, fd);
      writeSync(fd, Buffer.from(lines.join('')).subarray(from));
    } catch {
      this.lose(lines.length);
    } finally {
      if (fd !== undefined) closeSync(fd);
    }
  }

  /**
   * Gives the thread pool, which needs nothing from this thread, time to finish a write that is under way.
   */
  private awaitFlight(): void {
    const { file } = this;
    if (this.inFlight === 0 || file === undefined || !file.rotatable) return;
    const deadline = performance.now() + FLIGHT_MS;
    const pause = new Int32Array(new SharedArrayBuffer(4));
    while (fstatSync(file.handle.fd).size < this.flightEnd && performance.now() < deadline) {
      Atomics.wait(pause, 0, 0, 1);
    }
  }

  private lose(lines: number): void {
    this.lost += lines;
    this.untold += lines;
  }

  private async finish(): Promise<void> {
    await this.flush();
    // Lines that came during a failing attempt get their one attempt too.
    if (this.pending.length > 0 && !this.failing) await this.flush();
    await this.closeFile();
  }

  private start(): void {
    if (this.running !== undefined || this.retryTimer !== undefined) return;
    if (this.pending.length === 0) return;
    this.running = this.drain().finally(() => {
      this.running = undefined;
      if (this.failing && !this.closed) this.retryLater();
    });
  }

  private retryLater(): void {
    this.retryTimer = setTimeout(() => {
      this.retryTimer = undefined;
      this.start();
    }, this.options.retryMs ?? RETRY_MS);
    this.retryTimer.unref();
  }

  private async drain(): Promise<void> {
    // This waits for one turn, so that lines of the same turn go into one write.
    await new Promise(setImmediate);
    while (this.pending.length > 0) {
      try {
        const file = await this.ready();
        await this.writeBatch(file);
        if (this.failing || this.untold > 0) this.recovered();
        if (!this.closed) await sleep(GATHER_MS);
      } catch (error) {
        await this.failed(error);
        return;
      }
    }
  }

  /** Returns the open file with room for the next line; opens, reopens or rotates it as needed. */
  private async ready(): Promise<LogFile> {
    if (this.file !== undefined && performance.now() - this.checkedAt > STAT_INTERVAL_MS)
      await this.checkInPlace(this.file);
    this.file ??= await this.open();
    const next = Buffer.byteLength(this.pending.at(0));
    if (this.file.rotatable && this.file.size > 0 && this.file.size + next > this.options.maxSize) {
      this.file = await this.rotate(this.file);
    }
    return this.file;
  }

  private async open(): Promise<LogFile> {
    const file = await openLogFile(this.options.path);
    this.checkedAt = performance.now();
    return file;
  }

  /**
   * Lets go of a file that somebody moved or deleted, so that the next one is made at the path again.
   * @returns whether the file is still the one at the path
   */
  private async checkInPlace(file: LogFile): Promise<boolean> {
    this.checkedAt = performance.now();
    // A link at the path may lead elsewhere by now.
    const path = await resolveOwnLink(this.options.path).catch(() => undefined);
    const stat = path === file.path ? await fs.stat(path).catch(() => undefined) : undefined;
    if (stat?.ino !== file.inode) {
      await this.closeFile();
      return false;
    }
    // Another handle of the same process may write to the same file.
    if (file.rotatable) file.size = stat.size;
    return true;
  }

  private async rotate(file: LogFile): Promise<LogFile> {
    if (!(await this.checkInPlace(file))) return this.open();
    try {
      await shiftOldFiles(file.path, this.options.maxFiles);
    } catch {
      // We may have no right to rename in this folder. The bound on the size matters more than old lines.
      await file.handle.truncate(0);
    }
    await this.closeFile();
    const opened = await this.open();
    // Nothing was renamed (no old files are kept), so the file begins anew.
    if (opened.inode === file.inode && opened.size > 0) {
      await opened.handle.truncate(0);
      opened.size = 0;
    }
    return opened;
  }

  /** Writes as many whole lines as fit into the file and one batch; written lines leave the queue. */
  private async writeBatch(file: LogFile): Promise<void> {
    const lines = this.linesThatFit(file);
    const batch = Buffer.from(this.pending.slice(0, lines).join('')).subarray(this.cutAt);
    let written = 0;
    this.inFlight = lines;
    this.flightEnd = file.size + batch.length;
    try {
      while (written < batch.length) {
        const result = await file.handle.write(batch, written, batch.length - written);
        written += result.bytesWritten;
        file.size += result.bytesWritten;
      }
    } finally {
      this.inFlight = 0;
      this.take(lines, batch, written);
    }
  }

  private linesThatFit(file: LogFile): number {
    const room = file.rotatable ? Math.min(BATCH_BYTES, this.options.maxSize - file.size) : BATCH_BYTES;
    let bytes = Buffer.byteLength(this.pending.at(0));
    let lines = 1;
    while (lines < this.pending.length) {
      bytes += Buffer.byteLength(this.pending.at(lines));
      if (bytes > room) break;
      lines++;
    }
    return lines;
  }

  /** Removes written lines from the queue. */
  private take(lines: number, batch: Buffer, written: number): void {
    if (written === batch.length) {
      this.pending.drop(lines);
      this.cutAt = 0;
      return;
    }
    const done = batch.subarray(0, written);
    const whole = done.reduce((count, byte) => count + (byte === 10 ? 1 : 0), 0);
    this.pending.drop(whole);
    this.cutAt = whole === 0 ? this.cutAt + written : written - (done.lastIndexOf(10) + 1);
  }

  private async failed(error: unknown): Promise<void> {
    await this.closeFile();
    if (this.failing) return;
    this.failing = true;
    const reason = errorMessage(error);
    this.options.onTrouble?.(`log file ${this.options.path} cannot be written: ${reason}`);
  }

  private recovered(): void {
    const lost = this.untold;
    this.untold = 0;
    if (this.failing) this.options.onTrouble?.(`log file ${this.options.path} can be written again`);
    this.failing = false;
    if (lost > 0) this.pending.push(`(${lost} log lines were lost here: the file could not take them)\n`);
  }

  private async closeFile(): Promise<void> {
    const file = this.file;
    this.file = undefined;
    await file?.handle.close().catch(() => undefined);
  }
}
