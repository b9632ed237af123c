import { copyFileSync, existsSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildSync } from 'esbuild';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');

/**
 * The folder of the built programs; `WSD_BUILD=Debug` in the tests' environment selects the sanitized ones.
 */
export const buildDir = join(root, 'build', process.env.WSD_BUILD === 'Debug' ? 'Debug' : 'Release');
/** The C host, built for the 2026 layout and for the classic one. */
export const hostProgram = join(buildDir, 'vscp-l2-host');
export const classicHostProgram = join(buildDir, 'vscp-l2-host-classic');
export const driverLibrary = join(buildDir, 'libvscpl2drv-websocksrv.so');

/** A folder with a copy of the driver library and the test's own bundle beside it. */
export interface DriverFolder {
  path: string;
  library: string;
  remove(): void;
}

/**
 * Makes a folder with the library and with `entry` bundled as websocksrv.cjs; without an entry there is no
 * bundle.
 */
export function makeDriverFolder(entry?: string): DriverFolder {
  const path = mkdtempSync(join(tmpdir(), 'websocksrv-driver-'));
  const library = join(path, 'libvscpl2drv-websocksrv.so');
  copyFileSync(driverLibrary, library);
  for (const name of existsSync(buildDir) ? readdirSync(join(root, 'build', 'Release')) : []) {
    if (name.startsWith('libnode.so')) symlinkSync(join(root, 'build', 'Release', name), join(path, name));
  }
  symlinkSync(join(root, 'node_modules'), join(path, 'node_modules'));
  const history = 'websocksrv-history.cjs';
  symlinkSync(join(root, 'build', 'Release', history), join(path, history));
  if (entry !== undefined) bundle(entry, join(path, 'websocksrv.cjs'));
  return { path, library, remove: () => rmSync(path, { recursive: true, force: true }) };
}

function bundle(entry: string, outfile: string): void {
  buildSync({
    entryPoints: [entry],
    bundle: true,
    platform: 'node',
    target: 'node18',
    format: 'cjs',
    external: ['koffi'],
    outfile,
    logLevel: 'warning',
  });
}

/** The entry of the bundle that hands events back: test/support/echo-driver.ts. */
export const echoEntry = join(root, 'test', 'support', 'echo-driver.ts');
