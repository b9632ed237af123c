import { createHash } from 'node:crypto';
import { existsSync, linkSync, mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { rename } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { withBuildLock } from '../build/lock.mjs';
import { root as checkout, findProgram } from '../project.mjs';
import { mustRun, run } from '../setup/commands.mjs';
import { installPackages, isRoot } from '../setup/debian-packages.mjs';
import { StepError, step } from '../setup/progress.mjs';
import { aptSettings, carriedEnvironment, carriedFiles, debianMirror } from './machine-settings.mjs';

const cache = join(checkout, '.cache', 'machines');
/** After this time a kept root is made again, because Debian's packages have changed. */
const KEPT_MS = 7 * 24 * 60 * 60 * 1000;
/** Making a root installs some hundred packages, possibly under emulation. */
const MAKING_MS = 60 * 60 * 1000;

/**
 * Runs as process 1 of its own namespaces: mounts and processes are gone when it ends, however it ends. A
 * shell stays in between because process 1 has to collect orphans.
 */
const INSIDE = `
set -e
mount -t proc proc "$1/proc"
mount --rbind /sys "$1/sys"
mount --rbind /dev "$1/dev"
printf '%s\\n' "$2" | while IFS=: read -r outside inside; do
  mkdir -p "$1$inside"
  mount --bind "$outside" "$1$inside"
done
folder=$1 workdir=$3
shift 3
set +e
chroot "$folder" sh -c 'cd "$0" && exec "$@"' "$workdir" "$@"
exit $?
`;

/**
 * What a bare root is made from.
 * @typedef {object} RootKind
 * @property {string} suite Debian's name for it: bookworm, trixie, forky
 * @property {string} [arch] Debian's name for the processor; this machine's own by default. A foreign one
 *   needs
 *   qemu-user with binfmt
 * @property {string[]} [packages] packages in addition to Debian's minimum (minbase)
 */

/** @returns {Promise<string>} Debian's name for this machine's processor */
export async function ownArch() {
  return (await mustRun('dpkg', ['--print-architecture'])).trim();
}

/** A folder below the cache; it is made when it is missing. */
function cacheFolder(name) {
  mkdirSync(join(cache, name), { recursive: true });
  return join(cache, name);
}

/**
 * The folders with what one root downloaded or compiled, for the next root to use: npm's packages (they are
 * checked against their sums when they are used) and, where ccache is installed, compiled objects. One line
 * `outside:inside` for each.
 */
function sharedFolders({ suite, arch }) {
  const folders = { [`compiled-${suite}-${arch}`]: '/root/.cache/ccache', 'npm-packages': '/root/.npm' };
  return Object.entries(folders)
    .map(([name, inside]) => `${cacheFolder(name)}:${inside}`)
    .join('\n');
}

const ARCHIVES = join('var', 'cache', 'apt', 'archives');

/**
 * Debian's packages go from root to root as links because apt locks the folder and does not wait for another
 * lock.
 */
function linkPackages(from, to) {
  mkdirSync(to, { recursive: true });
  for (const name of existsSync(from) ? readdirSync(from) : []) {
    if (name.endsWith('.deb') && !existsSync(join(to, name))) linkSync(join(from, name), join(to, name));
  }
}

async function make({ suite, arch, packages }, mirror, file) {
  const settings = join(cache, 'apt.conf');
  writeFileSync(settings, await aptSettings());
  const options = [`--variant=minbase`, `--architectures=${arch}`, `--aptopt=${settings}`];
  // A root that lives for minutes needs no fsync after each file.
  options.push('--dpkgopt=force-unsafe-io', '--format=tar');
  if (packages.length > 0) options.push(`--include=${packages.join(',')}`);
  const target = mirror === undefined ? [suite, `${file}.new`] : [suite, `${file}.new`, mirror];
  await mustRun('mmdebstrap', [...options, ...target], {}, 'check the network and the sources in /etc/apt.');
  await rename(`${file}.new`, file);
}

/**
 * @param {RootKind} kind
 * @returns {Promise<string>} the path of a tar file with that root, new or kept from before
 */
async function rootArchive(kind) {
  const mirror = await debianMirror();
  const key = createHash('sha256')
    .update(JSON.stringify([kind.packages, mirror]))
    .digest('hex')
    .slice(0, 12);
  const name = `${kind.suite}-${kind.arch}-${key}`;
  const file = join(cache, `${name}.tar`);
  return withBuildLock(
    async () => {
      if (existsSync(file) && Date.now() - statSync(file).mtimeMs < KEPT_MS) return file;
      if (findProgram('mmdebstrap') === undefined) await installPackages(['mmdebstrap']);
      await make(kind, mirror, file);
      return file;
    },
    join(cache, `${name}.lock`),
    MAKING_MS,
  );
}

/** Removes the roots of processes that were killed. */
function removeForsaken() {
  for (const name of readdirSync(cache)) {
    const pid = /^root-(\d+)-/.exec(name)?.[1];
    if (pid !== undefined && !existsSync(`/proc/${pid}`)) rmSync(join(cache, name), { recursive: true });
  }
}

/** A root in which programs can run. */
class BareRoot {
  #shared;

  /** @param {string} folder its absolute path on this machine */
  constructor(folder, shared) {
    this.folder = folder;
    this.#shared = shared;
  }

  /** Puts a file into the root and creates the folders above it. */
  write(path, content) {
    const target = join(this.folder, path);
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, content);
  }

  /** The command on this machine that runs a program in the root, for callers who need its standard streams. */
  command(program, args, cwd = '/root') {
    const namespaces = ['--mount', '--pid', '--fork', '--kill-child', '--propagation', 'private'];
    const inside = ['sh', '-c', INSIDE, 'sh', this.folder, this.#shared, cwd];
    return ['unshare', ...namespaces, ...inside, program, ...args];
  }

  /**
   * Runs a program in the root, without stdin; its processes end with it.
   * @param {string} program
   * @param {string[]} args
   * @param {{ cwd?: string, env?: Record<string, string>, show?: boolean }} [options] `cwd` within the root; `env`
   *   comes on top of carriedEnvironment(); `show`: output to the terminal
   * @returns as run() of ../setup/commands.mjs
   */
  run(program, args, { cwd = '/root', env = {}, show = false } = {}) {
    const environment = { ...carriedEnvironment(), ...env };
    const [unshare, ...rest] = this.command(program, args, cwd);
    return run(unshare, rest, { cwd: '/', env: environment, show });
  }

  /** As run(), but any exit code other than 0 is a StepError. Returns stdout. */
  async mustRun(program, args, options = {}, remedy = undefined) {
    const result = await this.run(program, args, options);
    if (result.code === 0) return result.stdout;
    throw new StepError(`in the bare root, ${[program, ...args].join(' ')} ended with code ${result.code}`, {
      output: result.output,
      remedy,
    });
  }
}

/**
 * Gives `use` a fresh root and removes it afterwards. Needs root rights. The machine's certificates, names and npm
 * settings are in it, and its apt reaches the network as this machine's does.
 * @template T
 * @param {RootKind} kind
 * @param {(root: BareRoot) => Promise<T>} use
 * @returns {Promise<T>}
 */
export async function withBareRoot({ suite, arch, packages = [] }, use) {
  if (!isRoot()) throw new StepError('only root can make a bare root', { remedy: 'run it with sudo.' });
  mkdirSync(cache, { recursive: true });
  removeForsaken();
  const kind = { suite, arch: arch ?? (await ownArch()), packages: [...packages].sort() };
  const title = `A bare root of ${suite} for ${kind.arch}`;
  const downloaded = cacheFolder(`packages-${suite}-${kind.arch}`);
  const folder = join(cache, `root-${process.pid}-${suite}-${kind.arch}-${Date.now()}`);
  try {
    const made = await step(title, async () => {
      const archive = await rootArchive(kind);
      mkdirSync(folder);
      await mustRun('tar', ['--extract', '--numeric-owner', '--file', archive, '--directory', folder]);
      linkPackages(downloaded, join(folder, ARCHIVES));
      const bare = new BareRoot(folder, sharedFolders(kind));
      for (const [path, content] of Object.entries(carriedFiles())) bare.write(path, content);
      return ['ready', bare];
    });
    return await use(made);
  } finally {
    linkPackages(join(folder, ARCHIVES), downloaded);
    rmSync(folder, { recursive: true, force: true });
  }
}
