import { execFile } from 'node:child_process';
import { mkdir, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const SOURCES = fileURLToPath(new URL('./native/', import.meta.url));
/** The folder of host_abi.h, on which driver and host agree. */
const SHIM = fileURLToPath(new URL('../../native-shim/', import.meta.url));

/** The sources of each program in addition to those that all share. */
const PROGRAMS = {
  client: ['client.c', 'connection.c', 'sender.c', 'hmac.c'],
  writer: ['writer.c'],
  feeder: ['feeder.c'],
  'slow-sync.so': ['slow-sync.c'],
} as const;
const SHARED = ['common.c', 'event-frame.c'];

export type ProgramName = keyof typeof PROGRAMS;
export type Programs = Record<ProgramName, string>;

async function newestSource(): Promise<number> {
  const paths = (await readdir(SOURCES)).map((name) => join(SOURCES, name));
  paths.push(join(SHIM, 'host_abi.h'));
  const times = await Promise.all(paths.map(async (path) => (await stat(path)).mtimeMs));
  return Math.max(...times);
}

async function isCurrent(program: string, newestMs: number): Promise<boolean> {
  return stat(program).then(
    (found) => found.mtimeMs > newestMs,
    () => false,
  );
}

/**
 * Compiles the C programs of the benchmark into `folder` when their sources are newer; returns their paths.
 * Rejects with the compiler's messages.
 */
export async function buildPrograms(folder: string): Promise<Programs> {
  await mkdir(folder, { recursive: true });
  const newestMs = await newestSource();
  const programs: Programs = { client: '', writer: '', feeder: '', 'slow-sync.so': '' };
  for (const name of Object.keys(PROGRAMS) as ProgramName[]) {
    const program = join(folder, name);
    programs[name] = program;
    if (await isCurrent(program, newestMs)) continue;
    const isLibrary = name.endsWith('.so');
    const sources = [...PROGRAMS[name], ...(isLibrary ? [] : SHARED)].map((source) => join(SOURCES, source));
    const flags = ['-std=c11', '-O2', '-Wall', '-Wextra', `-I${SHIM}`, '-DHOST_2026', '-o', program];
    // common.c counts the writes of the libraries that a program loads, too.
    flags.push(...(isLibrary ? ['-shared', '-fPIC'] : ['-rdynamic']));
    await run(process.env.CC ?? 'cc', [...flags, ...sources, '-ldl', '-lpthread']);
  }
  return programs;
}
