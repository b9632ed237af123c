import { type FSWatcher, promises as fs, watch } from 'node:fs';
import { basename, dirname } from 'node:path';

export interface FileWatcherOptions {
  /** Any number of files; `onChange` is called once for changes close together. */
  paths: readonly string[];
  /** Called soon after one of the files was changed, replaced, made or removed. */
  onChange: () => void | Promise<void>;
  /** How long a file must be quiet: editors write in several steps. */
  debounceMs?: number;
  /** How often to look at the files without a notification: notifications get lost on network disks. */
  pollMs?: number;
}

const DEBOUNCE_MS = 200;
const POLL_MS = 3000;

/**
 * Notices when files change. It watches their folders, because editors replace files instead of writing into
 * them, and looks at the files themselves every few seconds. Never throws, and never keeps the process alive.
 */
export class FileWatcher {
  private readonly options: FileWatcherOptions;
  private readonly folders = new Map<string, FSWatcher>();
  private known: string | undefined;
  private debounceTimer: NodeJS.Timeout | undefined;
  private readonly pollTimer: NodeJS.Timeout;
  private checking = false;
  private closed = false;
  /** Resolves when the first state of the files has been recorded; later states are compared with it. */
  readonly ready: Promise<void>;

  constructor(options: FileWatcherOptions) {
    this.options = options;
    this.watchFolders();
    this.ready = this.look().then((seen) => {
      this.known ??= seen;
    });
    this.pollTimer = setInterval(() => {
      this.watchFolders();
      void this.check();
    }, options.pollMs ?? POLL_MS);
    this.pollTimer.unref();
  }

  close(): void {
    this.closed = true;
    clearInterval(this.pollTimer);
    clearTimeout(this.debounceTimer);
    for (const watcher of this.folders.values()) watcher.close();
    this.folders.clear();
  }

  private watchFolders(): void {
    for (const folder of new Set(this.options.paths.map((path) => dirname(path)))) {
      if (!this.folders.has(folder)) this.watchFolder(folder);
    }
  }

  private watchFolder(folder: string): void {
    const names = new Set(
      this.options.paths.filter((path) => dirname(path) === folder).map((path) => basename(path)),
    );
    try {
      const watcher = watch(folder, { persistent: false }, (_event, name) => {
        if (name === null || names.has(name)) this.soon();
      });
      watcher.on('error', () => this.forget(folder));
      this.folders.set(folder, watcher);
    } catch {
      // No such folder, or no watches left: the next poll tries again and looks at the files anyway.
    }
  }

  private forget(folder: string): void {
    this.folders.get(folder)?.close();
    this.folders.delete(folder);
  }

  private soon(): void {
    if (this.closed) return;
    clearTimeout(this.debounceTimer);
    this.debounceTimer = setTimeout(() => void this.check(), this.options.debounceMs ?? DEBOUNCE_MS);
    this.debounceTimer.unref();
  }

  private async check(): Promise<void> {
    if (this.checking || this.closed) return;
    this.checking = true;
    try {
      await this.ready;
      const seen = await this.look();
      if (seen === this.known || this.closed) return;
      this.known = seen;
      await this.options.onChange();
      // A change made while `onChange` read the old content would otherwise wait for the next poll.
      if ((await this.look()) !== this.known) this.soon();
    } catch {
      // A failing listener must not end the watch.
    } finally {
      this.checking = false;
    }
  }

  /** One text for the state of all files; a missing one counts as a state too. */
  private async look(): Promise<string> {
    const states = this.options.paths.map((path) =>
      fs.stat(path, { bigint: true }).then(
        ({ ino, size, mtimeNs, ctimeNs }) => `${ino}:${size}:${mtimeNs}:${ctimeNs}`,
        () => 'missing',
      ),
    );
    return (await Promise.all(states)).join('|');
  }
}
