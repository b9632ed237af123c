import { constants, promises as fs } from 'node:fs';
import { dirname, join } from 'node:path';
import { rightsOfOthers } from '../config/file-rights.ts';
import { fileErrorReason } from '../config/text-file.ts';
import { errorCode } from '../core/errors.ts';
import type { Logger } from '../logging/logger.ts';
import { makeFolder } from '../logging/make-folder.ts';
import { lockFolder } from './folder-lock.ts';
import { StateFile, type StateFileOptions } from './state-file.ts';
import { removeTemporaries } from './whole-file.ts';

const OWNER_ONLY = 0o700;
/** A server that is closing takes less than this. */
const LOCK_WAIT_MS = 3000;
/** Nobody writes a file for so long. */
const OLD_MS = 3_600_000;

/**
 * The folder for what the driver itself writes (key `state-dir`). It belongs to one server alone, or to the
 * nodes that share their events; each of those has a folder of its own in it.
 */
export class StateFolder {
  readonly path: string;
  readonly #log: Logger;
  /** Undefined = nothing can be written here. */
  readonly #release: (() => Promise<void>) | undefined;
  readonly #isShared: boolean;
  #closing: Promise<void> | undefined;

  private constructor(
    path: string,
    log: Logger,
    release: (() => Promise<void>) | undefined,
    isShared = false,
  ) {
    this.path = path;
    this.#log = log;
    this.#release = release;
    this.#isShared = isShared;
  }

  /**
   * Makes the folder if it is missing, and takes it. A folder that cannot be written is reported in the log
   * and does not keep the driver from opening: it then keeps its state in memory.
   * @throws Error when another server has it
   */
  static async open(path: string, log: Logger, minAgeMs = 0): Promise<StateFolder> {
    const reason = await prepare(path).catch(fileErrorReason);
    if (reason !== undefined) return unwritable(path, log, reason);
    const lock = await lockFolder(path, LOCK_WAIT_MS);
    if (lock.kind === 'taken') throw new Error(`${takenText(path, lock.holder)}; give each its own`);
    if (lock.kind === 'failed') return unwritable(path, log, fileErrorReason(lock.error));
    await removeTemporaries(path, minAgeMs).catch(() => undefined);
    for (const warning of await rightsOfOthers(path, true)) log.warn(`state-dir: ${path} ${warning}`);
    return new StateFolder(path, log, lock.release);
  }

  /**
   * As `open`, for one of several nodes.
   * @throws Error when a server that does not share has the folder, or a node with the same number runs
   */
  static async openShared(path: string, node: number, log: Logger): Promise<StateFolder> {
    const whole = await StateFolder.open(path, log, OLD_MS);
    if (!whole.isWritable) return whole;
    await whole.close();
    const own = nodeFolder(path, node);
    await fs.mkdir(own, OWNER_ONLY).catch((error: unknown) => {
      if (errorCode(error) !== 'EEXIST') throw error;
    });
    const lock = await lockFolder(own, LOCK_WAIT_MS);
    if (lock.kind === 'taken')
      throw new Error(`${takenText(own, lock.holder)}; each node needs its own mqtt.node-number`);
    if (lock.kind === 'failed') return unwritable(path, log, fileErrorReason(lock.error));
    return new StateFolder(path, log, lock.release, true);
  }

  /** A folder that may belong to another server: the driver reads its files, and writes nothing. */
  static readOnly(path: string, log: Logger): StateFolder {
    return new StateFolder(path, log, undefined);
  }

  get isWritable(): boolean {
    return this.#release !== undefined;
  }

  file<T>(name: string, options: Pick<StateFileOptions<T>, 'version' | 'parse'>): StateFile<T> {
    const { path, isWritable } = this;
    const isShared = this.#isShared;
    return new StateFile({
      ...options,
      path: join(path, name),
      log: this.#log,
      isOurs: isWritable,
      isShared,
    });
  }

  async close(): Promise<void> {
    this.#closing ??= this.#release?.();
    await this.#closing;
  }
}

/** What one of several nodes keeps for itself. */
export function nodeFolder(stateDir: string, node: number): string {
  return join(stateDir, `node-${node}`);
}

function takenText(path: string, holder: string | undefined): string {
  const who = holder === undefined ? '' : ` (process ${holder})`;
  return `state-dir: ${path} belongs to another server that runs${who}`;
}

async function prepare(path: string): Promise<undefined> {
  await makeFolder(dirname(path));
  await fs.mkdir(path, OWNER_ONLY).catch((error: unknown) => {
    if (errorCode(error) !== 'EEXIST') throw error;
  });
  await fs.access(path, constants.W_OK | constants.X_OK);
  return undefined;
}

function unwritable(path: string, log: Logger, reason: string): StateFolder {
  log.err(
    `state-dir: ${path} cannot be written (${reason}); tokens are kept in memory, until the driver closes`,
  );
  return StateFolder.readOnly(path, log);
}
