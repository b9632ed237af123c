// Builds the client library into build/client: client.js (browsers, everything in one file), node.js,
// names.js and the type declarations.
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { writeChanged } from './build/write-changed.mjs';

const root = fileURLToPath(new URL('../', import.meta.url));
export const CLIENT_FOLDER = `${root}build/client`;
/** Minified and gzipped, names included. */
export const CLIENT_SIZE_LIMIT = 21_500;

const COMMON = {
  bundle: true,
  format: 'esm',
  absWorkingDir: root,
  outdir: CLIENT_FOLDER,
  write: false,
  logLevel: 'warning',
};
const BROWSER = { ...COMMON, platform: 'browser', target: 'es2022', minify: true };
const NODE = { ...COMMON, platform: 'node', target: 'node18', packages: 'external' };

/** @param {import('esbuild').BuildOptions} options with `write: false` */
export async function bundle(options) {
  const { outputFiles = [] } = await build(options);
  await Promise.all(outputFiles.map(({ path, contents }) => writeChanged(path, contents)));
}

export async function buildClient() {
  await Promise.all([
    // Two builds: each file stands alone.
    bundle({ ...BROWSER, entryPoints: { client: 'src/client/index.ts' } }),
    bundle({ ...BROWSER, entryPoints: { names: 'src/client/names.ts' } }),
    bundle({ ...NODE, entryPoints: { node: 'src/client/node.ts' } }),
    emitTypes(),
  ]);
}

async function emitTypes() {
  const tsc = `${root}node_modules/typescript/bin/tsc`;
  const flags = [
    '--noEmit',
    'false',
    '--declaration',
    '--emitDeclarationOnly',
    '--rootDir',
    'src',
    '--outDir',
    'build/client/types',
  ];
  await promisify(execFile)(process.execPath, [tsc, '-p', 'src/client', ...flags], { cwd: root });
}

/** Bytes of the built browser modules after gzip. */
export async function clientSizes() {
  const size = async (file) => gzipSync(await readFile(`${CLIENT_FOLDER}/${file}`), { level: 9 }).length;
  return { client: await size('client.js'), names: await size('names.js') };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await buildClient();
  const { client, names } = await clientSizes();
  console.log(
    `client.js ${client} bytes, names.js ${names} bytes (gzip); together at most ${CLIENT_SIZE_LIMIT}`,
  );
}
