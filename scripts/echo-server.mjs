import { runTypeScript } from './run-typescript.mjs';

await runTypeScript('test/hostile/echo-server.ts');
