// Builds the web panel (examples/hmi) and the client library into build/hmi, ready to be a web-root.
import { createHash } from 'node:crypto';
import { readdir, readFile, rm } from 'node:fs/promises';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { brotliCompress, gzip } from 'node:zlib';
import { build } from 'esbuild';
import { writeChanged } from './build/write-changed.mjs';
import { buildClient, CLIENT_FOLDER } from './build-client.mjs';

const root = fileURLToPath(new URL('../', import.meta.url));
const source = `${root}examples/hmi`;
/** The folder that the driver's `web-root` has to name. */
export const HMI_FOLDER = `${root}build/hmi`;
const COMPRESSIBLE = /\.(css|js|svg|html|webmanifest)$/;
/** Packages bundled into the panel; their licence texts have to be included. */
const BUNDLED = ['uplot', 'jsonc-parser', '@noble/ciphers', '@noble/hashes'];
/** What the build makes of scripts and styles, and the compressed copies. */
const BUILT = /^((?:part|panel|first-paint)\b.*\.(?:js|css))(?:\.gz|\.br)?$/;
const BANNER = `/*! Contains ${BUNDLED.join(', ')}: see licences.txt */`;
const BROWSER = {
  bundle: true,
  minify: true,
  format: 'esm',
  target: 'es2022',
  outdir: HMI_FOLDER,
  // A page never gets the script of another version.
  entryNames: '[name]-[hash]',
  absWorkingDir: root,
  write: false,
  logLevel: 'warning',
};
const COPIES = [
  `${source}/icon.svg`,
  ...['192', '512', 'maskable'].map((name) => `${source}/icon-${name}.png`),
  `${source}/manifest.webmanifest`,
  `${source}/panel.json`,
  `${root}examples/minimal.html`,
  `${CLIENT_FOLDER}/client.js`,
  `${CLIENT_FOLDER}/names.js`,
];

/** Writes a file and the compressed copies that the static server sends to clients that accept them. */
async function place(name, content) {
  const path = `${HMI_FOLDER}/${name}`;
  if (!(await writeChanged(path, content)) || !COMPRESSIBLE.test(name)) return;
  await writeChanged(`${path}.gz`, await promisify(gzip)(content, { level: 9 }));
  await writeChanged(`${path}.br`, await promisify(brotliCompress)(content));
}

async function licences() {
  const texts = BUNDLED.map(async (name) => {
    const folder = `${root}node_modules/${name}`;
    const file = (await readdir(folder)).find((entry) => /^licen[cs]e/i.test(entry));
    const text = await readFile(`${folder}/${file}`, 'utf8');
    return `${name}\n\n${text.trim()}\n`;
  });
  return Buffer.from((await Promise.all(texts)).join('\n\n'));
}

/** What a browser loads before it shows anything, beside scripts and styles. */
const FIRST_VIEW = ['index.html', 'icon.svg', 'panel.json'];
/** The largest permitted size of the first view after gzip, in bytes. */
export const FIRST_VIEW_LIMIT = 90_000;

/** A script or page, and the scripts and styles that it loads before it runs. */
async function loadedWith(name, found = new Set()) {
  if (found.has(name)) return found;
  found.add(name);
  const text = await readFile(`${HMI_FOLDER}/${name}`, 'utf8');
  const others = text.matchAll(/(?:from|import)\s*"\.\/([^"]+)"|(?:src|href)="([^"]+\.(?:js|css))"/g);
  for (const [, script, built] of others) await loadedWith(script ?? built, found);
  return found;
}

/** Those of earlier builds would stay for ever, because their names contain the hash of their contents. */
async function removeOld(current) {
  for (const name of await readdir(HMI_FOLDER)) {
    const [, built] = BUILT.exec(name) ?? [];
    if (built !== undefined && !current.has(built)) await rm(`${HMI_FOLDER}/${name}`, { force: true });
  }
}

/** The page, with the names that the build has given to its scripts and styles. */
async function page(names) {
  const html = await readFile(`${source}/index.html`, 'utf8');
  return names.reduce((text, name) => text.replace(`"${name.replace(/-\w+\./, '.')}"`, `"${name}"`), html);
}

/** The size of the first view, in bytes, for a browser that accepts nothing better than gzip. */
export async function firstViewBytes() {
  const names = new Set([...FIRST_VIEW, ...(await loadedWith('index.html'))]);
  const sizes = [...names].map(async (name) => {
    const path = `${HMI_FOLDER}/${name}`;
    return (await readFile(COMPRESSIBLE.test(name) ? `${path}.gz` : path)).length;
  });
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
}

/** The script that keeps the panel's files on a device: their names, and a mark that changes with any of them. */
async function buildServiceWorker(outputs) {
  const files = ['index.html', 'icon.svg', 'icon-192.png', 'manifest.webmanifest', 'panel.json'];
  const contents = await Promise.all(files.map((name) => readFile(`${source}/${name}`)));
  const hash = createHash('sha256');
  for (const content of [...contents, ...outputs.map((output) => output.contents)]) hash.update(content);
  const shell = [...files, ...outputs.map(({ path }) => basename(path))];
  const { outputFiles } = await build({
    ...BROWSER,
    entryPoints: { 'service-worker': `${source}/src/service-worker.ts` },
    entryNames: '[name]',
    format: 'iife',
    define: { SHELL: JSON.stringify(shell), SHELL_MARK: JSON.stringify(hash.digest('hex').slice(0, 16)) },
  });
  for (const { path, contents: script } of outputFiles) await place(basename(path), script);
}

export async function buildHmi() {
  const [panel, firstPaint] = await Promise.all([
    build({
      ...BROWSER,
      entryPoints: { panel: `${source}/src/main.ts` },
      banner: { js: BANNER },
      // Pages that are not looked at first are loaded when they are.
      splitting: true,
      chunkNames: 'part-[name]-[hash]',
    }),
    build({
      ...BROWSER,
      entryPoints: { 'first-paint': `${source}/src/first-paint.ts` },
      format: 'iife',
      // This part has to run where the panel itself cannot.
      target: 'es2015',
    }),
    buildClient(),
  ]);
  const outputs = [...panel.outputFiles, ...firstPaint.outputFiles];
  const names = outputs.map(({ path }) => basename(path));
  for (const { path, contents } of outputs) await place(basename(path), contents);
  await place('index.html', Buffer.from(await page(names)));
  await removeOld(new Set(names));
  for (const from of COPIES) await place(basename(from), await readFile(from));
  await buildServiceWorker(outputs);
  await place('licences.txt', await licences());
  const bytes = panel.outputFiles.reduce((sum, { contents }) => sum + contents.length, 0);
  return `build/hmi, ${Math.round(bytes / 1024)} kB`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) console.log(await buildHmi());
