// Writes the JSON Schema of the configuration, for editors, beside the library.
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { writeChanged } from './build/write-changed.mjs';
import { releaseDir, root } from './project.mjs';

export async function buildSchema(outfile = join(releaseDir, 'websocksrv.schema.json')) {
  const { outputFiles } = await build({
    absWorkingDir: root,
    entryPoints: ['src/config/key-views.ts'],
    bundle: true,
    platform: 'node',
    format: 'esm',
    write: false,
    logLevel: 'warning',
  });
  const code = Buffer.from(outputFiles[0].contents).toString('base64');
  const { configSchema } = await import(`data:text/javascript;base64,${code}`);
  await writeChanged(outfile, Buffer.from(`${JSON.stringify(configSchema(), null, 2)}\n`));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await buildSchema(process.argv[2]);
