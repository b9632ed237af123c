import { canDriveBrowser } from './node-version.mjs';

const NEEDS_NODE_20 = 'a browser: playwright-core needs Node 20';
/** The set-up's reason on Debian 13 and later (scripts/setup/rabbitmq.mjs). */
const OTHER_RABBITMQ = 'the RabbitMQ of this system is not 3.10';
const NO_MOUNT = 'a file system may not be mounted here';
const NO_CONTROL_GROUP = 'no control group can be made here';

/**
 * What may be skipped in continuous integration, and why; any other skip there is a failure. `name` is the
 * name of the test, or of a file that cannot be loaded at all.
 */
export const ALLOWED_SKIPS = [
  { name: 'test/client/browser-example.test.ts', reason: NEEDS_NODE_20 },
  { name: 'test/docs/site-browser.test.ts', reason: NEEDS_NODE_20 },
  { name: 'test/hmi/alarms.test.ts', reason: NEEDS_NODE_20 },
  { name: 'test/hmi/axe.test.ts', reason: NEEDS_NODE_20 },
  { name: 'test/hmi/behind.test.ts', reason: NEEDS_NODE_20 },
  { name: 'test/hmi/controls.test.ts', reason: NEEDS_NODE_20 },
  { name: 'test/hmi/defects.test.ts', reason: NEEDS_NODE_20 },
  { name: 'test/hmi/drag.test.ts', reason: NEEDS_NODE_20 },
  { name: 'test/hmi/installed.test.ts', reason: NEEDS_NODE_20 },
  { name: 'test/hmi/keyboard.test.ts', reason: NEEDS_NODE_20 },
  { name: 'test/hmi/languages.test.ts', reason: NEEDS_NODE_20 },
  { name: 'test/hmi/load.test.ts', reason: NEEDS_NODE_20 },
  { name: 'test/hmi/login.test.ts', reason: NEEDS_NODE_20 },
  { name: 'test/hmi/look.test.ts', reason: NEEDS_NODE_20 },
  { name: 'test/hmi/notifications.test.ts', reason: NEEDS_NODE_20 },
  { name: 'test/hmi/other-origin.test.ts', reason: NEEDS_NODE_20 },
  { name: 'test/hmi/overview.test.ts', reason: NEEDS_NODE_20 },
  { name: 'test/hmi/panel-config.test.ts', reason: NEEDS_NODE_20 },
  { name: 'test/hmi/panel.test.ts', reason: NEEDS_NODE_20 },
  { name: 'test/hmi/phone.test.ts', reason: NEEDS_NODE_20 },
  { name: 'test/hmi/places.test.ts', reason: NEEDS_NODE_20 },
  { name: 'test/hmi/plot.test.ts', reason: NEEDS_NODE_20 },
  { name: 'test/hmi/rights.test.ts', reason: NEEDS_NODE_20 },
  { name: 'test/hmi/rooms.test.ts', reason: NEEDS_NODE_20 },
  { name: 'test/hmi/status.test.ts', reason: NEEDS_NODE_20 },
  { name: 'test/hmi/two-editors.test.ts', reason: NEEDS_NODE_20 },
  { name: 'test/hmi/users.test.ts', reason: NEEDS_NODE_20 },
  { name: 'test/hmi/wall.test.ts', reason: NEEDS_NODE_20 },
  { name: 'test/rest/rest-browser.test.ts', reason: NEEDS_NODE_20 },
  { name: 'test/security/web-pages.test.ts', reason: NEEDS_NODE_20 },
  {
    name: 'a full disk cuts no line in two for good, and writing goes on when there is space',
    reason: NO_MOUNT,
  },
  {
    name: 'on a full disk tokens are kept in memory, which is told once; with space again they are written',
    reason: NO_MOUNT,
  },
  {
    name: 'a full disk: said once, and values are kept again when there is room',
    reason: NO_MOUNT,
  },
  {
    name: 'on a file system that became read-only everybody stays and gets in, and the log says what is lost',
    reason: NO_MOUNT,
  },
  {
    name: 'systemd accepts the unit of the servers and what a daemon needs, and would say what is wrong',
    reason: 'systemd-analyze is not installed',
  },
  {
    name: 'over a RabbitMQ cluster several nodes are one server',
    reason: OTHER_RABBITMQ,
  },
  {
    name: 'a request in the inbox that another user of the machine left is not done, and goes',
    reason: 'only root can give files away',
  },
  {
    name: 'in a control group with little memory VSCPOpen says what is missing, or the driver serves',
    reason: NO_CONTROL_GROUP,
  },
  {
    name: 'in a control group with few tasks VSCPOpen says what is missing, or the driver serves',
    reason: NO_CONTROL_GROUP,
  },
];

/**
 * @param {string} source text of a test file
 * @returns {boolean} whether it needs a browser, and so cannot be loaded everywhere
 */
export function needsBrowser(source) {
  return /\b(launchBrowser|useStage)\(/.test(source);
}

/**
 * @param {string} source text of a test file
 * @returns {string | undefined} why the file cannot be loaded here
 */
export function whyLeftOut(source) {
  return needsBrowser(source) && !canDriveBrowser ? NEEDS_NODE_20 : undefined;
}

/** Whether a skip with that reason (undefined: none was given) is in the list. */
export function isAllowed({ name, reason }, allowed = ALLOWED_SKIPS) {
  return allowed.some((entry) => entry.name === name && entry.reason === reason);
}
