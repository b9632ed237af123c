import { EventEmitter } from 'node:events';
import { isDeepStrictEqual } from 'node:util';
import { readDocumentFile } from '../config/config-source.ts';
import { hideKeys } from '../config/document.ts';
import { rightsOfOthers } from '../config/file-rights.ts';
import { FileWatcher } from '../config/file-watcher.ts';
import { errorMessage } from '../core/errors.ts';
import type { Logger } from '../logging/logger.ts';
import type { User, UserSource } from './user.ts';
import { parseUsers } from './users-file.ts';

/** What a new version of the file means for sessions that are logged in. */
export interface UserChange {
  /** Names of users that are gone. */
  removed: string[];
  /** Users that existed before and are different now. */
  updated: User[];
}

export interface UserDatabaseOptions {
  /** JSON or XML file. */
  path: string;
  log: Logger;
  /** For tests; see FileWatcher. */
  debounceMs?: number;
  pollMs?: number;
}

export type UsersResult =
  | { ok: true; users: Map<string, User>; warnings: string[] }
  | { ok: false; problems: string[]; warnings: string[] };

/** Reads a user database file; every line of the result names the file. Never rejects. */
export async function readUsers(path: string): Promise<UsersResult> {
  const document = await readDocumentFile(path);
  if (!document.ok) return { ok: false, problems: [document.reason], warnings: [] };
  const { users, problems, warnings } = parseUsers(document.value.root);
  const say = (text: string): string => `${path}: ${hideKeys(text)}`;
  const named = [...warnings, ...(await rightsOfOthers(path, true))].map(say);
  if (problems.length > 0) {
    return { ok: false, problems: problems.map(({ message }) => say(message)), warnings: named };
  }
  return { ok: true, users, warnings: named };
}

/**
 * The users of the server. `load` reads the file once; after `watch`, the driver picks up edits: a good new
 * version takes effect at once and emits the event `change`, a bad one is logged and changes nothing.
 */
export class UserDatabase extends EventEmitter implements UserSource {
  private readonly options: UserDatabaseOptions;
  private users = new Map<string, User>();
  private readonly saidWarnings = new Set<string>();
  private watcher: FileWatcher | undefined;

  constructor(options: UserDatabaseOptions) {
    super();
    this.options = options;
  }

  override on(event: 'change', listener: (change: UserChange) => void): this {
    return super.on(event, listener);
  }

  get(name: string): User | undefined {
    return this.users.get(name);
  }

  get size(): number {
    return this.users.size;
  }

  /** Reads the file for the first time. Logs nothing: the caller reports problems and warnings. */
  async load(): Promise<UsersResult> {
    const result = await readUsers(this.options.path);
    for (const warning of result.warnings) this.saidWarnings.add(warning);
    if (result.ok) this.users = result.users;
    return result;
  }

  /** Begins to follow the file. Resolves once every later edit is sure to be noticed. */
  async watch(): Promise<void> {
    const { path, debounceMs, pollMs } = this.options;
    this.watcher ??= new FileWatcher({
      paths: [path],
      onChange: () => this.reload(),
      ...(debounceMs === undefined ? {} : { debounceMs }),
      ...(pollMs === undefined ? {} : { pollMs }),
    });
    await this.watcher.ready;
  }

  close(): void {
    this.watcher?.close();
    this.watcher = undefined;
    this.removeAllListeners();
  }

  /** Reads the file again at once. */
  async reload(): Promise<void> {
    const { log } = this.options;
    const result = await readUsers(this.options.path);
    if (this.watcher === undefined) return;
    for (const warning of result.warnings) {
      if (!this.saidWarnings.has(warning)) log.warn(warning);
      this.saidWarnings.add(warning);
    }
    if (!result.ok) {
      for (const problem of result.problems) log.err(`${problem}; the users read before stay in force`);
      return;
    }
    const change = difference(this.users, result.users);
    this.users = result.users;
    log.info(`${this.options.path}: read again, ${result.users.size} users`);
    try {
      this.emit('change', change);
    } catch (error) {
      log.err(`after a change of the users: ${errorMessage(error)}`);
    }
  }
}

function difference(before: ReadonlyMap<string, User>, after: ReadonlyMap<string, User>): UserChange {
  const change: UserChange = { removed: [], updated: [] };
  for (const [name, old] of before) {
    const now = after.get(name);
    if (now === undefined) change.removed.push(name);
    else if (!isDeepStrictEqual(old, now)) change.updated.push(now);
  }
  return change;
}
