import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { koffiFiles } from '../build/companions.mjs';
import { bundleFile, driverLibrary, packageJson, releaseDir, root } from '../project.mjs';
import { thirdPartyNotices } from './notices.mjs';

export const PACKAGE = 'vscpl2drv-websocksrv';
const LIBRARY_FOLDER = `usr/lib/${PACKAGE}`;
const SAMPLES_FOLDER = `usr/share/${PACKAGE}`;
const DOC_FOLDER = `usr/share/doc/${PACKAGE}`;
const LIBRARY = 'libvscpl2drv-websocksrv.so';

/**
 * Links: the library where hosts look for level II drivers (it finds its bundle beside its real place), and the
 * command, whose real name has to end in .mjs for Node 18 to run it. Between folders at the top of the file
 * system they are absolute, within one relative, as Debian wants it.
 */
export const LINKS = [
  { path: `var/lib/vscp/drivers/level2/${LIBRARY}`, target: `/${LIBRARY_FOLDER}/${LIBRARY}` },
  { path: `usr/bin/${PACKAGE}`, target: `../lib/${PACKAGE}/cli.mjs` },
];

/**
 * One file of the package.
 * @typedef {object} Entry
 * @property {string} path below the root of the file system, without leading slash
 * @property {string} [from] file it is a copy of
 * @property {Buffer} [data] or its contents
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

/** Debian's own form of a change log; what a person reads is CHANGELOG.md beside it. */
function debianChangelog(version, maintainer, date) {
  return [
    `${PACKAGE} (${version}) unstable; urgency=medium`,
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

function documentation(version, maintainer, date) {
  const template = (name) => readFileSync(join(root, 'scripts', 'package', name), 'utf8');
  const { copyright, licence } = licenceText();
  const values = {
    VERSION: packageJson().version,
    DATE: date.toISOString().slice(0, 10),
    COPYRIGHT: copyright,
    LICENSE: licence,
  };
  const entries = [
    { path: `usr/share/man/man8/${PACKAGE}.8.gz`, data: gzip(fill(template(`${PACKAGE}.8`), values)) },
    { path: `${DOC_FOLDER}/copyright`, data: Buffer.from(fill(template('copyright'), values)) },
    { path: `${DOC_FOLDER}/THIRD-PARTY-NOTICES.txt.gz`, data: gzip(thirdPartyNotices()) },
    { path: `${DOC_FOLDER}/changelog.gz`, data: gzip(debianChangelog(version, maintainer, date)) },
  ];
  const texts = [join(root, 'README.md'), join(root, 'CHANGELOG.md')];
  for (const file of texts.filter((path) => existsSync(path))) {
    entries.push({ path: `${DOC_FOLDER}/${file.split('/').at(-1)}.gz`, data: gzip(readFileSync(file)) });
  }
  return entries;
}

/** The sample as it will lie in /etc/vscp: what it names in the checkout is elsewhere once installed. */
function installedSample(name) {
  const text = readFileSync(join(root, 'examples', name), 'utf8');
  return Buffer.from(text.replaceAll('../build/hmi', `/${SAMPLES_FOLDER}/web`));
}

function samples() {
  const names = ['websocksrv.json', 'websocksrv.xml', 'users.json', 'users.xml'];
  return [
    ...names.map((name) => ({ path: `${SAMPLES_FOLDER}/${name}`, data: installedSample(name) })),
    ...folderEntries(join(root, 'examples', 'vscpd'), `${SAMPLES_FOLDER}/vscpd`),
    ...folderEntries(join(root, 'build', 'hmi'), `${SAMPLES_FOLDER}/web`),
  ];
}

/**
 * Everything the package installs.
 * @returns {Entry[]}
 */
export function packageEntries(version, maintainer, date) {
  const modules = join(releaseDir, 'node_modules');
  const runtime = koffiFiles(modules).filter((file) => !file.endsWith('LICENSE.txt'));
  return [
    { path: `${LIBRARY_FOLDER}/${LIBRARY}`, from: driverLibrary },
    { path: `${LIBRARY_FOLDER}/websocksrv.cjs`, from: bundleFile },
    { path: `${LIBRARY_FOLDER}/cli.mjs`, from: join(root, 'build', 'cli.mjs'), executable: true },
    ...runtime.map((file) => ({ path: `${LIBRARY_FOLDER}/node_modules/${file}`, from: join(modules, file) })),
    ...samples(),
    ...documentation(version, maintainer, date),
  ];
}
