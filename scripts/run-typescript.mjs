import { spawn } from 'node:child_process';
import { root } from './project.mjs';

/**
 * Runs a program of the checkout that is written in TypeScript, with the arguments and standard streams of this
 * process; its exit code becomes ours.
 * @param {string} path relative to the checkout
 */
export function runTypeScript(path) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['--import', 'tsx', path, ...process.argv.slice(2)], {
      cwd: root,
      stdio: 'inherit',
    });
    child.on('error', reject);
    child.on('exit', (code, signal) => {
      process.exitCode = signal === null ? code : 1;
      resolve();
    });
  });
}
