import { fileURLToPath } from 'node:url';
import { buildSite } from './docs/site.mjs';

const root = new URL('../', import.meta.url);
const folder = fileURLToPath(new URL('build/docs/', root));
await buildSite(root, folder);
console.log(`The documentation is in ${folder}index.html; a browser opens it without a server.`);
