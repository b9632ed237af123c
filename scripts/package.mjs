import { createHash } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { withBuildLock } from './build/lock.mjs';
import { build } from './build.mjs';
import { debianVersion, sourceDateEpoch } from './package/build-date.mjs';
import { LINKS, packageEntries } from './package/contents.mjs';
import { controlFile } from './package/control.mjs';
import { packageDependencies } from './package/dependencies.mjs';
import { carriedLibnode, chosenFlavours } from './package/flavours.mjs';
import { billOfMaterials } from './package/sbom.mjs';
import { bundleFile, root } from './project.mjs';
import { mustRun } from './setup/commands.mjs';
import { runScript, StepError, step } from './setup/progress.mjs';
import { setUp } from './setup/set-up.mjs';

/** The maintainer of packages made here; Debian's own variables name somebody else. */
const MAINTAINER = `${process.env.DEBFULLNAME ?? 'vscpl2drv-websocksrv developers'} <${
  process.env.DEBEMAIL ?? 'vscpl2drv-websocksrv@example.org'
}>`;
const IS_OBJECT = /\.(so(\.\d+)?|node)$/;

const usage = `usage: npm run package [-- --flavour system|bundled] [-- --output FOLDER]

Makes Debian packages of the driver (default: both flavours, in build), each with a list of what it contains:
  system    runs on the libnode of the Debian release
  bundled   carries libnode itself, for machines with a Node.js from elsewhere
`;

/** Writes the files below `tree` with the modes that Debian expects; returns their size in bytes. */
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

function md5sums(tree, entries) {
  const line = ({ path }) =>
    `${createHash('md5')
      .update(readFileSync(join(tree, path)))
      .digest('hex')}  ${path}\n`;
  return entries.map(line).sort().join('');
}

/** What the libraries of the package need on the machine they are installed on. */
function dependencies(entries, order, libnode) {
  const objects = entries.filter(({ path }) => IS_OBJECT.test(path)).map(({ path }) => path);
  const built = (path) => (path.endsWith(libnode.soname) ? libnode.library : originals(path));
  const originals = (path) => join(root, 'build', 'Release', path.split('/').slice(3).join('/'));
  return packageDependencies(objects.map(built), libnode.soname, order.flavour.carriesLibnode);
}

async function makePackage(libnode, order, output) {
  if (!existsSync(bundleFile))
    throw new StepError('the bundle is missing', { remedy: 'run `npm run build`.' });
  const { flavour, version, architecture, date } = order;
  const tree = await mkdtemp(join(tmpdir(), `${flavour.packageName}-`));
  try {
    chmodSync(tree, 0o755);
    const entries = await packageEntries(order);
    const size = await layOut(tree, entries);
    const depends = await dependencies(entries, order, libnode);
    mkdirSync(join(tree, 'DEBIAN'));
    writeFileSync(join(tree, 'DEBIAN', 'control'), controlFile(order, depends, size));
    writeFileSync(join(tree, 'DEBIAN', 'md5sums'), md5sums(tree, entries));
    mkdirSync(output, { recursive: true });
    const file = join(output, `${flavour.packageName}_${version}_${architecture}.deb`);
    // One thread and one kind of compression, so that the bytes do not depend on the machine. Level 1 makes
    // libnode an eighth larger than level 6 in a sixth of the time, which matters on a small computer.
    const options = ['--root-owner-group', '-Zxz', '-z1', '--threads-max=1'];
    const env = { ...process.env, SOURCE_DATE_EPOCH: String(date.getTime() / 1000) };
    await mustRun('dpkg-deb', [...options, '--build', tree, file], { env });
    writeFileSync(file.replace(/deb$/, 'cdx.json'), billOfMaterials(order));
    return file;
  } finally {
    await rm(tree, { recursive: true, force: true });
  }
}

await runScript(async () => {
  const { values } = parseArgs({
    options: { output: { type: 'string' }, flavour: { type: 'string' }, help: { type: 'boolean' } },
  });
  if (values.help) {
    process.stdout.write(usage);
    return;
  }
  const flavours = chosenFlavours(values.flavour);
  const output = resolve(values.output ?? join(root, 'build'));
  await withBuildLock(async () => {
    const libnode = await setUp();
    await build(libnode);
    const date = new Date((await sourceDateEpoch()) * 1000);
    const architecture = (await mustRun('dpkg', ['--print-architecture'])).trim();
    for (const flavour of flavours) {
      await step(`Debian package, ${flavour.name}`, async () => {
        const carried = flavour.carriesLibnode ? await carriedLibnode(libnode) : undefined;
        const version = debianVersion();
        const order = { flavour, version, maintainer: MAINTAINER, date, architecture, carried };
        return basename(await makePackage(libnode, order, output));
      });
    }
  });
});
