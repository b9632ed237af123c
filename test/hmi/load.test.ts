import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import type { Browser } from 'playwright-core';
import { buildHmi } from '../../scripts/build-hmi.mjs';
import { encodeMeasurement, parseGuid } from '../../src/client/index.ts';
import { launchBrowser, logIn, openPage, Stage, show } from './stage.ts';

const RATE = 1000;
const SECONDS = 20;
const NODES = 20;
/** Temperature, power, voltage, illuminance, humidity. */
const TYPES = [6, 14, 16, 25, 35];
const TICK_MS = 10;
const LONG_TASK_MS = 200;
const MAX_ELEMENTS = 5000;

let browser: Browser;
let stage: Stage;

before(async () => {
  await buildHmi();
  browser = await launchBrowser();
  stage = await Stage.start();
});

after(async () => {
  await browser?.close();
  await stage?.end();
});

/** Values that move, of many sensors, evenly over time. @returns how many the driver took */
async function flood(): Promise<number> {
  const began = performance.now();
  const replies: Promise<{ code: number }>[] = [];
  while (replies.length < RATE * SECONDS) {
    const due = Math.min(RATE * SECONDS, ((performance.now() - began) * RATE) / 1000);
    for (let i = replies.length; i < due; i += 1) {
      const type = TYPES[i % TYPES.length] ?? 0;
      const value = Number((50 + 40 * Math.sin(i / 3000 + (i % 7))).toFixed(1));
      const { vscpClass, vscpType, data = [] } = encodeMeasurement({ type, value });
      const node = Math.floor(i / TYPES.length) % NODES;
      const guid = parseGuid(`FF:FF:FF:FF:FF:FF:FF:FE:02:00:00:00:00:02:00:${node.toString(16)}`);
      replies.push(stage.host.write({ head: 0x60, vscpClass, vscpType, guid, data: Uint8Array.from(data) }));
    }
    await setTimeout(TICK_MS);
  }
  return (await Promise.all(replies)).filter(({ code }) => code === 0).length;
}

const WATCH = `
  window.longest = 0;
  new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) window.longest = Math.max(window.longest, duration);
  }).observe({ type: 'longtask', buffered: false });
`;

describe('a flood of events', () => {
  it(`of ${RATE}/s for ${SECONDS} s is shown without a task over ${LONG_TASK_MS} ms`, async () => {
    const { page, problems } = await openPage(browser, stage.url);
    await logIn(page);
    await page.getByText('Connected', { exact: true }).waitFor();
    await page.evaluate(WATCH);
    const flooded = flood();
    const titles = ['Plot', 'Events', 'Nodes', 'Overview'];
    for (const title of titles) {
      await show(page, title);
      await page.waitForTimeout((SECONDS * 1000) / (titles.length + 1));
    }
    const rate = Number.parseFloat((await page.locator('.rate').textContent()) ?? '');
    assert.equal(await flooded, RATE * SECONDS);
    const longest = Number(await page.evaluate('window.longest'));
    assert.ok(rate > RATE / 2, `${rate} events/s shown`);
    assert.ok(longest <= LONG_TASK_MS, `longest task ${longest} ms`);
    assert.ok(Number(await page.evaluate('document.querySelectorAll("*").length')) < MAX_ELEMENTS);
    assert.deepEqual(problems, []);
  });
});
