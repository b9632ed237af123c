import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../project.mjs';
import { travellingPackages } from './sbom.mjs';

const LICENCE_FILES = ['LICENSE', 'LICENSE.md', 'LICENSE.txt', 'LICENCE', 'license', 'License'];

function notice({ path: folder }) {
  const { name, version, license } = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'));
  const file = LICENCE_FILES.map((candidate) => join(root, folder, candidate)).find((path) =>
    existsSync(path),
  );
  const text = file === undefined ? `Licence: ${license}` : readFileSync(file, 'utf8').trim();
  return `${name} ${version}\n\n${text}\n`;
}

/** The licence texts of the packages that are shipped with the driver, as these licences require. */
export function thirdPartyNotices() {
  return travellingPackages()
    .map(notice)
    .join(`\n${'-'.repeat(72)}\n\n`);
}
