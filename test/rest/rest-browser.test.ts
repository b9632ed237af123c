import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { after, before, type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { launchBrowser } from '../support/browser.ts';
import { makeEvent } from '../support/events.ts';
import { LiveDriver } from '../support/live-driver.ts';

const JQUERY = readFileSync(
  fileURLToPath(new URL('../../node_modules/jquery/dist/jquery.min.js', import.meta.url)),
);

let browser: Browser;

before(async () => {
  browser = await launchBrowser();
});

after(() => browser.close());

/**
 * Asks as the browser library of the project does: jQuery's JSONP with a fixed function name and `cache`, values
 * not encoded. `restCall` resolves to what the function was called with.
 */
const PAGE = `<!doctype html><title>page</title><script src="/jquery.js"></script><script>
  const restCall = (url, parameters) => new Promise((resolve, reject) => {
    const query = Object.entries(parameters).map(([name, value]) => name + '=' + value).join('&');
    $.ajax({ url: url + '?' + query, type: 'GET', jsonpCallback: 'handler', cache: true, dataType: 'jsonp' })
      .then(resolve, (xhr, status, error) => reject(new Error(status + ' ' + error)));
  });
</script>`;

/** A page of another port than the driver's. */
async function openPage(context: TestContext, name = '127.0.0.1'): Promise<Page> {
  const server = createServer((request, response) => {
    const isLibrary = request.url === '/jquery.js';
    response.setHeader('Content-Type', isLibrary ? 'text/javascript' : 'text/html');
    response.end(isLibrary ? JQUERY : PAGE);
  });
  server.listen(0, '127.0.0.1');
  context.after(() => server.close());
  await once(server, 'listening');
  const address = server.address();
  assert.ok(typeof address === 'object' && address !== null);
  const page = await browser.newPage();
  context.after(() => page.close());
  await page.goto(`http://${name}:${address.port}/`);
  return page;
}

async function openDriver(context: TestContext, keys: Record<string, unknown>): Promise<LiveDriver> {
  const driver = await LiveDriver.startFor(context, { keys });
  return driver;
}

type Answer = Record<string, unknown> & { event?: Record<string, unknown>[] };

test('a page of another port uses the interface by jQuery and JSONP, with /vscp and without', async (context) => {
  const driver = await openDriver(context, { 'allowed-origins': '*' });
  const page = await openPage(context);
  for (const path of ['/vscp/rest', '/rest']) {
    const url = `http://localhost:${driver.port}${path}`;
    const call = (parameters: Record<string, string>): Promise<Answer> =>
      page.evaluate(
        `restCall(${JSON.stringify(url)}, ${JSON.stringify({ ...parameters, format: 'jsonp' })})`,
      );
    const opened = await call({ vscpuser: 'admin', vscpsecret: 'secret', op: 'open' });
    assert.equal(opened.success, true);
    const vscpsession = String(opened.vscpsession);
    assert.equal((await call({ op: 'status', vscpsession })).nEvents, 0);
    const sent = await call({ op: 'sendevent', vscpsession, vscpevent: '0,30,5,0,,0,-,0x01,2' });
    assert.equal(sent.success, true);
    assert.deepEqual([...(await driver.host.nextEvent()).data], [1, 2]);
    for (const vscpType of [1, 2, 3]) await driver.host.write(makeEvent({ vscpClass: 20, vscpType }));
    while ((await call({ op: 'status', vscpsession })).nEvents !== 3);
    const one = await call({ op: 'readevent', vscpsession, count: '1' });
    const more = await call({ op: 'readevent', vscpsession, count: '10' });
    const events = [...(one.event ?? []), ...(more.event ?? [])];
    assert.deepEqual([one.count, more.count], [1, 2]);
    assert.deepEqual(
      events.map(({ vscpClass, vscpType, datetime }) => [vscpClass, vscpType, datetime]),
      [1, 2, 3].map((vscpType) => [20, vscpType, '2026-01-02T03:04:05Z']),
    );
    const filter = { vscpfilter: '0x00,0x0014,0x0002,00:00', vscpmask: '0x00,0xffff,0xffff,-' };
    assert.equal((await call({ op: 'setfilter', vscpsession, ...filter })).code, -5, 'half a GUID');
    assert.equal((await call({ op: 'setfilter', vscpsession, ...filter, vscpfilter: '0,0x14,2,-' })).code, 1);
    assert.equal((await call({ op: 'clearqueue', vscpsession })).success, true);
    assert.equal((await call({ op: 'close', vscpsession })).success, true);
    assert.equal((await call({ op: 'status', vscpsession })).code, -2);
  }
  await driver.stop();
});

test('a page of a foreign origin gets nothing by fetch, JSONP or form while origins are limited', async (context) => {
  const driver = await openDriver(context, { 'allowed-origins': ['https://hmi.example'] });
  const page = await openPage(context, 'evil.test');
  const url = `http://localhost:${driver.port}/rest`;
  const open = { op: 'open', vscpuser: 'admin', vscpsecret: 'secret' };
  const jsonp = await page.evaluate(`restCall('${url}', ${JSON.stringify({ ...open, format: 'jsonp' })})`);
  assert.equal((jsonp as Answer).code, -15);
  const fetched = await page.evaluate(
    `fetch('${url}?${new URLSearchParams(open)}').then((answer) => answer.text(), (error) => 'refused')`,
  );
  assert.equal(fetched, 'refused');
  const answered = page.waitForResponse(url);
  await page.evaluate(`{
    const form = document.createElement('form');
    Object.assign(form, { method: 'POST', action: '${url}' });
    for (const [name, value] of Object.entries(${JSON.stringify(open)})) {
      form.append(Object.assign(document.createElement('input'), { name, value }));
    }
    document.body.append(form);
    form.submit();
  }`);
  assert.equal((await answered).status(), 403);
  assert.doesNotMatch(driver.log, /protocol=rest/);
  await driver.stop();
});
