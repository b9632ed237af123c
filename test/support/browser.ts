import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { hostname } from 'node:os';
import type { Browser, BrowserContext } from 'playwright-core';

const CHROMIUM = process.env.CHROMIUM ?? '/usr/bin/chromium';
const CHROMIUM_FLAGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  // Names other than localhost: pages from them lack WebCrypto.
  `--host-resolver-rules=MAP rebound.test 127.0.0.3, MAP *.test 127.0.0.1, MAP ${hostname()} 127.0.0.1`,
];

/**
 * Loads playwright-core only here because it does not run on Node 18, on which the tests without a browser
 * run.
 */
export async function launchBrowser(): Promise<Browser> {
  const { chromium } = await import('playwright-core');
  return chromium.launch({ executablePath: CHROMIUM, args: CHROMIUM_FLAGS });
}

/**
 * A browser that keeps what pages store in a folder, so that it can be started again with the same contents.
 */
export async function launchProfile(folder: string): Promise<BrowserContext> {
  const { chromium } = await import('playwright-core');
  return chromium.launchPersistentContext(folder, { executablePath: CHROMIUM, args: CHROMIUM_FLAGS });
}

/** A browser that treats pages as it does those of people: it hides, slows down and freezes them. */
export interface PlainBrowser {
  context: BrowserContext;
  end(): Promise<void>;
}

/**
 * Starts the browser without what playwright gives it: with that, every page believes for ever that somebody looks at
 * it, and its timers are never slowed down.
 * @param folder for its profile
 */
export async function launchPlain(folder: string): Promise<PlainBrowser> {
  const { chromium } = await import('playwright-core');
  const flags = [...CHROMIUM_FLAGS, '--remote-debugging-port=0', `--user-data-dir=${folder}`, 'about:blank'];
  const program = spawn(CHROMIUM, flags, { stdio: ['ignore', 'ignore', 'pipe'] });
  const ended = once(program, 'exit');
  const address = await new Promise<string>((resolve, reject) => {
    let said = '';
    program.stderr.setEncoding('utf8').on('data', (text: string) => {
      said += text;
      const [, url] = /DevTools listening on (ws:\S+)/.exec(said) ?? [];
      if (url !== undefined) resolve(url);
    });
    program.once('error', reject);
    program.once('exit', () => reject(new Error(`${CHROMIUM} ended: ${said}`)));
  });
  try {
    const browser = await chromium.connectOverCDP(address, { noDefaults: true });
    const [context] = browser.contexts();
    if (context === undefined) throw new Error('the browser has no window');
    const end = async () => {
      const session = await browser.newBrowserCDPSession();
      await session.send('Browser.close').catch(() => undefined);
      await ended;
    };
    return { context, end };
  } catch (error) {
    program.kill('SIGKILL');
    throw error;
  }
}
