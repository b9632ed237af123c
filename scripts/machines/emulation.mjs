/** Programs of a foreign processor: the kernel hands them to qemu-user (binfmt_misc). */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { mustRun } from '../setup/commands.mjs';
import { installPackages } from '../setup/debian-packages.mjs';
import { StepError } from '../setup/progress.mjs';

const REGISTRY = '/proc/sys/fs/binfmt_misc';
const EMULATION_TIME_FACTOR = 8;
/** Debian's names of processors and qemu's. */
const PROCESSORS = { amd64: 'x86_64', arm64: 'aarch64', armhf: 'arm' };
/** Which processors need no emulation here. Some arm64 processors could run armhf, but not all. */
const hostArchitectures = { x64: 'amd64', arm64: 'arm64', arm: 'armhf' };

/** Debian's name of this machine's processor. */
export const hostArchitecture = hostArchitectures[process.arch];

/**
 * How many times longer than here everything may take in a root of `architecture`; the time limits of all
 * tests grow by it.
 */
export const timeFactor = (architecture) => (architecture === hostArchitecture ? 1 : EMULATION_TIME_FACTOR);

/** Makes programs of `architecture` runnable here; does only what is missing. Needs root rights. */
export async function enableEmulation(architecture) {
  if (architecture === hostArchitecture) return;
  const entry = `qemu-${PROCESSORS[architecture]}`;
  if (existsSync(join(REGISTRY, entry))) return;
  const rule = join('/usr/lib/binfmt.d', `${entry}.conf`);
  if (!existsSync(rule)) await installPackages(['qemu-user-static']);
  if (!existsSync(join(REGISTRY, 'register'))) {
    await mustRun('mount', ['-t', 'binfmt_misc', 'none', REGISTRY]);
  }
  if (existsSync(join(REGISTRY, entry))) return;
  if (!existsSync(rule)) {
    throw new StepError(`there is no ${rule} to run ${architecture} programs with`, {
      remedy: 'install qemu-user-static.',
    });
  }
  const [line] = readFileSync(rule, 'utf8')
    .split('\n')
    .filter((text) => text.startsWith(':'));
  writeFileSync(join(REGISTRY, 'register'), line);
}
