import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../project.mjs';

/** Development packages whose code ends up in what is installed: the panel's plots. */
const BUNDLED_DEVELOPMENT_PACKAGES = ['node_modules/uplot'];
const LICENCE_FILES = ['LICENSE', 'LICENSE.md', 'LICENSE.txt', 'LICENCE', 'license', 'License'];

function notice(folder) {
  const { name, version, license } = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'));
  const file = LICENCE_FILES.map((candidate) => join(root, folder, candidate)).find((path) =>
    existsSync(path),
  );
  const text = file === undefined ? `Licence: ${license}` : readFileSync(file, 'utf8').trim();
  return `${name} ${version}\n\n${text}\n`;
}

/** Licence texts of the packages that travel with the driver, as they ask for. */
export function thirdPartyNotices() {
  const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'));
  const runtime = Object.keys(packages).filter(
    (path) => path !== '' && !packages[path].dev && !packages[path].optional,
  );
  return [...runtime, ...BUNDLED_DEVELOPMENT_PACKAGES]
    .sort()
    .map(notice)
    .join(`\n${'-'.repeat(72)}\n\n`);
}
