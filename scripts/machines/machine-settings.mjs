import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { mustRun, run } from '../setup/commands.mjs';

/** Where the certificates of this machine are in a root; no package writes there. */
const CERTIFICATES = '/usr/local/share/machine-certificates.pem';
const SYSTEM_CERTIFICATES = '/etc/ssl/certs/ca-certificates.crt';
/** The variables that tell the programs of a set-up where their certificates are. */
const CERTIFICATE_VARIABLES = [
  'NODE_EXTRA_CA_CERTS',
  'SSL_CERT_FILE',
  'CURL_CA_BUNDLE',
  'GIT_SSL_CAINFO',
  'npm_config_cafile',
];
/** The variables of the machine's environment that decide how the network is reached. */
const CARRIED_VARIABLE =
  /^(https?|ftp|all|no)_proxy$|^npm_config_(registry|proxy|https_proxy|noproxy|strict_ssl)$/i;
const DEFAULT_MIRROR = 'http://deb.debian.org/debian';

/** How apt reaches its sources here (proxies, time-outs, what it checks), as a file for apt.conf.d. */
export async function aptSettings() {
  const dump = await mustRun('apt-config', ['dump', 'Acquire']);
  return dump
    .split('\n')
    .filter((line) => / ".+";$/.test(line) && !/^Acquire::(IndexTargets|Changelogs)/.test(line))
    .map((line) => `${line}\n`)
    .join('');
}

/**
 * The mirror that DEBIAN_MIRROR names (only main, for days on which the lists of security are inconsistent),
 * or this machine's own mirror; undefined = Debian's, with updates and security.
 */
export async function debianMirror() {
  if (process.env.DEBIAN_MIRROR) return process.env.DEBIAN_MIRROR;
  const format = '$(LABEL) $(REPO_URI)';
  const { stdout } = await run('apt-get', ['indextargets', '--format', format, 'Created-By: Packages']);
  const found = stdout.split('\n').find((line) => line.startsWith('Debian '));
  const mirror = found?.slice('Debian '.length).replace(/\/$/, '');
  return mirror === DEFAULT_MIRROR ? undefined : mirror;
}

/** The files that a root gets from this machine: path in the root → content. */
export function carriedFiles() {
  const bundle = [process.env.NODE_EXTRA_CA_CERTS, process.env.SSL_CERT_FILE, SYSTEM_CERTIFICATES].find(
    (path) => path !== undefined && existsSync(path),
  );
  const files = {
    '/etc/resolv.conf': '/etc/resolv.conf',
    '/etc/hosts': '/etc/hosts',
    '/root/.npmrc': join(homedir(), '.npmrc'),
    [CERTIFICATES]: bundle,
  };
  return Object.fromEntries(
    Object.entries(files)
      .filter(([, source]) => source !== undefined && existsSync(source))
      .map(([path, source]) => [path, readFileSync(source)]),
  );
}

/** The whole environment of a program in a root: a plain one plus how this machine reaches the network. */
export function carriedEnvironment() {
  const carried = Object.entries(process.env).filter(([name]) => CARRIED_VARIABLE.test(name));
  return {
    PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    HOME: '/root',
    LANG: 'C.UTF-8',
    DEBIAN_FRONTEND: 'noninteractive',
    ...Object.fromEntries(carried),
    ...Object.fromEntries(CERTIFICATE_VARIABLES.map((name) => [name, CERTIFICATES])),
  };
}
