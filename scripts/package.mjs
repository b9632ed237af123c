import { createHash } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { withBuildLock } from './build/lock.mjs';
import { build } from './build.mjs';
import { LINKS, PACKAGE, packageEntries } from './package/contents.mjs';
import { packageDependencies } from './package/dependencies.mjs';
import { bundleFile, packageJson, root } from './project.mjs';
import { mustRun } from './setup/commands.mjs';
import { runScript, StepError, step } from './setup/progress.mjs';
import { setUp } from './setup/set-up.mjs';

const MAINTAINER = 'vscpl2drv-websocksrv developers <vscpl2drv-websocksrv@example.org>';
const IS_OBJECT = /\.(so|node)$/;

const usage = `usage: npm run package [-- --output FOLDER]   makes a Debian package of the driver (default: build)
`;

/** Debian sorts what follows a tilde before the release itself, as a pre-release should. */
const debianVersion = () => packageJson().version.replace('-', '~');

function outputFolder(args) {
  const at = args.indexOf('--output');
  return resolve(at < 0 ? join(root, 'build') : (args[at + 1] ?? '.'));
}

/** Lays the files out below `tree`, with the modes Debian expects; returns their size in bytes. */
async function layOut(tree, entries) {
  process.umask(0o022);
  let size = 0;
  for (const { path, from, data, executable } of entries) {
    const target = join(tree, path);
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, data ?? readFileSync(from));
    chmodSync(target, executable ? 0o755 : 0o644);
    if (IS_OBJECT.test(path)) await mustRun('strip', ['--strip-unneeded', target]);
    size += readFileSync(target).length;
  }
  for (const { path, target } of LINKS) {
    mkdirSync(dirname(join(tree, path)), { recursive: true });
    symlinkSync(target, join(tree, path));
  }
  return size;
}

function control({ version, architecture, depends, size }) {
  return `Package: ${PACKAGE}
Version: ${version}
Architecture: ${architecture}
Maintainer: ${MAINTAINER}
Installed-Size: ${Math.ceil(size / 1024)}
Depends: ${depends.join(', ')}
Suggests: nodejs (>= 18)
Section: net
Priority: optional
Description: VSCP level II driver with a websocket server
 Gives web pages and programs access to the events of a VSCP host over the
 websocket protocols ws1 (text) and ws2 (JSON) of the VSCP specification, with
 users, rights, filters and TLS, and serves static web pages.
 .
 The driver is a shared library that the VSCP daemon loads. The command
 vscpl2drv-websocksrv checks configurations, makes keys and password hashes and
 shows events; it needs the package nodejs.
`;
}

function md5sums(tree, entries) {
  const line = ({ path }) =>
    `${createHash('md5')
      .update(readFileSync(join(tree, path)))
      .digest('hex')}  ${path}\n`;
  return entries.map(line).sort().join('');
}

async function makePackage(libnode, output) {
  if (!existsSync(bundleFile))
    throw new StepError('the bundle is missing', { remedy: 'run `npm run build`.' });
  const tree = await mkdtemp(join(tmpdir(), `${PACKAGE}-`));
  try {
    chmodSync(tree, 0o755);
    const version = debianVersion();
    const architecture = (await mustRun('dpkg', ['--print-architecture'])).trim();
    const entries = packageEntries(version, MAINTAINER, new Date());
    const size = await layOut(tree, entries);
    const objects = entries.filter(({ path }) => IS_OBJECT.test(path)).map(({ from }) => from);
    const depends = await packageDependencies(objects, libnode.soname);
    mkdirSync(join(tree, 'DEBIAN'));
    writeFileSync(join(tree, 'DEBIAN', 'control'), control({ version, architecture, depends, size }));
    writeFileSync(join(tree, 'DEBIAN', 'md5sums'), md5sums(tree, entries));
    mkdirSync(output, { recursive: true });
    const file = join(output, `${PACKAGE}_${version}_${architecture}.deb`);
    await mustRun('dpkg-deb', ['--root-owner-group', '--build', tree, file]);
    return file;
  } finally {
    await rm(tree, { recursive: true, force: true });
  }
}

await runScript(async () => {
  const args = process.argv.slice(2);
  if (args.includes('--help')) {
    process.stdout.write(usage);
    return;
  }
  await withBuildLock(async () => {
    const libnode = await setUp();
    await build(libnode);
    await step('Debian package', () => makePackage(libnode, outputFolder(args)));
  });
});
