/**
 * The systems the driver's users have, and what is tried on each.
 * @typedef {object} Machine
 * @property {string} suite Debian's code name
 * @property {string} arch Debian's name for the processor
 * @property {boolean} [foreignNode] Node.js is not Debian's but packed as NodeSource does it
 */

/** @type {Record<string, Machine>} */
export const MACHINES = {
  'bookworm-amd64': { suite: 'bookworm', arch: 'amd64' },
  'bookworm-amd64-nodesource': { suite: 'bookworm', arch: 'amd64', foreignNode: true },
  'trixie-amd64': { suite: 'trixie', arch: 'amd64' },
  'forky-amd64': { suite: 'forky', arch: 'amd64' },
  'bookworm-arm64': { suite: 'bookworm', arch: 'arm64' },
  'trixie-arm64': { suite: 'trixie', arch: 'arm64' },
  'bookworm-armhf': { suite: 'bookworm', arch: 'armhf' },
};

/**
 * The packages that are installed before the README's first command. npm is not among them: it comes from the
 * registry (`.ci/run` takes Debian's). With ccache, what was compiled for a row before is not compiled again.
 */
export const ROOT_PACKAGES = ['ca-certificates', 'ccache', 'git'];
export const DEBIAN_NODE = 'nodejs';

/**
 * The tests that depend on the machine and need no other server: all of the shim and its rings, and the driver
 * as it is shipped; then the conformance of both protocols with every layout of the host, with TLS and without.
 */
export const MACHINE_TESTS = {
  machine: [
    'test/native/',
    'test/driver/',
    'test/host/ring',
    'test/host/stdio',
    'test/host/memory-link',
    'test/host/gather-window',
  ],
  conformance: ['test/conformance/'],
};
/**
 * The shorter lists for machines on which everything takes many times longer: the tests that depend on sizes,
 * memory order and addresses, and the conformance with one layout.
 */
export const EMULATED_TESTS = {
  machine: [
    'test/native/units',
    'test/native/driver-calls',
    'test/native/driver-events',
    'test/native/driver-faults',
    'test/native/driver-stop',
    'test/host/ring.test',
    'test/host/ring-record',
    'test/host/stdio',
    'test/driver/binary-echo',
    'test/driver/group-send',
    'test/driver/history',
    'test/driver/lifecycle',
  ],
  conformance: ['test/conformance/conformance-library.test'],
};
