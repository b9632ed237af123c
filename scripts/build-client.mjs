// Builds the client library into build/client: client.js (browsers, everything in one file), node.js,
// names.js and the type declarations.
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('../', import.meta.url));
export const CLIENT_FOLDER = `${root}build/client`;
/** Minified and gzipped, names included. */
export const CLIENT_SIZE_LIMIT = 16_000;

const COMMON = { bundle: true, format: 'esm', target: 'es2022', absWorkingDir: root, logLevel: 'warning' };

export async function buildClient({ types = true } = {}) {
  const browser = { ...COMMON, platform: 'browser', minify: true, sourcemap: true };
  await Promise.all([
    build({ ...browser, entryPoints: ['src/client/index.ts'], outfile: 'build/client/client.js' }),
    build({ ...browser, entryPoints: ['src/client/names.ts'], outfile: 'build/client/names.js' }),
    build({
      ...COMMON,
      platform: 'node',
      target: 'node18',
      packages: 'external',
      entryPoints: ['src/client/node.ts'],
      outfile: 'build/client/node.js',
    }),
    types && emitTypes(),
  ]);
}

async function emitTypes() {
  const tsc = `${root}node_modules/typescript/bin/tsc`;
  const flags = [
    '--noEmit',
    'false',
    '--declaration',
    '--emitDeclarationOnly',
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
