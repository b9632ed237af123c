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
