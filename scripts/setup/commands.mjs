import { spawn } from 'node:child_process';
import { root } from '../project.mjs';
import { StepError } from './progress.mjs';

/**
 * Runs a program without a shell and without stdin.
 * @param {string} program
 * @param {string[]} args
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv, show?: boolean }} [options] `show`: output goes to the
 *   terminal as it comes instead of being collected
 * @returns {Promise<{ code: number, stdout: string, output: string }>} `output` = stdout and stderr as they came;
 *   code 127 when the program is not there
 */
export function run(program, args, options = {}) {
  return new Promise((resolve) => {
    const child = spawn(program, args, {
      cwd: options.cwd ?? root,
      env: options.env ?? process.env,
      stdio: options.show ? ['ignore', 'inherit', 'inherit'] : ['ignore', 'pipe', 'pipe'],
    });
    let stdout = '';
    let output = '';
    child.stdout?.setEncoding('utf8').on('data', (text) => {
      stdout += text;
      output += text;
    });
    child.stderr?.setEncoding('utf8').on('data', (text) => {
      output += text;
    });
    child.on('error', (error) => resolve({ code: 127, stdout, output: `${output}${error.message}\n` }));
    child.on('close', (code) => resolve({ code: code ?? 128, stdout, output }));
  });
}

/** As run(), but any exit code other than 0 is a StepError with that remedy. Returns stdout. */
export async function mustRun(program, args, options = {}, remedy = undefined) {
  const result = await run(program, args, options);
  if (result.code === 0) return result.stdout;
  throw new StepError(`${[program, ...args].join(' ')} ended with code ${result.code}`, {
    output: result.output,
    remedy,
  });
}

/**
 * The environment without what npm put into it: node-gyp prefers `npm_config_*` (for example a nodedir in a
 * user's npmrc) to its own arguments.
 */
export function environmentWithoutNpm() {
  return Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^npm_(config|package)_/i.test(name)),
  );
}
