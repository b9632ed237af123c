import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'websocksrv-cli-'));
export const CLI = join(folder, 'cli.mjs');
// Built once a test file, and run outside the project: everything has to be in the one file.
execFileSync(process.execPath, [join(ROOT, 'scripts', 'build-cli.mjs'), CLI]);
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));

export interface CliResult {
  code: number | null;
  out: string;
  err: string;
}

export function startCli(args: string[], env: Record<string, string> = {}): ChildProcess {
  return spawn(process.execPath, [CLI, ...args], {
    cwd: folder,
    stdio: 'pipe',
    env: { PATH: process.env.PATH ?? '', ...env },
  });
}

/** Runs the command-line helper to its end. */
export async function runCli(
  args: string[],
  input = '',
  env: Record<string, string> = {},
): Promise<CliResult> {
  const child = startCli(args, env);
  const result: CliResult = { code: null, out: '', err: '' };
  child.stdout?.on('data', (chunk) => {
    result.out += chunk;
  });
  child.stderr?.on('data', (chunk) => {
    result.err += chunk;
  });
  child.stdin?.on('error', () => undefined);
  child.stdin?.end(input);
  [result.code] = await once(child, 'close');
  return result;
}
