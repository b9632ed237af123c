import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageJson, root } from '../project.mjs';

/**
 * The name of the list in the documentation folder. `npm sbom` does not make it: Debian 12's npm does not
 * have that command, which knows nothing of libnode and writes the time and a random number.
 */
export const SBOM_FILE = 'sbom.cdx.json';

/** Development packages whose code becomes part of what is installed: the panel's plots, and `serve`'s MQTT. */
export const BUNDLED_DEVELOPMENT_PACKAGES = [
  'node_modules/uplot',
  ...['mqtt', 'mqtt-packet', 'bl', 'lru-cache', 'process-nextick-args', 'rfdc'].map(
    (name) => `node_modules/${name}`,
  ),
];

/** The paths in package-lock.json of the npm packages that are shipped with the driver, for any processor. */
export function travellingPackages() {
  const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'));
  const runtime = Object.keys(packages).filter((path) => path !== '' && !packages[path].dev);
  const wanted = (path) => !packages[path].optional || isBinaryHere(packages[path]);
  return [...runtime.filter(wanted), ...BUNDLED_DEVELOPMENT_PACKAGES]
    .sort()
    .map((path) => ({ path, ...packages[path] }));
}

/** koffi's binaries are optional packages, one for each platform. */
function isBinaryHere({ os = [], cpu = [], libc = ['glibc'] }) {
  return os.includes(process.platform) && cpu.includes(process.arch) && libc.includes('glibc');
}

function npmComponent({ path, version, license, integrity }) {
  const name = path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);
  const [algorithm, sum = ''] = (integrity ?? '').split('-');
  return {
    type: 'library',
    'bom-ref': `${name}@${version}`,
    name,
    version,
    ...(license === undefined ? {} : { licenses: [{ license: { id: license } }] }),
    purl: `pkg:npm/${name.replace('@', '%40')}@${version}`,
    ...(algorithm === 'sha512'
      ? { hashes: [{ alg: 'SHA-512', content: Buffer.from(sum, 'base64').toString('hex') }] }
      : {}),
  };
}

function debianComponent({ name, version }, architecture) {
  const encoded = version.replaceAll('+', '%2B');
  return {
    type: 'library',
    'bom-ref': `debian:${name}@${version}`,
    name,
    version,
    purl: `pkg:deb/debian/${name}@${encoded}?arch=${architecture}`,
  };
}

/** A UUID that is the same for the same contents. */
function serialNumber(text) {
  const hex = createHash('sha256').update(text).digest('hex');
  const parts = [hex.slice(0, 8), hex.slice(8, 12), `8${hex.slice(13, 16)}`, `8${hex.slice(17, 20)}`];
  return `urn:uuid:${parts.join('-')}-${hex.slice(20, 32)}`;
}

/**
 * Lists what a package contains, as CycloneDX 1.5.
 * @param {import('./contents.mjs').PackageOrder} order
 * @returns {string} JSON text
 */
export function billOfMaterials({ flavour, version, date, architecture, carried }) {
  const components = [
    ...travellingPackages().map(npmComponent),
    ...(carried?.packages ?? []).map((entry) => debianComponent(entry, architecture)),
  ];
  const self = {
    type: 'library',
    'bom-ref': flavour.packageName,
    name: flavour.packageName,
    version,
    licenses: [{ license: { id: packageJson().license } }],
    purl: `pkg:deb/${flavour.packageName}@${version.replaceAll('+', '%2B')}?arch=${architecture}`,
  };
  const bill = {
    bomFormat: 'CycloneDX',
    specVersion: '1.5',
    serialNumber: serialNumber(JSON.stringify([self, components, date])),
    version: 1,
    metadata: { timestamp: date.toISOString(), component: self },
    components,
  };
  return `${JSON.stringify(bill, null, 2)}\n`;
}
