// Builds the server that runs without a daemon into build/Release/serve.cjs, which the command `serve` loads.
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { ENTRIES, LEAN_LOGGING, leaveOut, WITHOUT_ADDONS } from './build/bundle.mjs';

const root = fileURLToPath(new URL('../', import.meta.url));

/** Without it, the package brings websockets, proxies and its own commands: four times as much. */
const LEAN_MQTT = {
  name: 'lean-mqtt',
  setup({ onResolve }) {
    onResolve({ filter: /^mqtt$/ }, () => ({ path: `${root}scripts/build/mqtt-client.cjs` }));
  },
};

/** @returns {Promise<import('esbuild').Metafile>} what it is made of */
export async function buildServe(outfile = `${root}build/Release/serve.cjs`) {
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: ['src/serve.ts'],
    outfile,
    bundle: true,
    platform: 'node',
    target: 'node18',
    format: 'cjs',
    minify: true,
    // Stack traces in the log name classes and functions.
    keepNames: true,
    lineLimit: 160,
    external: ['koffi'],
    define: { ...WITHOUT_ADDONS, ...LEAN_LOGGING.define },
    alias: { ...ENTRIES, ...LEAN_LOGGING.alias },
    // Timers of browsers; Node's own are used.
    plugins: [LEAN_MQTT, leaveOut(/^(supports-color|xmlbuilder|@colors\/colors\/safe|worker-timers)$/)],
    logLevel: 'warning',
    metafile: true,
  });
  return metafile;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await buildServe(process.argv[2]);
