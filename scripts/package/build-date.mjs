import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { packageJson, root } from '../project.mjs';
import { run } from '../setup/commands.mjs';
import { StepError } from '../setup/progress.mjs';

/**
 * The only time that is written into a package, so that two builds of the same sources give the same bytes:
 * SOURCE_DATE_EPOCH when it is set, else the time of the last commit, else (sources without git) the
 * changelog's.
 * @returns {Promise<number>} seconds since 1970
 */
export async function sourceDateEpoch() {
  const given = process.env.SOURCE_DATE_EPOCH;
  if (given !== undefined && given !== '') {
    if (/^\d+$/.test(given)) return Number(given);
    throw new StepError(`SOURCE_DATE_EPOCH must be a number of seconds since 1970, not "${given}"`);
  }
  const { code, stdout } = await run('git', ['log', '-1', '--format=%ct']);
  if (code === 0) return Number(stdout);
  return Math.floor(statSync(join(root, 'CHANGELOG.md')).mtimeMs / 1000);
}

/** Which Debian release this is, as part of a version: deb12, or a name while it has no number. */
function release() {
  const text = readFileSync('/etc/os-release', 'utf8');
  const field = (name) => new RegExp(`^${name}="?([^"\n]*)"?$`, 'm').exec(text)?.[1];
  const number = field('VERSION_ID');
  return number === undefined ? (field('VERSION_CODENAME') ?? 'deb') : `deb${number}`;
}

/**
 * The version of a package made here. Debian sorts what follows a tilde before the release itself, as a
 * pre-release should be sorted. Debian's release is part of the version because a package fits one release
 * only.
 */
export function debianVersion() {
  return `${packageJson().version.replace('-', '~')}+${release()}`;
}
