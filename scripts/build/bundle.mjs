import { existsSync, readFileSync } from 'node:fs';
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { bundleFile, historyBundleFile, root } from '../project.mjs';
import { StepError } from '../setup/progress.mjs';

/** Replaces a file in one go, so that a driver starting meanwhile reads the old or the new one. */
async function replaceFile(path, contents) {
  await mkdir(dirname(path), { recursive: true });
  const fresh = `${path}.${process.pid}.new`;
  await writeFile(fresh, contents, { mode: 0o644 });
  await rename(fresh, path);
}

/**
 * ws uses these addons where it finds them. Inside a host, the search for modules may find some that were
 * built for another Node, so ws must not search.
 */
export const WITHOUT_ADDONS = {
  'process.env.WS_NO_BUFFER_UTIL': '"1"',
  'process.env.WS_NO_UTF_8_VALIDATE': '"1"',
};

/** The package's usual entry loads its parts under names that a bundler cannot follow. */
export const ENTRIES = { 'jsonc-parser': 'jsonc-parser/lib/esm/main.js' };

/** Half of what there was to read and run at start: winston's copy of Node's streams, and its tools for developers. */
export const LEAN_LOGGING = {
  define: { 'process.env.NODE_ENV': '"production"' },
  alias: {
    'readable-stream': 'node:stream',
    'readable-stream/lib/_stream_writable.js': './scripts/build/writable.cjs',
  },
};

/**
 * An esbuild plugin that replaces modules by an empty one: optional ones, which would be searched for too,
 * xmlbuilder, with which xml2js writes XML (we only read it), and the colours of formats that we do not use.
 */
export const leaveOut = (filter) => ({
  name: 'leave-out',
  setup(build) {
    build.onResolve({ filter }, ({ path }) => ({ path, namespace: 'left-out' }));
    build.onLoad({ filter: /.*/, namespace: 'left-out' }, () => ({ contents: '' }));
  },
});

const TEXT = `(?:'(?:[^'\\\\]|\\\\.)*'|"(?:[^"\\\\]|\\\\.)*")`;
const MEANING = new RegExp(`^( *meaning:)\\s*${TEXT}(?:\\s*\\+\\s*${TEXT})*,$`, 'gm');

/** What the keys mean is read by people, in the documentation and in editors; the driver never says it. */
const WITHOUT_MEANINGS = {
  name: 'without-meanings',
  setup({ onLoad }) {
    onLoad({ filter: /\/src\/config\/[a-z]+-keys\.ts$/ }, ({ path }) => ({
      contents: readFileSync(path, 'utf8').replace(MEANING, "$1 '',"),
      loader: 'ts',
    }));
  },
};

/**
 * Bundles the driver's JavaScript for the embedded Node: one file, and another for the thread of the history,
 * which only a driver with a history reads. koffi stays outside because it loads its binary from its own folder.
 * @returns {Promise<string>} what was done
 */
export async function buildBundle() {
  const main = await bundleOne(join(root, 'src', 'main.ts'), bundleFile);
  const history = await bundleOne(join(root, 'src', 'history', 'thread.ts'), historyBundleFile);
  return main === history ? main : `${main}, ${history}`;
}

async function bundleOne(entry, outfile) {
  if (!existsSync(entry)) return `left out, because there is no ${entry.slice(root.length + 1)}`;
  const { build, formatMessages } = await import('esbuild');
  let result;
  try {
    result = await build({
      absWorkingDir: root,
      entryPoints: [entry],
      outfile,
      bundle: true,
      platform: 'node',
      target: 'node18',
      format: 'cjs',
      external: ['koffi'],
      alias: { ...ENTRIES, ...LEAN_LOGGING.alias },
      // Less text to read at start. Lines stay short because Node prints the line that an uncaught exception
      // came from.
      minifySyntax: true,
      minifyWhitespace: true,
      lineLimit: 160,
      define: { ...WITHOUT_ADDONS, ...LEAN_LOGGING.define },
      plugins: [WITHOUT_MEANINGS, leaveOut(/^(supports-color|xmlbuilder|@colors\/colors\/safe)$/)],
      logLevel: 'silent',
      write: false,
    });
  } catch (error) {
    const messages = await formatMessages(error.errors ?? [], { kind: 'error' });
    throw new StepError('the bundle could not be built', { output: messages.join('') || String(error) });
  }
  const code = Buffer.from(result.outputFiles[0].contents);
  if (existsSync(outfile) && readFileSync(outfile).equals(code)) return 'up to date';
  await replaceFile(outfile, code);
  return `built ${basename(outfile)} (${Math.round(code.length / 1024)} kB)`;
}
