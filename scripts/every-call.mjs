import { runTypeScript } from './run-typescript.mjs';

await runTypeScript('test/faults/every-call-program.ts');
