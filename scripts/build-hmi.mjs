// Builds the web panel (examples/hmi) and the client library into build/hmi, ready to be a web-root.
import { copyFile, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { brotliCompress, gzip } from 'node:zlib';
import { build } from 'esbuild';
import { buildClient, CLIENT_FOLDER } from './build-client.mjs';

const root = fileURLToPath(new URL('../', import.meta.url));
const source = `${root}examples/hmi`;
/** What the driver's `web-root` has to name. */
export const HMI_FOLDER = `${root}build/hmi`;
const COMPRESSIBLE = /\.(css|js|svg|html)$/;

/** Copies that the static server hands out to clients that take them. */
async function compressAll() {
  for (const file of (await readdir(HMI_FOLDER)).filter((name) => COMPRESSIBLE.test(name))) {
    const path = `${HMI_FOLDER}/${file}`;
    const content = await readFile(path);
    await writeFile(`${path}.gz`, await promisify(gzip)(content, { level: 9 }));
    await writeFile(`${path}.br`, await promisify(brotliCompress)(content));
  }
}

export async function buildHmi() {
  await mkdir(HMI_FOLDER, { recursive: true });
  await buildClient();
  const { metafile } = await build({
    entryPoints: { panel: `${source}/src/main.ts` },
    outdir: HMI_FOLDER,
    bundle: true,
    minify: true,
    format: 'esm',
    target: 'es2022',
    metafile: true,
    absWorkingDir: root,
    logLevel: 'warning',
  });
  const copies = [
    [`${source}/index.html`, 'index.html'],
    [`${source}/icon.svg`, 'icon.svg'],
    [`${source}/panel.json`, 'panel.json'],
    [`${source}/src/theme.js`, 'theme.js'],
    [`${root}examples/minimal.html`, 'minimal.html'],
    [`${CLIENT_FOLDER}/client.js`, 'client.js'],
    [`${CLIENT_FOLDER}/names.js`, 'names.js'],
  ];
  for (const [from, name] of copies) await copyFile(from, `${HMI_FOLDER}/${name}`);
  await compressAll();
  const bytes = Object.values(metafile.outputs).reduce((sum, output) => sum + output.bytes, 0);
  return `build/hmi, ${Math.round(bytes / 1024)} kB`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) console.log(await buildHmi());
