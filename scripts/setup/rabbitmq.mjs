import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { root } from '../project.mjs';
import { run } from './commands.mjs';
import { hasApt, packageFields, refreshLists, unpackPackages } from './debian-packages.mjs';
import { StepError } from './progress.mjs';

/** What RabbitMQ needs to run (eldap for a plugin that need not run); its package depends on more. */
const ERLANG = [
  ...['base', 'asn1', 'crypto', 'eldap', 'inets', 'mnesia', 'os-mon', 'parsetools'],
  ...['public-key', 'runtime-tools', 'ssl', 'syntax-tools', 'tools', 'xmerl'],
];
const PACKAGES = ['rabbitmq-server', ...ERLANG.map((name) => `erlang-${name}`)];
const VERSION = '3.10.';

const folder = join(root, '.cache', 'test-tools', 'rabbitmq');
/** Why there is no such folder. */
const leftOut = `${folder}-left-out`;

/** The one entry whose name begins so. */
const only = (parent, start) =>
  join(
    parent,
    readdirSync(parent).find((name) => name.startsWith(start)),
  );

function layout(unpacked) {
  const erlang = join(unpacked, 'usr', 'lib', 'erlang');
  const programs = join(only(erlang, 'erts-'), 'bin');
  const home = only(join(unpacked, 'usr', 'lib', 'rabbitmq', 'lib'), 'rabbitmq_server-');
  const plugins = join(home, 'plugins');
  return {
    programs,
    env: {
      // What the script `erl` would set, for the path that its package has when it is installed.
      ...{ ROOTDIR: erlang, BINDIR: programs, EMU: 'beam', PROGNAME: 'erl' },
      ...{ ERL_LIBS: plugins, RABBITMQ_HOME: home, RABBITMQ_PLUGINS_DIR: plugins },
    },
  };
}

/**
 * @returns {{ programs: string, env: Record<string, string> } | { reason: string }} the folder of Erlang's programs
 *   and what has to be in their environment; or why there is no RabbitMQ
 */
export function rabbitmq() {
  if (existsSync(folder)) return layout(folder);
  return {
    reason: existsSync(leftOut) ? readFileSync(leftOut, 'utf8') : 'the set-up has not unpacked RabbitMQ',
  };
}

async function unpack() {
  if (!hasApt()) throw new StepError('this machine has no apt-get');
  let fields = await packageFields('rabbitmq-server');
  if (fields === undefined) {
    await refreshLists();
    fields = await packageFields('rabbitmq-server');
  }
  // Others speak MQTT 5, as mosquitto does, and are set up in another way.
  if (!fields?.Version.startsWith(VERSION)) throw new StepError('the RabbitMQ of this system is not 3.10');
  const fresh = `${folder}.new`;
  await rm(fresh, { recursive: true, force: true });
  await unpackPackages(PACKAGES, fresh);
  const { programs, env } = layout(fresh);
  const args = ['-noinput', '-boot', 'start_clean', '-eval', 'crypto:start(), halt(0).'];
  const { code, output } = await run(join(programs, 'erlexec'), args, { env: { ...process.env, ...env } });
  if (code !== 0) throw new StepError('Erlang was unpacked but does not start', { output });
  await rename(fresh, folder);
}

/**
 * Unpacks it unless it is there; returns what was done. No other test needs it, so what prevents it only becomes the
 * reason with which its test is skipped.
 */
export async function unpackRabbitmq() {
  if (existsSync(folder)) return 'is there';
  try {
    await unpack();
  } catch (error) {
    if (!(error instanceof StepError)) throw error;
    await mkdir(dirname(leftOut), { recursive: true });
    await writeFile(leftOut, error.message);
    return `left out: ${error.message}`;
  }
  await rm(leftOut, { force: true });
  return 'unpacked in the project';
}
