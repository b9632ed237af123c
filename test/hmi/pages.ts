import assert from 'node:assert/strict';
import { basename } from 'node:path';
import { after, afterEach, before } from 'node:test';
import type { Browser, BrowserContextOptions, Locator, Page } from 'playwright-core';
import { buildPart } from '../../scripts/build.mjs';
import { launchBrowser } from '../support/browser.ts';
import { stretched } from '../support/time-factor.ts';
import { Stage } from './stage.ts';

/** Pages of the panel in a browser. */

/** All of them, as the address has them. */
export const PAGE_IDS = [
  ...['overview', 'plot', 'switches', 'events', 'send', 'nodes'],
  ...['alarms', 'account', 'users', 'status'],
];

const SETTLE_MS = stretched(5_000);

/** How a page is opened; without any of it the page that the tests of a file share serves. */
export interface PageOptions extends BrowserContextOptions {
  /** Instead of the stage's own. */
  url?: string;
  /** How far the clock of the browser's device is ahead of the server's, in milliseconds. */
  clockLeadMs?: number;
}

export interface UsedStage {
  readonly browser: Browser;
  readonly stage: Stage;
  /** A page of its own, which a test can change as it likes. */
  open(options?: PageOptions): Promise<Page>;
  /** The panel of a device that stays logged in, connected. */
  enter(user?: string, options?: PageOptions): Promise<Page>;
}

/**
 * Stage and browser for the tests of a file: made before the first, ended after the last. Pages are closed after
 * each test; an error on one of them fails it.
 */
export function useStage(keys: Record<string, unknown> = {}): UsedStage {
  const used: { browser?: Browser; stage?: Stage } = {};
  const problems: string[] = [];
  const get = <T>(value: T | undefined): T => {
    assert.ok(value !== undefined, 'only inside tests');
    return value;
  };
  const on: UsedStage = {
    get browser() {
      return get(used.browser);
    },
    get stage() {
      return get(used.stage);
    },
    async open({ url = on.stage.url, ...options } = {}) {
      const opened = await openPage(on.browser, url, options);
      collect(opened.page, problems);
      return opened.page;
    },
    async enter(user = 'admin', options = {}) {
      const isUsual = user === 'admin' && Object.keys(options).length === 0;
      return isUsual ? shared.enter() : enterAnew(on, problems, user, options);
    },
  };
  const shared = new SharedPage(on, problems);
  before(async () => {
    await buildPart('buildHmi');
    used.browser = await launchBrowser();
    used.stage = await Stage.start(keys);
  });
  afterEach(async () => {
    await shared.leave();
    assert.deepEqual(problems.splice(0), []);
  });
  after(async () => {
    await used.browser?.close();
    await used.stage?.end();
  });
  return on;
}

/** The page of the administrator that the tests of a file use one after the other: a page of its own costs more. */
class SharedPage {
  readonly #on: UsedStage;
  readonly #problems: string[];
  #page: Page | undefined;
  #isTaken = false;

  constructor(on: UsedStage, problems: string[]) {
    this.#on = on;
    this.#problems = problems;
  }

  async enter(): Promise<Page> {
    if (this.#isTaken) return enterAnew(this.#on, this.#problems, 'admin', {});
    this.#isTaken = true;
    if (this.#page === undefined) {
      this.#page = await enterAnew(this.#on, this.#problems, 'admin', {});
    } else {
      await this.#page.goto(this.#on.stage.url);
      await connected(this.#page);
    }
    return this.#page;
  }

  /** Closes all pages but this one, which forgets what the test did with it. */
  async leave(): Promise<void> {
    const wasTaken = this.#isTaken;
    this.#isTaken = false;
    for (const context of this.#on.browser.contexts())
      if (context !== this.#page?.context()) await context.close();
    const page = this.#page;
    if (page === undefined || !wasTaken) return;
    try {
      await page.evaluate('localStorage.clear(); sessionStorage.clear()');
      await page.goto('about:blank');
    } catch {
      // The test has closed it, or left it where it cannot go on.
      this.#page = undefined;
      await page.context().close();
    }
  }
}

async function enterAnew(
  on: UsedStage,
  problems: string[],
  user: string,
  { url = on.stage.url, ...options }: PageOptions,
): Promise<Page> {
  const { page } = await openPage(on.browser, 'about:blank', options);
  collect(page, problems);
  const wsUrl = on.stage.url.replace('http', 'ws');
  const device = { url: `${wsUrl}ws2`, user, token: await on.stage.tokenOf(user) };
  await page.context().addInitScript(stayLoggedIn(JSON.stringify(device)));
  await page.goto(url);
  await connected(page);
  return page;
}

/** As after a login with the password; once, so that a test can log out. */
const stayLoggedIn = (device: string) => `
  if (location.protocol !== 'about:' && sessionStorage.getItem('test.began') === null) {
    sessionStorage.setItem('test.began', '1');
    localStorage.setItem('vscp-panel.device', ${JSON.stringify(device)});
  }
`;

/** In whichever language. */
export async function connected(page: Page): Promise<void> {
  await page.locator('.pill[data-state=online]').waitFor();
}

/** Ten minutes ahead, ten minutes behind, and beside a server that begins in 1970. */
const CLOCK_LEADS_MS = [10 * 60_000, -10 * 60_000, 56 * 365 * 86_400_000];
/** Each file of tests has one of them, always the same. */
const leadOfFile = () => CLOCK_LEADS_MS[basename(process.argv[1] ?? '').length % CLOCK_LEADS_MS.length];

/**
 * How far the clock of the browser's device is ahead of the server's in all tests of the panel, in milliseconds:
 * no two clocks in a house are the same, so nothing may depend on it.
 */
export const CLOCK_LEAD_MS = Number(process.env.PANEL_CLOCK_LEAD_MS ?? leadOfFile());

/** A clock that is ahead of this machine's. */
const shiftClock = (leadMs: number) => `
  Date = class extends Date {
    constructor(...args) {
      if (args.length === 0) super(Date.now());
      else super(...args);
    }
    static now() {
      return super.now() + ${leadMs};
    }
  };
`;

function collect(page: Page, problems: string[]): void {
  page.on('pageerror', (error) => problems.push(error.message));
  page.on('console', (message) => {
    // The browser itself reports there that a websocket is lost, and that nobody says where the server is meanwhile.
    const isOfLoss = message.text().includes('WebSocket') || message.location().url.endsWith('/driver.json');
    if (message.type() === 'error' && !isOfLoss) problems.push(message.text());
  });
}

/** A page of its own that may have errors: they are in `problems`. */
export async function openPage(
  browser: Browser,
  url: string,
  { clockLeadMs = CLOCK_LEAD_MS, ...options }: Omit<PageOptions, 'url'> = {},
): Promise<{ page: Page; problems: string[] }> {
  const context = await browser.newContext({
    viewport: { width: 1280, height: 800 },
    // Tests that answer for the server themselves would be bypassed.
    serviceWorkers: 'block',
    ...options,
  });
  await context.addInitScript(shiftClock(clockLeadMs));
  // A bound against hanging, not a measure: the machine may be busy.
  context.setDefaultTimeout(90_000);
  const page = await context.newPage();
  const problems: string[] = [];
  collect(page, problems);
  await page.goto(url);
  return { page, problems };
}

export async function logIn(page: Page, password = 'secret', user = 'admin'): Promise<void> {
  await page.getByLabel('User', { exact: true }).fill(user);
  await page.getByLabel('Password', { exact: true }).fill(password);
  await page.getByRole('button', { name: 'Log in' }).click();
}

export async function show(page: Page, title: string): Promise<void> {
  await page.getByRole('navigation').getByRole('link', { name: title }).click();
}

const UNTIL_MS = 90_000;

/** Asserts that a script finds nothing: at once, or when what is under way (loading, fading, scrolling) is over. */
export async function findsNothing(page: Page, script: string, what?: string): Promise<void> {
  const deadline = performance.now() + SETTLE_MS;
  let found = await page.evaluate<string[]>(script);
  while (found.length > 0 && performance.now() < deadline) {
    await page.waitForTimeout(100);
    found = await page.evaluate<string[]>(script);
  }
  assert.deepEqual(found, [], what);
}

/** Waits until an expression is true in the page; by the protocol, for the page's own policy forbids texts as code. */
export async function until(page: Page, expression: string): Promise<void> {
  const isTrue = `(async () => Boolean(await (${expression})))()`;
  for (const end = Date.now() + UNTIL_MS; !(await page.evaluate(isTrue)); ) {
    assert.ok(Date.now() < end, `never: ${expression}`);
    await page.waitForTimeout(50);
  }
}

/** Nothing asks by itself in such a page, so that a refusal alone can tell. */
export const NO_POLL = `{
  const start = setInterval;
  setInterval = (run, ms) => start(run, ms === 10_000 ? 2 ** 31 - 1 : ms);
}`;

const LOOK_MS = 300;

/**
 * Waits for what somebody did on another device. The page asks for it every ten seconds, and at once when somebody
 * looks at it again, which this does.
 */
export async function learn(
  page: Page,
  wanted: Locator,
  state: 'visible' | 'detached' = 'visible',
): Promise<void> {
  await lookingAt(page, () => wanted.waitFor({ state }));
}

/** As `learn`, for whatever `waits` waits for. */
export async function lookingAt(page: Page, waits: () => Promise<void>): Promise<void> {
  const look = () =>
    void page.evaluate(`document.dispatchEvent(new Event('visibilitychange'))`).catch(() => {});
  const timer = setInterval(look, LOOK_MS);
  try {
    await waits();
  } finally {
    clearInterval(timer);
  }
}

/** Notes in `window.shown` which notifications the browser has shown. */
const WATCH_NOTIFICATIONS = `if ('ServiceWorkerRegistration' in globalThis) {
  window.shown = [];
  const { prototype } = ServiceWorkerRegistration;
  const show = prototype.showNotification;
  prototype.showNotification = async function (title, options) {
    await show.call(this, title, options);
    window.shown.push(title + ': ' + options.body);
  };
}`;

/** The titles and texts of the notifications that the page's service worker shows. */
const NOTIFICATIONS = `navigator.serviceWorker.ready
  .then((registration) => registration.getNotifications())
  .then((list) => list.map(({ title, body }) => title + ': ' + body))`;

/** For a page just opened on a device that may notify, also when it is loaded anew; see `comesNotification`. */
export async function watchNotifications(page: Page): Promise<void> {
  await page.evaluate('navigator.serviceWorker.ready.then(() => undefined)');
  await page.evaluate(WATCH_NOTIFICATIONS);
  await page.addInitScript(WATCH_NOTIFICATIONS);
}

/** All that came since the page was loaded, in their order. */
export function notificationsOf(page: Page): Promise<string[]> {
  return page.evaluate<string[]>('window.shown');
}

/** Chromium takes off the list what is not quite on the screen yet when somebody asks for it: so nobody asks before. */
export async function comesNotification(page: Page, text: string): Promise<void> {
  await until(page, `window.shown.includes('${text}')`);
  await showsNotification(page, text);
}

export function showsNotification(page: Page, text: string, isShown = true): Promise<void> {
  return until(page, `(${NOTIFICATIONS}).then((list) => list.includes('${text}') === ${isShown})`);
}
