import { type ChildProcess, execFileSync } from 'node:child_process';
import { copyFileSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { TestContext } from 'node:test';
import { ROOT } from '../scripts/load-script.ts';
import { eventually } from '../support/eventually.ts';
import { CLI, startCli } from './run-cli.ts';

// The command `serve` finds the server beside itself, and the server koffi, with which it logs to sockets.
const folder = dirname(CLI);
symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
execFileSync(process.execPath, [join(ROOT, 'scripts', 'build-serve.mjs'), join(folder, 'serve.cjs')]);
// The thread of the history is beside the server, as in a package.
const THREAD = 'websocksrv-history.cjs';
copyFileSync(join(ROOT, 'build', 'Release', THREAD), join(folder, THREAD));

/** The port that a server's log or console names; 0 while it does not. */
export function portIn(log: string): number {
  return Number(/listens on wss?:\/\/\S+:(\d+)/.exec(log)?.[1] ?? 0);
}

export interface ServeProcess {
  process: ChildProcess;
  /** `ws://127.0.0.1:port` */
  url: string;
  /** What it has printed until now. */
  printed(): string;
}

/** Runs `serve` as a process of its own, which ends with the test, and waits until it listens. */
export async function startServe(
  context: Pick<TestContext, 'after'>,
  config: string,
  more: readonly string[] = [],
): Promise<ServeProcess> {
  const server = startCli(['serve', config, ...more]);
  context.after(() => server.kill('SIGKILL'));
  let printed = '';
  for (const stream of [server.stdout, server.stderr]) {
    stream?.on('data', (chunk) => {
      printed += chunk;
    });
  }
  await eventually('it listens', () => portIn(printed) > 0 || server.exitCode !== null).catch(
    () => undefined,
  );
  const port = portIn(printed);
  if (port === 0) throw new Error(`serve does not listen: ${printed}`);
  return { process: server, url: `ws://127.0.0.1:${port}`, printed: () => printed };
}
