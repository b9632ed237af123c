// Makes build/client-package: the client library as an npm package of its own, ready for `npm publish`.
import { copyFile, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildClient, CLIENT_FOLDER } from './build-client.mjs';
import { packageJson, root } from './project.mjs';

export const CLIENT_PACKAGE_FOLDER = join(root, 'build', 'client-package');

const MODULES = ['client.js', 'names.js', 'node.js'];

/** What the module for Node imports; the module for browsers has it bundled. */
const DEPENDENCIES = ['@noble/ciphers', '@noble/hashes', 'ws'];

function manifest() {
  const { name, version, license, engines, dependencies } = packageJson();
  return {
    name: `${name}-client`,
    version,
    description: 'Client for the VSCP websocket protocols ws1 and ws2, for browsers and Node',
    keywords: ['vscp', 'websocket', 'home automation'],
    homepage: 'https://www.vscp.org',
    license,
    type: 'module',
    engines,
    sideEffects: false,
    exports: {
      '.': { types: './types/client/index.d.ts', node: './node.js', default: './client.js' },
      './names': { types: './types/client/names.d.ts', default: './names.js' },
      './package.json': './package.json',
    },
    dependencies: Object.fromEntries(DEPENDENCIES.map((wanted) => [wanted, dependencies[wanted]])),
  };
}

/** Folders of src/ that the library is made of. */
const ROOMS = ['client', 'core'];

/** Makes the declarations name the files of the package, not the sources they were made from. */
const namedForPackage = (declaration) =>
  declaration.replaceAll(/(from\s+|import\()'(\.[^']+)\.ts'/g, "$1'$2.js'");

/** @param {string} [folder] is emptied and written again */
export async function buildClientPackage(folder = CLIENT_PACKAGE_FOLDER) {
  await buildClient();
  await rm(folder, { recursive: true, force: true });
  await mkdir(join(folder, 'types'), { recursive: true });
  await writeFile(join(folder, 'package.json'), `${JSON.stringify(manifest(), null, 2)}\n`);
  for (const name of MODULES) await copyFile(join(CLIENT_FOLDER, name), join(folder, name));
  for (const room of ROOMS) {
    await mkdir(join(folder, 'types', room));
    for (const name of await readdir(join(CLIENT_FOLDER, 'types', room))) {
      const text = await readFile(join(CLIENT_FOLDER, 'types', room, name), 'utf8');
      await writeFile(join(folder, 'types', room, name), namedForPackage(text));
    }
  }
  await copyFile(join(root, 'src', 'client', 'README.md'), join(folder, 'README.md'));
  await copyFile(join(root, 'LICENSE'), join(folder, 'LICENSE'));
  const licences = ['@noble/ciphers', '@noble/hashes'].map(async (name) => {
    const licence = await readFile(join(root, 'node_modules', name, 'LICENSE'), 'utf8');
    return `client.js contains ${name}:\n\n${licence}`;
  });
  await writeFile(join(folder, 'licences.txt'), (await Promise.all(licences)).join('\n'));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await buildClientPackage(process.argv[2]);
  console.log(
    `The package is in ${process.argv[2] ?? CLIENT_PACKAGE_FOLDER}; to publish it: npm publish <that folder>`,
  );
}
