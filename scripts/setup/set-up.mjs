import { existsSync } from 'node:fs';
import { findProgram, libnodeDir } from '../project.mjs';
import { canDriveBrowser } from '../test/node-version.mjs';
import { hasApt, installPackages, isRoot } from './debian-packages.mjs';
import { carryOutPlan, findLibnode, makeCarried, planLibnode } from './libnode.mjs';
import { installNodeModules } from './node-modules.mjs';
import { StepError, step } from './progress.mjs';
import { unpackRabbitmq } from './rabbitmq.mjs';
import { installNodeRed, unpackTestTools } from './test-tools.mjs';

/** Programs and the Debian packages that contain them. */
const BUILD_TOOLS = { 'g++': 'g++', make: 'make', python3: 'python3' };
const TEST_TOOLS = {
  'clang-format': 'clang-format',
  openssl: 'openssl',
  curl: 'curl',
  ...(canDriveBrowser ? { chromium: 'chromium' } : {}),
};
/** Files of libraries that the example clients and the driver's history need; the tests run them. */
const TEST_LIBRARIES = {
  '/usr/lib/python3/dist-packages/websocket/__init__.py': 'python3-websocket',
  '/usr/lib/python3/dist-packages/cryptography/__init__.py': 'python3-cryptography',
  '/usr/include/libwebsockets.h': 'libwebsockets-dev',
  '/usr/share/doc/libsqlite3-0/copyright': 'libsqlite3-0',
};

function missingTools(tools) {
  return Object.entries(tools)
    .filter(([name]) => (name.startsWith('/') ? !existsSync(name) : findProgram(name) === undefined))
    .map(([, packageName]) => packageName);
}

/** Names everything that is missing at once, so that a person without root rights needs to ask only once. */
async function installTools(tools, libnodePlan) {
  const missing = missingTools(tools);
  const alsoMissing = libnodePlan?.install ?? [];
  if (missing.length === 0 && (alsoMissing.length === 0 || isRoot())) return 'nothing is missing';
  if (!hasApt()) {
    throw new StepError(`programs are missing: ${missing.join(' ')}`, {
      remedy: 'install them; this machine has no apt-get for it.',
    });
  }
  await installPackages(isRoot() ? missing : [...missing, ...alsoMissing]);
  return `installed ${missing.join(' ')}`;
}

function describe(libnode) {
  return `${libnode.version}, ${libnode.kind === 'system' ? 'of the system' : `unpacked in ${libnodeDir}`}`;
}

/**
 * Prepares a bare checkout for a build; does only what is missing.
 * @param {{ withTestTools?: boolean }} [options]
 * @returns {Promise<import('./libnode.mjs').Libnode>}
 */
export async function setUp(options = {}) {
  const tools = options.withTestTools ? { ...BUILD_TOOLS, ...TEST_TOOLS, ...TEST_LIBRARIES } : BUILD_TOOLS;
  const [present, plan] = await step('Looking for libnode', async () => {
    const found = await findLibnode();
    if (found !== undefined) return [describe(found), [found, undefined]];
    const needed = await planLibnode();
    const way = needed.unpack.length > 0 ? 'to be unpacked in the project' : 'to be installed';
    return [way, [undefined, needed]];
  });
  if (plan !== undefined && plan.carry.length > 0) await step('Files libnode reads', () => makeCarried(plan));
  await step(options.withTestTools ? 'Build and test tools' : 'Build tools', () => installTools(tools, plan));
  if (options.withTestTools) await step('Servers for tests', () => unpackTestTools());
  if (options.withTestTools) await step('RabbitMQ for tests', () => unpackRabbitmq());
  if (options.withTestTools) await step('Node-RED for tests', () => installNodeRed());
  let libnode = present;
  if (plan !== undefined) {
    libnode = await step('Getting libnode', async () => {
      const got = await carryOutPlan(plan);
      return [describe(got), got];
    });
  }
  await step('npm packages', () => installNodeModules());
  return libnode;
}
