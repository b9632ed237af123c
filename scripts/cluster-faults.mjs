import { runTypeScript } from './run-typescript.mjs';
import { runScript } from './setup/progress.mjs';
import { unpackTestTools } from './setup/test-tools.mjs';

// haproxy and mosquitto, which nothing but the tests needs.
await runScript(unpackTestTools);
await runTypeScript('test/cluster-faults/cluster-faults-program.ts');
