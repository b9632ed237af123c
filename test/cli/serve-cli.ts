import { execFileSync } from 'node:child_process';
import { symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ROOT } from '../scripts/load-script.ts';
import { CLI } from './run-cli.ts';

// The command `serve` finds the server beside itself, and the server koffi, with which it logs to sockets.
const folder = dirname(CLI);
symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
execFileSync(process.execPath, [join(ROOT, 'scripts', 'build-serve.mjs'), join(folder, 'serve.cjs')]);

/** The port that a server's log or console names; 0 while it does not. */
export function portIn(log: string): number {
  return Number(/listens on ws:\/\/\S+:(\d+)/.exec(log)?.[1] ?? 0);
}
