import { runTypeScript } from './run-typescript.mjs';

await runTypeScript('test/soak/soak-program.ts');
