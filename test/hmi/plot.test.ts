import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { before, describe, it } from 'node:test';
import type { Page } from 'playwright-core';
import { encodeMeasurement, type MeasurementInput, parseGuid } from '../../src/client/index.ts';
import { DAY_MS } from '../../src/history/schema.ts';
import { plainSqliteHost } from '../../src/history/sqlite.ts';
import { HistoryStore } from '../../src/history/store.ts';
import { show, useStage } from './pages.ts';
import { SENSOR } from './stage.ts';

const on = useStage();
const QUARTER_MS = 15 * 60_000;
const QUARTERS_A_DAY = DAY_MS / QUARTER_MS;
const GAP_DAYS = { from: 120, to: 90 };

const TEMPERATURE = { type: 6, unit: 1, sensorIndex: 0 };
const HUMIDITY = { type: 35, sensorIndex: 1 };

const DOOR = [0, 7, 1];
const HALL = [0, 8, 1];
const LOCK = [0, 9, 2];
const FRONT = [0, 9, 1];
const FRONT_DOOR = 'FF:FF:FF:FF:FF:FF:FF:FE:02:00:00:00:00:01:00:29';

/** What a door, a lock and a motion sensor tell each day, by the quarter of an hour in it. */
const TOLD: Readonly<Record<number, readonly [vscpClass: number, vscpType: number, data: number[]]>> = {
  0: [20, 7, DOOR],
  1: [20, 7, DOOR],
  2: [20, 8, DOOR],
  50: [20, 8, DOOR],
  60: [2, 1, HALL],
  64: [20, 75, LOCK],
  84: [20, 76, LOCK],
};

/**
 * A year of a door, a lock, motion, a temperature and a humidity, a value each every quarter of an hour, with a month without. The month
 * begins and ends at noon, so that the days beside it have many values at whatever time of day this runs.
 */
function writeYear(path: string, nowMs: number): void {
  const noonMs = Math.floor(nowMs / DAY_MS) * DAY_MS + DAY_MS / 2;
  let clockMs = nowMs - 366 * DAY_MS;
  const store = new HistoryStore({
    path,
    host: plainSqliteHost(),
    maxBytes: 1024 ** 3,
    retention: { raw: 7, minute: 30, quarter: 730, day: 0 },
    nowMs: () => clockMs,
    firstId: 1,
    onSeries: () => undefined,
  });
  const guid = parseGuid(SENSOR);
  const add = (input: MeasurementInput): void => {
    const { vscpClass, vscpType, data = [] } = encodeMeasurement(input);
    store.add({ timeMs: clockMs, head: 0x60, vscpClass, vscpType, guid, data: Uint8Array.from(data) });
  };
  for (let quarter = 0; clockMs < nowMs; clockMs += QUARTER_MS, quarter += 1) {
    const [vscpClass = 0, vscpType = 0, data = []] = TOLD[quarter % QUARTERS_A_DAY] ?? [];
    if (vscpClass > 0)
      store.add({ timeMs: clockMs, head: 0x60, vscpClass, vscpType, guid, data: Uint8Array.from(data) });
    const daysAgo = (noonMs - clockMs) / DAY_MS;
    if (daysAgo < GAP_DAYS.from && daysAgo > GAP_DAYS.to) continue;
    const year = Math.cos((daysAgo / 365) * 2 * Math.PI);
    const day = Math.sin((clockMs / DAY_MS) * 2 * Math.PI);
    add({ ...TEMPERATURE, value: Math.round((12 - 8 * year + 4 * day) * 100) / 100 });
    add({ ...HUMIDITY, value: Math.round(55 + 20 * year - 8 * day) });
    if (clockMs % (30 * DAY_MS) < QUARTER_MS) {
      store.commit();
      for (const _ of store.housekeeping(clockMs, false));
    }
  }
  store.commit();
  for (const _ of store.housekeeping(nowMs, false));
  store.close();
}

/** The driver begins, and the nodes tell how things are. */
async function openWithHistory(): Promise<void> {
  const { stage } = on;
  await stage.openDriver({ 'enable-history': true });
  await stage.measure({ ...TEMPERATURE, value: 5.25 });
  await stage.measure({ ...HUMIDITY, value: 74 });
  await stage.write(20, 8, DOOR);
  await stage.write(2, 1, HALL);
  await stage.write(20, 76, LOCK);
}

async function enter(options: object = {}): Promise<Page> {
  // Of its own: browsers count the downloads of a page.
  const page = await on.enter('admin', { acceptDownloads: true, ...options });
  await page.getByRole('button', { name: 'Temperature, Living room' }).waitFor();
  return page;
}

async function chooseRange(page: Page, range: string, grain: string): Promise<void> {
  await page.getByRole('button', { name: range, exact: true }).click();
  await page.getByText(`A point is the mean of ${grain},`).waitFor();
}

/** The rows of the downloaded file, by the names of its columns. */
async function downloadCsv(page: Page): Promise<Record<string, string>[]> {
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: 'Download what is shown as CSV' }).click(),
  ]);
  assert.match(download.suggestedFilename(), /^values-\d{4}-\d\d-\d\dT\d\d-\d\d\.csv$/);
  const [head = '', ...lines] = (await readFile(await download.path(), 'utf8')).trim().split('\r\n');
  const names = head.split(',').map((name) => name.replaceAll('"', ''));
  return lines.map((line) => {
    const cells = line.replaceAll('"', '').split(',');
    return Object.fromEntries(names.map((name, i) => [name, cells[i] ?? '']));
  });
}

const MEAN = 'Living room · Temperature °C mean';
const MIN = 'Living room · Temperature °C min';
const MAX = 'Living room · Temperature °C max';

describe('the plot over the lasting history', () => {
  before(async () => {
    const { stage } = on;
    await stage.closeDriver();
    writeYear(join(stage.folder, 'state', 'history.db'), Date.now());
    await openWithHistory();
  });

  it('shows a year with its spread on two axes, and a gap as a gap', async () => {
    const page = await enter();
    await show(page, 'Plot');
    await page.getByRole('button', { name: /Humidity/ }).click();
    await chooseRange(page, 'Year', '1 d');
    assert.equal(await page.locator('.u-axis').count(), 3);
    const box = await page.locator('.u-over').boundingBox();
    assert.ok(box);
    const at = async (daysAgo: number) => {
      await page.mouse.move(box.x + box.width * (1 - daysAgo / 365), box.y + 60);
      return page.locator('.u-legend .u-series:not(.band-edge)').nth(1);
    };
    await (await at(200)).getByText(/^\d+\.\d\d °C \(\d+\.\d\d to \d+\.\d\d\)$/).waitFor();
    await (await at(105)).getByText('–', { exact: true }).waitFor();
    const rows = await downloadCsv(page);
    assert.ok(rows.length > 325 && rows.length < 340, `${rows.length} days`);
    for (const row of rows.slice(1, -1)) {
      const [min, mean, max] = [MIN, MEAN, MAX].map((name) => Number(row[name])) as [number, number, number];
      assert.ok(min < mean && mean < max, `${row.time}: ${min}, ${mean}, ${max}`);
      const daysAgo = (Date.now() - Date.parse(row.time ?? '')) / DAY_MS;
      assert.ok(daysAgo > GAP_DAYS.from - 1 || daysAgo < GAP_DAYS.to + 1.1, `${daysAgo} days ago`);
    }
  });

  it('loads the finer values when somebody zooms in', async () => {
    const page = await enter();
    await show(page, 'Plot');
    await chooseRange(page, 'Year', '1 d');
    const box = await page.locator('.u-over').boundingBox();
    assert.ok(box);
    await page.mouse.move(box.x + 100, box.y + 60);
    await page.mouse.down();
    await page.mouse.move(box.x + 120, box.y + 60, { steps: 4 });
    await page.mouse.up();
    await page.getByText('A point is the mean of 30 min,').waitFor();
    const rows = await downloadCsv(page);
    assert.ok(rows.length > 250, `${rows.length} half hours`);
    await page.getByRole('button', { name: 'Follow now' }).click();
    await page.getByText('A point is the mean of 1 d,').waitFor();
  });

  it('goes on with what comes in, on the time line of this device', async () => {
    const page = await enter();
    await show(page, 'Plot');
    await chooseRange(page, 'Hour', '10 s');
    await on.stage.measure({ ...TEMPERATURE, value: 6.5 });
    await page
      .locator('.u-legend')
      .getByText(/^6\.50 °C/)
      .waitFor();
    const nowMs = await page.evaluate<number>('Date.now()');
    const isNew = ({ [MAX]: max }: Record<string, string>) => max === '6.5';
    let rows = await downloadCsv(page);
    while (!rows.some(isNew)) {
      // Browsers ask before they take very many files at once.
      await page.waitForTimeout(500);
      rows = await downloadCsv(page);
    }
    const ages = rows.map(({ time = '' }) => nowMs - Date.parse(time));
    // A value each quarter of an hour: what is out by the ten minutes between the clocks shows.
    assert.ok(Math.min(...ages) > -60_000 && Math.min(...ages) < 5 * 60_000);
    assert.ok(rows.length >= 4);
  });

  it('leaves nothing behind of the plots that a resized window has it build', async () => {
    const page = await enter();
    await show(page, 'Plot');
    await page.locator('.u-legend').getByText(/°C/).first().waitFor();
    const devtools = await page.context().newCDPSession(page);
    const listeners = async () => {
      const { result } = await devtools.send('Runtime.evaluate', { expression: 'window' });
      const found = await devtools.send('DOMDebugger.getEventListeners', { objectId: result.objectId ?? '' });
      return found.listeners.length;
    };
    const before = await listeners();
    await page.evaluate(`new Promise((resolve) => {
      let left = 20;
      const resize = () => {
        dispatchEvent(new Event('resize'));
        left -= 1;
        if (left > 0) requestAnimationFrame(resize);
        else resolve();
      };
      resize();
    })`);
    // The last one built has still to take its place.
    for (let tries = 50; tries > 0 && (await listeners()) !== before; tries -= 1)
      await page.waitForTimeout(100);
    assert.equal(await listeners(), before);
  });

  it('writes every tick, the unit beside them, and no year for a value from before the clock was right', async () => {
    const page = await enter();
    // A sensor that is older than the internet, by the clock of a machine that has just been switched on.
    await on.stage.measure({ ...TEMPERATURE, value: 9.25 }, SENSOR, Date.now() / 1000 - 60);
    await page.evaluate(`{
      window.written = [];
      const write = CanvasRenderingContext2D.prototype.fillText;
      CanvasRenderingContext2D.prototype.fillText = function (text, ...place) {
        window.written.push(text);
        return write.call(this, text, ...place);
      };
    }`);
    await show(page, 'Plot');
    await chooseRange(page, 'Hour', '10 s');
    const written = () => page.evaluate<string[]>('window.written');
    while (!(await written()).some((text) => text === '°C')) await page.waitForTimeout(50);
    await page.evaluate('window.written.length = 0');
    await page.getByRole('button', { name: 'Zoom in' }).click();
    while ((await written()).length === 0) await page.waitForTimeout(50);
    const texts = [...new Set(await written())];
    const ticks = texts
      .filter((text) => /^−?\d+([.,]\d+)?$/.test(text))
      .map((text) => Number(text.replace('−', '-')));
    assert.ok(ticks.length >= 3, texts.join(' '));
    const steps = ticks.slice(1).map((tick, i) => Number((tick - (ticks[i] ?? 0)).toFixed(3)));
    assert.equal(new Set(steps).size, 1, `no tick is missing: ${ticks.join(' ')}`);
    assert.ok(texts.includes('°C'));
    assert.deepEqual(
      texts.filter((text) => /^(19|20)\d\d$/.test(text)),
      [],
    );
  });

  for (const [device, options] of [
    ['desk', {}],
    ['phone', { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true }],
  ] as const) {
    it(`is in the details of a tile, and fits a ${device}`, async () => {
      const page = await enter(options);
      await page.getByRole('button', { name: 'Temperature, Living room' }).click();
      const dialog = page.getByRole('dialog');
      await dialog.getByRole('button', { name: 'Year', exact: true }).click();
      await dialog.getByText(/A point is the mean of [1-7] d,/).waitFor();
      await dialog.locator('.plot-frame canvas').waitFor();
      const widest = await page.evaluate<number>(
        'Math.max(document.documentElement.scrollWidth - innerWidth, document.querySelector("dialog[open]").scrollWidth - document.querySelector("dialog[open]").clientWidth)',
      );
      assert.ok(widest <= 0, `${widest} px too wide`);
      await page.getByRole('button', { name: 'Close' }).click();
      await show(page, 'Plot');
      await chooseRange(page, 'Month', device === 'desk' ? '2 h' : '6 h');
      assert.ok((await page.evaluate<number>('document.documentElement.scrollWidth - innerWidth')) <= 0);
    });
  }

  it('shows of a door when it was open, for how long and how often, with its words as CSV', async () => {
    const page = await enter();
    await page.locator('.tile', { hasText: 'Opening' }).getByRole('button').first().click();
    const dialog = page.getByRole('dialog');
    const fact = (term: string) => dialog.locator(`dt:text-is("${term}") + dd`);
    // Each day at this time it was opened, and closed half an hour later.
    await fact('Latest changes')
      .getByText(/^Closed .+ · Open .+ · Closed .+ · Open .+ · Closed /)
      .waitFor();
    await dialog.getByRole('button', { name: 'Year', exact: true }).click();
    await fact('Open in the plot')
      .getByText(/^7\.[56] d \(2 %\)$/)
      .waitFor();
    const changes = Number(await fact('Changes in the plot').textContent());
    assert.ok(changes >= 727 && changes <= 730, `${changes} changes`);
    await dialog.locator('.plot-frame canvas').waitFor();
    const year = await downloadCsv(page);
    const [title = ''] = Object.keys(year[0] ?? {}).filter((name) => name !== 'time');
    assert.equal(title, 'Living room · Opening');
    assert.ok(year.length > 725, `${year.length} rows`);
    for (const [i, row] of year.slice(1).entries()) {
      assert.notEqual(row[title], year[i]?.[title]);
      const lastsMs = Date.parse(row.time ?? '') - Date.parse(year[i]?.time ?? '');
      if (year[i]?.[title] === 'Open' && i > 0) assert.equal(lastsMs, 2 * QUARTER_MS);
    }
    await dialog.getByRole('button', { name: 'Hour', exact: true }).click();
    await fact('Open in the plot').getByText('0 s (0 %)').waitFor();
    await fact('Changes in the plot').getByText('0', { exact: true }).waitFor();
    assert.deepEqual(
      (await downloadCsv(page)).map((row) => row[title]),
      ['Closed'],
    );
    await on.stage.write(20, 7, DOOR);
    await fact('Latest changes')
      .getByText(/^Open \d+:\d+:\d+ · Closed /)
      .waitFor();
    await fact('Changes in the plot').getByText('1', { exact: true }).waitFor();
    await dialog.locator('.u-legend').getByText('Open', { exact: true }).waitFor();
    await on.stage.write(20, 8, DOOR);
  });

  it('shows of a door that CLASS1.SECURITY tells open what the driver has kept', async () => {
    for (const [vscpClass, vscpType] of [
      [2, 9],
      [20, 8],
      [2, 9],
      [20, 8],
    ] as const)
      await on.stage.write(vscpClass, vscpType, FRONT, FRONT_DOOR);
    await on.stage.closeDriver();
    await openWithHistory();
    await on.stage.write(2, 9, FRONT, FRONT_DOOR);
    const page = await enter();
    await page.getByRole('button', { name: 'Opening, Front door' }).click();
    const dialog = page.getByRole('dialog');
    const fact = (term: string) => dialog.locator(`dt:text-is("${term}") + dd`);
    await fact('Latest changes')
      .getByText(/^Open .+ · Closed .+ · Open .+ · Closed .+ · Open .+$/)
      .waitFor();
  });

  it('shows of a control when it was locked, for how long and how often, with its words as CSV', async () => {
    const page = await enter();
    const dialog = page.getByRole('dialog');
    const fact = (term: string) => dialog.locator(`dt:text-is("${term}") + dd`);
    const details = page.getByRole('button', { name: 'Details of Front door lock', exact: true });
    const wordsOf = async () => (await downloadCsv(page)).map((row) => row['Front door lock · Door lock']);
    await page
      .locator('.control-card[data-kind=lock]')
      .getByText(/^Unlocked/)
      .waitFor();
    await details.click();
    await dialog.locator('.plot-frame canvas').waitFor();
    // Five hours of each day.
    await dialog.getByRole('button', { name: 'Month', exact: true }).click();
    await fact('Locked in the plot')
      .getByText(/^6\.\d d \(21 %\)$/)
      .waitFor();
    const changes = Number(await fact('Changes in the plot').textContent());
    assert.ok(changes >= 58 && changes <= 61, `${changes} changes`);
    const month = await wordsOf();
    assert.ok(month.length >= changes, `${month.length} rows`);
    for (const [i, word] of month.entries())
      assert.ok(['Locked', 'Unlocked'].includes(word ?? '') && word !== month[i + 1], `row ${i}: ${word}`);

    await dialog.getByRole('button', { name: 'Hour', exact: true }).click();
    await fact('Locked in the plot').getByText('0 s (0 %)').waitFor();
    await on.stage.write(20, 75, LOCK);
    await fact('Latest changes')
      .getByText(/^Locked .+ · Unlocked /)
      .waitFor();
    await fact('Changes in the plot').getByText('1', { exact: true }).waitFor();
    await dialog.locator('.u-legend').getByText('Locked', { exact: true }).waitFor();
    assert.equal((await wordsOf()).at(-1), 'Locked');
    await on.stage.write(20, 76, LOCK);
    await fact('Latest changes')
      .getByText(/^Unlocked .+ · Locked .+ · Unlocked /)
      .waitFor();

    // The driver has kept what the page heard.
    await on.stage.closeDriver();
    await openWithHistory();
    await page.reload();
    await page
      .locator('.control-card[data-kind=lock]')
      .getByText(/^Unlocked/)
      .waitFor();
    await details.click();
    await fact('Latest changes')
      .getByText(/^Unlocked .+ · Locked .+ · Unlocked /)
      .waitFor();
    await dialog.getByRole('button', { name: 'Hour', exact: true }).click();
    await fact('Changes in the plot').getByText('2', { exact: true }).waitFor();
    assert.deepEqual((await wordsOf()).slice(-2), ['Locked', 'Unlocked']);
  });

  it('shows of a motion sensor when it told motion', async () => {
    const page = await enter();
    await page.locator('.tile', { hasText: 'Motion' }).getByRole('button').first().click();
    const dialog = page.getByRole('dialog');
    const fact = (term: string) => dialog.locator(`dt:text-is("${term}") + dd`);
    await dialog.getByRole('button', { name: 'Month', exact: true }).click();
    // A minute each day.
    await fact('Motion in the plot')
      .getByText(/^(29|30|31) min \(0 %\)$/)
      .waitFor();
    const rows = await downloadCsv(page);
    assert.deepEqual([...new Set(rows.map((row) => row['Living room · Motion']))].sort(), [
      'Motion',
      'Quiet',
    ]);
  });

  it('says so when the history cannot be read, and shows what the page has heard', async () => {
    const page = await enter();
    await show(page, 'Plot');
    await chooseRange(page, 'Day', '5 min');
    await on.stage.closeDriver();
    await page.getByRole('button', { name: 'Week', exact: true }).click();
    await page.getByText('The history could not be read:').waitFor();
    await on.stage.openDriver({ 'enable-history': true });
    await page.getByText('A point is the mean of 30 min,').waitFor();
  });
});
