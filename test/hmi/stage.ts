import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before } from 'node:test';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { buildHmi, HMI_FOLDER } from '../../scripts/build-hmi.mjs';
import { hashPassword } from '../../src/auth/password.ts';
import { encodeMeasurement, type MeasurementInput, parseGuid } from '../../src/client/index.ts';
import { launchBrowser } from '../support/browser.ts';
import { freePort } from '../support/free-port.ts';
import { LiveDriver } from '../support/live-driver.ts';
import type { NativeHost } from '../support/native-host.ts';

/** The C host with the driver, which serves the built panel; and a browser to look at it. */

export const SENSOR = 'FF:FF:FF:FF:FF:FF:FF:FE:02:00:00:00:00:01:00:02';
export const RELAYS = 'FF:FF:FF:FF:FF:FF:FF:FE:02:00:00:00:00:01:00:0A';

/** PBKDF2 of the password `secret` for the user admin. */
const ADMIN = {
  name: 'admin',
  password:
    '487636FDE3637C7C853AAC9EAF6FA062;357C71CA59F760C08C4125C444A22A91FD1FE1FB0E5628771A572BAF6F61B71F',
  rights: 'admin',
};

/** Looks on, can change nothing; the password is `secret` too. */
const VIEWER = {
  name: 'user',
  password:
    '0839DD1BE692164847B601E6520CE23B;3E1B4D950F04EA3BFA2C43160B9D98ECC76B249F79A1062F041C526978591BA3',
  rights: 'websockets,receive-events',
};

export class Stage {
  readonly port: number;
  readonly #driver: LiveDriver;
  readonly #keys: Record<string, unknown>;

  private constructor(port: number, driver: LiveDriver, keys: Record<string, unknown>) {
    this.port = port;
    this.#driver = driver;
    this.#keys = keys;
  }

  static async start(keys: Record<string, unknown> = {}): Promise<Stage> {
    const port = await freePort();
    const driver = await LiveDriver.prepare({
      users: [ADMIN, VIEWER],
      keys: {
        // The same after the driver was opened anew: pages come back to it.
        interface: `ws://127.0.0.1:${port}`,
        'event-layout': 'auto',
        'enable-static': true,
        'web-root': HMI_FOLDER,
        'server-names': ['panel.test'],
        'last-values': 1000,
        'history-size': 1000,
      },
    });
    // What the driver keeps lives as long as the stage.
    driver.config['state-dir'] = join(driver.folder, 'state');
    const stage = new Stage(port, driver, keys);
    try {
      await stage.openDriver();
      return stage;
    } catch (error) {
      await driver.dispose();
      throw error;
    }
  }

  get host(): NativeHost {
    return this.#driver.host;
  }

  /** The driver's files; also for files of a test. */
  get folder(): string {
    return this.#driver.folder;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}/`;
  }

  /** @param keys configuration beside the usual */
  async openDriver(keys: Record<string, unknown> = this.#keys): Promise<void> {
    await this.#driver.open(keys);
  }

  async closeDriver(): Promise<void> {
    assert.equal((await this.host.close()).code, 0);
  }

  /** Another host, after the one before was killed. */
  async startHost(): Promise<void> {
    await this.#driver.startHost();
    await this.openDriver();
  }

  /** Gives a user of the stage another password, as an administrator does in the file. */
  async setPassword(name: string, password: string): Promise<void> {
    const hash = await hashPassword(name, password);
    await this.#driver.writeUsers(
      [ADMIN, VIEWER].map((user) => (user.name === name ? { ...user, password: hash } : user)),
    );
  }

  /** An event of the host, as if a node had sent it now. */
  async write(vscpClass: number, vscpType: number, data: ArrayLike<number>, guid = SENSOR): Promise<void> {
    const now = new Date();
    const { code } = await this.host.write({
      head: 0x60,
      year: now.getUTCFullYear(),
      month: now.getUTCMonth() + 1,
      day: now.getUTCDate(),
      hour: now.getUTCHours(),
      minute: now.getUTCMinutes(),
      second: now.getUTCSeconds(),
      vscpClass,
      vscpType,
      guid: parseGuid(guid),
      data: Uint8Array.from(data),
    });
    assert.equal(code, 0);
  }

  async measure(input: MeasurementInput, guid = SENSOR): Promise<void> {
    const { vscpClass, vscpType, data = [] } = encodeMeasurement(input);
    await this.write(vscpClass, vscpType, data, guid);
  }

  async end(): Promise<void> {
    await this.#driver.stop();
  }
}

/** Stage and browser for the tests of a file: made before the first, ended after the last. */
export function useStage(keys: Record<string, unknown> = {}): {
  readonly browser: Browser;
  readonly stage: Stage;
} {
  const used: { browser?: Browser; stage?: Stage } = {};
  const get = <T>(value: T | undefined): T => {
    assert.ok(value !== undefined, 'only inside tests');
    return value;
  };
  before(async () => {
    await buildHmi();
    used.browser = await launchBrowser();
    used.stage = await Stage.start(keys);
  });
  after(async () => {
    await used.browser?.close();
    await used.stage?.end();
  });
  return {
    get browser() {
      return get(used.browser);
    },
    get stage() {
      return get(used.stage);
    },
  };
}

/**
 * How far the clock of the browser's device is ahead of the server's in all tests of the panel, in milliseconds:
 * no two clocks in a house are the same, so nothing may depend on it.
 */
export const CLOCK_LEAD_MS = Number(process.env.PANEL_CLOCK_LEAD_MS ?? 10 * 60_000);

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

/** A page of its own; errors on it fail the test through `problems`. */
export async function openPage(
  browser: Browser,
  url: string,
  { clockLeadMs = CLOCK_LEAD_MS, ...options }: BrowserContextOptions & { clockLeadMs?: number } = {},
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
  page.on('pageerror', (error) => problems.push(error.message));
  page.on('console', (message) => {
    // A lost websocket is reported there by the browser itself.
    if (message.type() === 'error' && !message.text().includes('WebSocket')) problems.push(message.text());
  });
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
