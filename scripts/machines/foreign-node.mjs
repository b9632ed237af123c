import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * What stands against Debian's libnode where Node.js comes from NodeSource: a package `nodejs` that claims the names
 * of Debian's own and of npm. Its contents are of no interest to apt.
 */
const CONTROL = `Package: nodejs
Version: 22.21.0-1nodesource1
Architecture: all
Multi-Arch: allowed
Maintainer: Nobody <nobody@example.org>
Provides: nodejs-dev, nodejs-doc, nodejs-legacy, npm
Conflicts: nodejs-dev, nodejs-doc, nodejs-legacy, npm
Replaces: nodejs-dev (<= 0.8.22), nodejs-legacy, npm (<= 1.2.14)
Description: Stands for a Node.js that is not Debian's
`;

/** Installs a package in the root that is to apt what NodeSource's nodejs is. */
export async function placeForeignNode(bare, aptOptions) {
  const folder = '/root/foreign-node';
  const outside = join(bare.folder, folder);
  await mkdir(join(outside, 'DEBIAN'), { recursive: true });
  await writeFile(join(outside, 'DEBIAN', 'control'), CONTROL);
  await bare.mustRun('dpkg-deb', ['--root-owner-group', '--build', folder, `${folder}.deb`]);
  await bare.mustRun('apt-get', [...aptOptions, 'install', `${folder}.deb`]);
  await rm(outside, { recursive: true });
  return 'nodejs as NodeSource declares it';
}
