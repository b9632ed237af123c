/**
 * Prints the files outside libnode from which it loads built-in modules, separated by colons, for a
 * compile-time define: distributions build Node this way (Debian: /usr/share/nodejs/…), and Node aborts its
 * process when one is missing. The shim looks for them before it starts Node.
 *
 *   node libnode-files.mjs PREFIX      PREFIX is the folder that holds include/node/config.gypi
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const config = readFileSync(join(process.argv[2] ?? '/usr', 'include', 'node', 'config.gypi'), 'utf8');
const files = [...config.matchAll(/NODE_SHARED_BUILTIN_\w+_PATH=([^'"\\]+)/g)].map((match) => match[1]);
console.log(files.join(':'));
