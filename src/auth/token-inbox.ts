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
/** A file that each request rewrites, so that the driver notices. */
export const INBOX_STAMP = 'stamp';
const POLL_MS = 1000;
const DEBOUNCE_MS = 50;

/**
 * Carries out the requests that `vscpl2drv-websocksrv token` leaves. Only the driver writes the file of
 * tokens, so two writers never meet. Requests made while the driver is closed are carried out when it opens.
 */
export class TokenInbox {
  readonly #folder: string;
  readonly #tokens: TokenStore;
  readonly #log: Logger;
  /** Appended to the name of a request that this server carries out, so that no other one does. */
  readonly #claim: string;
  #watcher: FileWatcher | undefined;

  private constructor(stateDir: string, tokens: TokenStore, log: Logger, node: number | undefined) {
    this.#folder = join(stateDir, INBOX);
    this.#tokens = tokens;
    this.#log = log;
    this.#claim = node === undefined ? '' : `.node-${node}`;
  }

  /** @param node number of this server among those that share the folder; undefined = it is alone */
  static async open(stateDir: string, tokens: TokenStore, log: Logger, node?: number): Promise<TokenInbox> {
    const inbox = new TokenInbox(stateDir, tokens, log, node);
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
    const waiting = names.filter((name) => name.endsWith('.json') || name.endsWith(`.json${this.#claim}`));
    for (const name of waiting.sort()) {
      const path = await this.#claimed(join(this.#folder, name));
      if (path === undefined) continue;
      try {
        await this.#obey(path);
      } catch (error) {
        this.#log.err(`${path}: not done: ${errorMessage(error)}`);
      }
      // Whether it worked or not, the request must not run again.
      await fs.rm(path).catch((error: unknown) => {
        this.#log.err(`${path}: cannot be removed (${fileErrorReason(error)})`);
      });
    }
  }

  /** @returns its name from now on; undefined when another server took it */
  async #claimed(path: string): Promise<string | undefined> {
    if (path.endsWith(`.json${this.#claim}`)) return path;
    const claimed = `${path}${this.#claim}`;
    return fs.rename(path, claimed).then(
      () => claimed,
      () => undefined,
    );
  }

  async #obey(path: string): Promise<void> {
    const { uid } = await fs.lstat(path);
    // Only root and the driver's own user may make tokens, whatever the folder's mode is.
    if (uid !== 0 && uid !== process.geteuid?.()) throw new Error(`it belongs to another user (${uid})`);
    const text = await readTextFile(path);
    if (!text.ok) throw new Error(text.reason);
    const request: unknown = JSON.parse(text.value);
    if (!isObject(request) || request.version !== 1) throw new Error('it is not a request of version 1');
    if (Array.isArray(request.revoke)) {
      const revoked = await this.#tokens.revoke(request.revoke.map(String));
      this.#log.info(`tokens revoked by the command line: ${revoked}`);
    } else {
      const token = tokenFromJson(request.add);
      if (!token.ok) throw new Error(token.reason);
      await this.#tokens.add(token.value);
      this.#log.info(`the command line made token ${token.value.id} of user ${token.value.user}`);
    }
  }
}
