import { promises as fs } from 'node:fs';
import { join } from 'node:path';
import { FileWatcher } from '../config/file-watcher.ts';
import { fileErrorReason, readTextFile } from '../config/text-file.ts';
import { errorMessage } from '../core/errors.ts';
import { isObject } from '../core/values.ts';
import type { Logger } from '../logging/logger.ts';
import { tokenFromJson } from './token.ts';
import type { TokenStore } from './token-store.ts';

/** Sub-folder of the state folder in which the command line leaves requests, each a file of its own. */
export const INBOX = 'inbox';
/** Written anew with each request, so that the driver looks. */
export const INBOX_STAMP = 'stamp';
const POLL_MS = 1000;
const DEBOUNCE_MS = 50;

/**
 * Takes requests that `vscpl2drv-websocksrv token` left: the driver alone writes the file of tokens, so that no two
 * writers meet, and what was asked while it was closed is done when it opens.
 */
export class TokenInbox {
  readonly #folder: string;
  readonly #tokens: TokenStore;
  readonly #log: Logger;
  #watcher: FileWatcher | undefined;

  private constructor(stateDir: string, tokens: TokenStore, log: Logger) {
    this.#folder = join(stateDir, INBOX);
    this.#tokens = tokens;
    this.#log = log;
  }

  static async open(stateDir: string, tokens: TokenStore, log: Logger): Promise<TokenInbox> {
    const inbox = new TokenInbox(stateDir, tokens, log);
    await fs.mkdir(inbox.#folder, { mode: 0o700 }).catch(() => undefined);
    inbox.#watcher = new FileWatcher({
      paths: [join(inbox.#folder, INBOX_STAMP)],
      onChange: () => inbox.#take(),
      debounceMs: DEBOUNCE_MS,
      pollMs: POLL_MS,
    });
    await inbox.#watcher.ready;
    await inbox.#take();
    return inbox;
  }

  close(): void {
    this.#watcher?.close();
  }

  async #take(): Promise<void> {
    const names = await fs.readdir(this.#folder).catch(() => []);
    for (const name of names.filter((candidate) => candidate.endsWith('.json')).sort()) {
      const path = join(this.#folder, name);
      try {
        await this.#obey(path);
      } catch (error) {
        this.#log.err(`${path}: not done: ${errorMessage(error)}`);
      }
      // Done or not: it must not be done again.
      await fs.rm(path).catch((error: unknown) => {
        this.#log.err(`${path}: cannot be removed (${fileErrorReason(error)})`);
      });
    }
  }

  async #obey(path: string): Promise<void> {
    const { uid } = await fs.lstat(path);
    // Root's, and those of whoever runs the driver: nobody else is to make tokens, whatever the folder's mode is.
    if (uid !== 0 && uid !== process.geteuid?.()) throw new Error(`it is of another user (${uid})`);
    const text = await readTextFile(path);
    if (!text.ok) throw new Error(text.reason);
    const request: unknown = JSON.parse(text.value);
    if (!isObject(request) || request.version !== 1) throw new Error('no request of version 1');
    if (Array.isArray(request.revoke)) {
      const revoked = await this.#tokens.revoke(request.revoke.map(String));
      this.#log.info(`tokens revoked: ${revoked}, by the command line`);
    } else {
      const token = tokenFromJson(request.add);
      if (!token.ok) throw new Error(token.reason);
      await this.#tokens.add(token.value);
      this.#log.info(`token ${token.value.id} of user ${token.value.user} made, by the command line`);
    }
  }
}
