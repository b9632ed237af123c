import { promises as fs } from 'node:fs';
import { basename } from 'node:path';
import { fileErrorReason, readTextFile } from '../config/text-file.ts';
import { isObject } from '../core/values.ts';
import type { Logger } from '../logging/logger.ts';
import type { Parsed } from '../vscp/event.ts';
import { lockFile } from './file-lock.ts';
import { writeWholeFile } from './whole-file.ts';

const OWNER_ONLY = 0o600;
const MAX_BYTES = 16 * 1024 * 1024;

export interface StateFileOptions<T> {
  path: string;
  /** Version of the content's form; files of another version are not read. */
  version: number;
  /** Makes the content from the decoded JSON. */
  parse(content: Record<string, unknown>): Parsed<T>;
  log: Logger;
  /** False = nothing is written: the folder belongs to another server, or is read-only. */
  isOurs: boolean;
  /** True = other servers write the file as well. */
  isShared?: boolean;
}

/** One JSON file of the state folder: written whole, one write at a time, with its version inside. */
export class StateFile<T> {
  readonly #options: StateFileOptions<T>;
  #running: Promise<boolean> = Promise.resolve(true);
  #next: Promise<boolean> | undefined;
  #lastFailure: string | undefined;

  constructor(options: StateFileOptions<T>) {
    this.#options = options;
  }

  /**
   * The content; undefined when there is none. A damaged file is put aside, so that somebody can still look
   * at it; it never keeps the driver from opening.
   */
  async load(): Promise<T | undefined> {
    const { path, log } = this.#options;
    const text = await readTextFile(path, MAX_BYTES);
    if (!text.ok && text.reason === 'no such file') return undefined;
    const content = text.ok ? this.#decode(text.value) : text;
    if (content.ok) return content.value;
    const aside = `${basename(path)}.damaged`;
    const isMoved = this.#options.isOurs && (await move(path, `${path}.damaged`));
    const what = `${path}: ${content.reason}`;
    if (isMoved) log.err(`${what}; put aside as ${aside}; a new file is started`);
    else log.err(`${what}; not read, the driver starts without it`);
    return undefined;
  }

  /** Looks at what other servers have written, between two writes of our own. */
  refresh(take: (stored: T) => void): Promise<void> {
    const done = this.#running.then(async () => {
      const stored = await this.load();
      if (stored !== undefined) take(stored);
    });
    this.#running = done.then(() => true);
    return done;
  }

  /**
   * Writes what `content` returns once the previous write is done; calls in the meantime share one write.
   * @param content gets what other servers have written; undefined when there is nothing, or nobody else
   * writes
   * @returns whether it is on the disk. A failure is logged once, and again only after a write has succeeded
   */
  save(content: (stored: T | undefined) => Record<string, unknown>): Promise<boolean> {
    if (!this.#options.isOurs) return Promise.resolve(false);
    if (this.#next === undefined) {
      const next = this.#running.then(() => {
        this.#next = undefined;
        return this.#options.isShared === true ? this.#change(content) : this.#write(content(undefined));
      });
      this.#next = next;
      this.#running = next;
    }
    return this.#next;
  }

  #decode(text: string): Parsed<T> {
    let content: unknown;
    try {
      content = JSON.parse(text);
    } catch {
      return { ok: false, reason: 'is not JSON' };
    }
    const { version, parse } = this.#options;
    if (!isObject(content)) return { ok: false, reason: 'holds no object' };
    if (content.version !== version) {
      return {
        ok: false,
        reason: `is of version ${JSON.stringify(content.version)?.slice(0, 20)}, expected ${version}`,
      };
    }
    return parse(content);
  }

  /** Nobody else can write between our reading and writing. */
  async #change(content: (stored: T | undefined) => Record<string, unknown>): Promise<boolean> {
    let release: (() => Promise<void>) | undefined;
    try {
      release = await lockFile(this.#options.path);
      return await this.#write(content(await this.load()));
    } catch (error) {
      return this.#failed(fileErrorReason(error));
    } finally {
      await release?.().catch(() => undefined);
    }
  }

  async #write(content: Record<string, unknown>): Promise<boolean> {
    const { path, version, log } = this.#options;
    try {
      const text = `${JSON.stringify({ version, ...content }, null, 1)}\n`;
      await writeWholeFile({ path, text, mode: OWNER_ONLY }, true);
      if (this.#lastFailure !== undefined) log.info(`${path}: written again`);
      this.#lastFailure = undefined;
      return true;
    } catch (error) {
      return this.#failed(fileErrorReason(error));
    }
  }

  #failed(reason: string): false {
    const { path, log } = this.#options;
    if (reason !== this.#lastFailure) log.err(`${path}: cannot be written (${reason}); kept in memory`);
    this.#lastFailure = reason;
    return false;
  }
}

function move(from: string, to: string): Promise<boolean> {
  return fs.rename(from, to).then(
    () => true,
    () => false,
  );
}
