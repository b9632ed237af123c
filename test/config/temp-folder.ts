import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after } from 'node:test';

/** A folder that goes when the test file is through; `file` writes into it and returns the path. */
export function tempFolder(): { path: string; file(name: string, text: string, mode?: number): string } {
  const path = mkdtempSync(join(tmpdir(), 'websocksrv-test-'));
  after(() => rmSync(path, { recursive: true, force: true }));
  return {
    path,
    file(name, text, mode = 0o600) {
      const full = join(path, name);
      mkdirSync(dirname(full), { recursive: true });
      writeFileSync(full, text, { mode });
      return full;
    },
  };
}
