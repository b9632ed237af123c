import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Folders for the tests of one file: `next` makes one, `removeAll` takes them away, after what uses them is closed. */
export class TemporaryFolders {
  readonly #prefix: string;
  readonly #paths: string[] = [];

  constructor(prefix: string) {
    this.#prefix = prefix;
  }

  next(): string {
    const path = mkdtempSync(join(tmpdir(), this.#prefix));
    this.#paths.push(path);
    return path;
  }

  removeAll(): void {
    for (const path of this.#paths.splice(0)) rmSync(path, { recursive: true, force: true });
  }
}
