import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const RUN_TIMEOUT_MS = 60_000;

/** Runs a program in Node while this process goes on, for servers of the test to answer it. */
export async function runNode(cwd: string, ...args: string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd, timeout: RUN_TIMEOUT_MS });
  return stdout;
}
