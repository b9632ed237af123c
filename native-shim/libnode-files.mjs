/**
 * Prints the files outside libnode that it loads built-in modules from, separated by colons, for a compile-time
 * define: distributions build Node so (Debian: /usr/share/nodejs/…), and it aborts its process when one is
 * missing. The shim looks for them before it starts Node.
 *
 *   node libnode-files.mjs PREFIX      PREFIX is what holds include/node/config.gypi
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const config = readFileSync(join(process.argv[2] ?? '/usr', 'include', 'node', 'config.gypi'), 'utf8');
const files = [...config.matchAll(/NODE_SHARED_BUILTIN_\w+_PATH=([^'"\\]+)/g)].map((match) => match[1]);
console.log(files.join(':'));
