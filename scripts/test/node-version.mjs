/** @returns {boolean} whether the running Node.js has that version or a later one */
export function isNodeAtLeast(major, minor = 0) {
  const [ownMajor, ownMinor] = process.versions.node.split('.').map(Number);
  return ownMajor > major || (ownMajor === major && ownMinor >= minor);
}

/** playwright-core, which drives the browser in tests, does not run on Node 18; everything else does. */
export const canDriveBrowser = isNodeAtLeast(20);
