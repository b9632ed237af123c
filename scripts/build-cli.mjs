// Builds the command-line helper into build/cli.mjs: one file that any Node from 18 on runs.
import { chmod } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { ENTRIES, leaveOut, WITHOUT_ADDONS } from './build/bundle.mjs';

/** koffi has a binary of its own next to it, so it stays outside; only the command that needs it loads it. */
const koffiWhenNeeded = {
  name: 'koffi-when-needed',
  setup(build) {
    build.onResolve({ filter: /^koffi$/ }, ({ path, namespace }) =>
      namespace === 'when-needed' ? { path, external: true } : { path, namespace: 'when-needed' },
    );
    build.onLoad({ filter: /.*/, namespace: 'when-needed' }, () => ({
      contents: "module.exports = require('koffi');",
    }));
  },
};

const root = fileURLToPath(new URL('../', import.meta.url));

// The bundled packages are CommonJS and call require, which an ES module does not have by itself.
const BANNER = [
  '#!/usr/bin/env node',
  "import { createRequire as cliRequire } from 'node:module';",
  'const require = cliRequire(import.meta.url);',
].join('\n');

export async function buildCli(outfile = `${root}build/cli.mjs`) {
  await build({
    absWorkingDir: root,
    entryPoints: ['src/cli/main.ts'],
    outfile,
    bundle: true,
    platform: 'node',
    target: 'node18',
    format: 'esm',
    banner: { js: BANNER },
    define: WITHOUT_ADDONS,
    alias: ENTRIES,
    plugins: [leaveOut(/^xmlbuilder$/), koffiWhenNeeded],
    logLevel: 'warning',
  });
  await chmod(outfile, 0o755);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await buildCli(process.argv[2]);
