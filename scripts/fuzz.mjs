import { runTypeScript } from './run-typescript.mjs';

await runTypeScript('test/hostile/fuzz-program.ts');
