import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { koffiFiles } from '../build/companions.mjs';
import { bundleFile, driverLibrary, historyBundleFile, packageJson, releaseDir, root } from '../project.mjs';
import { BUILTINS_FOLDER, redirectBuiltins, redirected } from './builtins.mjs';
import { commandHelp, manualOfCommands } from './command-help.mjs';
import { bashCompletion } from './completion.mjs';
import { thirdPartyNotices } from './notices.mjs';
import { billOfMaterials, SBOM_FILE } from './sbom.mjs';

const commandFile = join(root, 'build', 'cli.mjs');
const serverFile = join(releaseDir, 'serve.cjs');

/** Folders and the command have this name in every flavour; only the package's own name differs. */
const NAME = 'vscpl2drv-websocksrv';
const LIBRARY_FOLDER = `usr/lib/${NAME}`;
const SAMPLES_FOLDER = `usr/share/${NAME}`;
const LIBRARY = 'libvscpl2drv-websocksrv.so';
const SAMPLE_FOLDERS = ['vscpd', 'cluster', 'grafana', 'influxdb', 'prometheus'];
const SCHEMA = 'websocksrv.schema.json';
/** The unit of `serve`; nothing is started by installing it. */
const UNIT = 'websocksrv@.service';

/**
 * Links to the library from where hosts look for level II drivers (it finds its bundle beside its real path),
 * and to the command, whose real name has to end in .mjs for Node 18 to run it. They are absolute between
 * folders at the top of the file system and relative within one, as Debian requires.
 */
export const LINKS = [
  { path: `var/lib/vscp/drivers/level2/${LIBRARY}`, target: `/${LIBRARY_FOLDER}/${LIBRARY}` },
  { path: `usr/bin/${NAME}`, target: `../lib/${NAME}/cli.mjs` },
];

/**
 * One file of the package.
 * @typedef {object} Entry
 * @property {string} path below the root of the file system, without leading slash
 * @property {string} [from] the file of which it is a copy
 * @property {Buffer} [data] its contents, when there is no `from`
 * @property {boolean} [executable]
 */

function folderEntries(from, to) {
  if (!existsSync(from)) return [];
  return readdirSync(from, { withFileTypes: true })
    .filter((entry) => !entry.name.startsWith('.'))
    .flatMap((entry) =>
      entry.isDirectory()
        ? folderEntries(join(from, entry.name), join(to, entry.name))
        : [{ path: join(to, entry.name), from: join(from, entry.name) }],
    );
}

function fill(template, values) {
  return template.replaceAll(/@([A-Z]+)@/g, (_, name) => values[name]);
}

const gzip = (text) => gzipSync(Buffer.from(text), { level: 9 });

/**
 * What the entries of a package depend on.
 * @typedef {object} PackageOrder
 * @property {import('./flavours.mjs').Flavour} flavour
 * @property {string} version of the package, as Debian writes it
 * @property {string} maintainer
 * @property {Date} date
 * @property {string} architecture
 * @property {Awaited<ReturnType<import('./flavours.mjs').carriedLibnode>>} [carried]
 */

/** Debian's own form of a change log; people read CHANGELOG.md beside it. */
function debianChangelog({ flavour, version, maintainer, date }) {
  return [
    `${flavour.packageName} (${version}) unstable; urgency=medium`,
    '',
    '  * See CHANGELOG.md.',
    '',
    ` -- ${maintainer}  ${date.toUTCString().replace('GMT', '+0000')}`,
    '',
  ].join('\n');
}

/** LICENSE as the copyright file wants it: indented, empty lines as a dot, without title and copyright line. */
function licenceText() {
  const lines = readFileSync(join(root, 'LICENSE'), 'utf8').trimEnd().split('\n');
  const copyright = lines.find((line) => line.startsWith('Copyright')) ?? '';
  const body = lines.slice(lines.indexOf(copyright) + 2);
  return {
    copyright: copyright.replace(/^Copyright\s*(\(c\))?\s*/i, ''),
    licence: body.map((line) => (line === '' ? ' .' : ` ${line}`)).join('\n'),
  };
}

function copyrightFile({ flavour, carried }, template) {
  const { copyright, licence } = licenceText();
  const folder = `/usr/share/doc/${flavour.packageName}`;
  const text = fill(template, { COPYRIGHT: copyright, LICENSE: licence, DOCS: folder });
  if (carried === undefined) return text;
  const files = [`/${LIBRARY_FOLDER}/${carried.soname}`, `${BUILTINS_FOLDER}*`];
  return `${text}
Files: ${files.map((file) => file.slice(1)).join(' ')}
Copyright: the authors named in the files below ${folder}/libnode
License: Node.js
 Taken from the Debian packages ${carried.packages.map(({ name, version }) => `${name} ${version}`).join(', ')};
 in the library, the paths of the files it reads were changed. Copyright and licences of each are in
 ${folder}/libnode.
`;
}

function documentation(order, help) {
  const { flavour, version, date } = order;
  const docs = `usr/share/doc/${flavour.packageName}`;
  const template = (name) => readFileSync(join(root, 'scripts', 'package', name), 'utf8');
  const values = {
    VERSION: packageJson().version,
    DATE: date.toISOString().slice(0, 10),
    COMMANDS: manualOfCommands(help),
  };
  const manual = fill(template(`${NAME}.8`), values);
  const entries = [
    { path: `usr/share/man/man8/${NAME}.8.gz`, data: gzip(manual) },
    { path: `${docs}/copyright`, data: Buffer.from(copyrightFile(order, template('copyright'))) },
    { path: `${docs}/THIRD-PARTY-NOTICES.txt.gz`, data: gzip(thirdPartyNotices()) },
    { path: `${docs}/${SBOM_FILE}`, data: Buffer.from(billOfMaterials(order)) },
    { path: `${docs}/changelog.gz`, data: gzip(debianChangelog({ ...order, version })) },
  ];
  const texts = [join(root, 'README.md'), join(root, 'CHANGELOG.md')];
  for (const file of texts.filter((path) => existsSync(path))) {
    entries.push({ path: `${docs}/${file.split('/').at(-1)}.gz`, data: gzip(readFileSync(file)) });
  }
  for (const { path, from } of folderEntries(join(root, 'docs'), `${docs}/docs`)) {
    if (path.endsWith('.md')) entries.push({ path, from });
  }
  for (const { name, copyright } of order.carried?.packages ?? []) {
    entries.push({ path: `${docs}/libnode/${name}.copyright`, from: copyright });
  }
  return entries;
}

/** Replaces the hashes of `secret`: no password has this hash, and `check` reports it. */
const NO_PASSWORD = `${'0'.repeat(32)};${'0'.repeat(64)}`;
/** An installed driver writes its own files here; in a checkout it keeps nothing. */
const STATE_FOLDER = '/var/lib/vscp/websocksrv';
const HASH = /[0-9A-F]{32};[0-9A-F]{64}/g;

/**
 * The sample as it will be in /etc/vscp: the files it names in the checkout are elsewhere once installed, and
 * its users have no password until an administrator gives them one.
 */
function installedSample(name) {
  const text = readFileSync(join(root, 'examples', name), 'utf8');
  return Buffer.from(
    text
      .replaceAll('../build/hmi', `/${SAMPLES_FOLDER}/web`)
      .replaceAll('../build/Release/', `/${SAMPLES_FOLDER}/`)
      .replace('"key-file": "vscp.key",', `$&\n  "state-dir": "${STATE_FOLDER}",`)
      .replace('key-file="vscp.key"', `$& state-dir="${STATE_FOLDER}"`)
      .replaceAll(HASH, NO_PASSWORD)
      .replaceAll('Password: secret. ', 'No password yet: mkpasswd makes one. ')
      .replaceAll(
        'Every password is "secret"; hashes are made by',
        'No password works yet; hashes are made by',
      ),
  );
}

function samples() {
  const names = ['websocksrv.json', 'websocksrv.xml', 'users.json', 'users.xml'];
  return [
    ...names.map((name) => ({ path: `${SAMPLES_FOLDER}/${name}`, data: installedSample(name) })),
    { path: `${SAMPLES_FOLDER}/${SCHEMA}`, from: join(releaseDir, SCHEMA) },
    ...SAMPLE_FOLDERS.flatMap((name) =>
      folderEntries(join(root, 'examples', name), `${SAMPLES_FOLDER}/${name}`),
    ),
    ...folderEntries(join(root, 'build', 'hmi'), `${SAMPLES_FOLDER}/web`),
  ];
}

/** The library, JavaScript and the command; also libnode and its files where the package carries them. */
function programs(carried) {
  const modules = join(releaseDir, 'node_modules');
  const runtime = koffiFiles(modules).filter((file) => !file.endsWith('LICENSE.txt'));
  const library = `${LIBRARY_FOLDER}/${LIBRARY}`;
  const redirect = (file) => redirectBuiltins(readFileSync(file), carried.files);
  return [
    carried === undefined
      ? { path: library, from: driverLibrary }
      : { path: library, data: redirect(driverLibrary) },
    { path: `${LIBRARY_FOLDER}/websocksrv.cjs`, from: bundleFile },
    { path: `${LIBRARY_FOLDER}/websocksrv-history.cjs`, from: historyBundleFile },
    { path: `${LIBRARY_FOLDER}/cli.mjs`, from: commandFile, executable: true },
    { path: `${LIBRARY_FOLDER}/serve.cjs`, from: serverFile },
    ...runtime.map((file) => ({ path: `${LIBRARY_FOLDER}/node_modules/${file}`, from: join(modules, file) })),
    ...(carried === undefined
      ? []
      : [
          { path: `${LIBRARY_FOLDER}/${carried.soname}`, data: redirect(carried.library) },
          ...carried.files.map((file) => ({ path: redirected(file).slice(1), from: file })),
        ]),
  ];
}

/** What the Debian package checker also finds in Debian's own libnode, where Debian permits it. */
function lintianOverrides({ flavour, carried }) {
  if (carried === undefined) return [];
  const text = `# As Debian builds its libnode.\nembedded-library * [${LIBRARY_FOLDER}/${carried.soname}]\n`;
  return [{ path: `usr/share/lintian/overrides/${flavour.packageName}`, data: Buffer.from(text) }];
}

/**
 * Everything that the package installs.
 * @param {PackageOrder} order
 * @returns {Promise<Entry[]>}
 */
export async function packageEntries(order) {
  const help = await commandHelp(commandFile);
  return [
    ...programs(order.carried),
    {
      path: `usr/share/bash-completion/completions/${NAME}`,
      data: Buffer.from(bashCompletion(help, NAME)),
    },
    ...samples(),
    { path: `usr/lib/systemd/system/${UNIT}`, from: join(root, 'examples', 'cluster', UNIT) },
    ...documentation(order, help),
    ...lintianOverrides(order),
  ];
}
