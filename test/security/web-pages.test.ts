import assert from 'node:assert/strict';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { connect, createServer as createTcpServer, type Socket } from 'node:net';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { after, before, type TestContext, test } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { launchBrowser } from '../support/browser.ts';
import { LiveDriver } from '../support/live-driver.ts';
import { connectSocket, upgradeRequest } from '../support/raw-ws.ts';
import { TestClient } from '../support/ws-client.ts';

/** Another machine, as the driver sees it. */
const ELSEWHERE = { localAddress: '127.0.0.2' };

let browser: Browser;

before(async () => {
  browser = await launchBrowser();
});

after(() => browser.close());

/** A page that tries what it can against the driver and puts what came of it into its title. */
function attackPage(host: string): string {
  return `<!doctype html><title>working</title><script>
    const socket = (path) => new Promise((done) => {
      const ws = new WebSocket('ws://${host}' + path);
      ws.onmessage = ({ data }) => done(path + ' got ' + data);
      ws.onerror = () => done(path + ' failed');
    });
    const read = (path) => fetch('http://${host}' + path).then(
      async (answer) => path + ' ' + answer.status + ' ' + (await answer.text()).slice(0, 40),
      () => path + ' unreadable');
    Promise.all([socket('/ws1'), socket('/ws2'), read('/metrics'), read('/healthz'), read('/')])
      .then((found) => { document.title = found.join(' | '); });
  </script>`;
}

async function outcome(page: Page): Promise<string> {
  await page.waitForFunction('document.title !== "working"');
  return page.title();
}

async function servePage(context: TestContext, html: string): Promise<number> {
  const server: Server = createServer((_request, response) => {
    response.setHeader('Content-Type', 'text/html').end(html);
  });
  server.listen(0, '127.0.0.1');
  context.after(() => server.close());
  await once(server, 'listening');
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

async function openDriver(context: TestContext, keys: Record<string, unknown> = {}): Promise<LiveDriver> {
  const driver = await LiveDriver.startFor(context, { keys });
  return driver;
}

test('a foreign web page cannot open a websocket in a real browser, by whatever name it reaches the driver', async (context) => {
  const driver = await openDriver(context);
  for (const name of ['localhost', '127.0.0.1', 'house.test']) {
    const port = await servePage(context, attackPage(`${name}:${driver.port}`));
    const page = await browser.newPage();
    await page.goto(`http://evil.test:${port}/`);
    const found = await outcome(page);
    assert.equal(
      found,
      '/ws1 failed | /ws2 failed | /metrics unreadable | /healthz unreadable | / unreadable',
      name,
    );
    await page.close();
  }
  await driver.waitForLog(/\[info\] \[http\] websocket refused: origin http:\/\/evil\.test:\d+ /);
  await driver.stop();
});

/** The attacker's address: first the page comes from there, from then on what comes is led to the driver. */
async function rebind(context: TestContext, port: number, html: string): Promise<void> {
  const page = `HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: ${html.length}\r\nConnection: close\r\n\r\n${html}`;
  const sockets = new Set<Socket>();
  let isSent = false;
  const relay = createTcpServer((socket) => {
    sockets.add(socket.on('error', () => undefined));
    socket.once('data', (head: Buffer) => {
      if (!isSent && head.includes('GET /attack')) {
        isSent = true;
        socket.end(page);
        return;
      }
      const driver = connect(port, '127.0.0.1').on('error', () => undefined);
      sockets.add(driver);
      driver.write(head);
      socket.pipe(driver).pipe(socket);
    });
  });
  relay.listen(port, '127.0.0.3');
  context.after(() => {
    for (const socket of sockets) socket.destroy();
    relay.close();
  });
  await once(relay, 'listening');
}

test('a page whose name is led to the driver (DNS rebinding) reads nothing and opens nothing', async (context) => {
  const driver = await openDriver(context);
  const host = `rebound.test:${driver.port}`;
  await rebind(context, driver.port, attackPage(host));
  const page = await browser.newPage();
  await page.goto(`http://${host}/attack`);
  const found = await outcome(page);
  assert.match(found, /^\/ws1 failed \| \/ws2 failed \| \/metrics 421 .*\| \/healthz 421 .*\| \/ 421 /);
  assert.doesNotMatch(found, /vscp_websocksrv_|"status"|AUTH0/);
  await driver.waitForLog(
    /\[info\] \[http\] websocket refused: "rebound\.test" is not a name of this machine/,
  );
  await page.close();
  await driver.stop();
});

test("the driver's own page opens its websocket in a real browser, by address, localhost and a configured name", async (context) => {
  const driver = await LiveDriver.prepare({
    keys: { interface: 'ws://localhost:0', 'server-names': ['panel.test'], 'enable-static': true },
  });
  context.after(() => driver.dispose());
  driver.config['web-root'] = driver.folder;
  const html = `<!doctype html><title>working</title><script>
    const ws = new WebSocket('ws://' + location.host + '/ws1');
    ws.onmessage = ({ data }) => { document.title = data; };
    ws.onerror = () => { document.title = 'failed'; };
  </script>`;
  await writeFile(join(driver.folder, 'index.html'), html);
  await driver.open();
  for (const name of ['localhost', '127.0.0.1', '[::1]', 'panel.test', hostname()]) {
    const page = await browser.newPage();
    await page.goto(`http://${name}:${driver.port}/`);
    assert.match(await outcome(page), /^\+;AUTH0;/, name);
    await page.close();
  }
  await driver.stop();
});

test('filling all places from one address leaves room for others, who log in at once', async (context) => {
  const driver = await openDriver(context, { 'max-clients': 20 });
  const crowd: TestClient[] = [];
  let refused = 0;
  for (let round = 0; round < 40; round++) {
    await TestClient.connect(`${driver.url}/ws1`).then(
      (client) => crowd.push(client),
      () => {
        refused += 1;
      },
    );
  }
  assert.equal(crowd.length, 10, 'half of the places');
  assert.equal(refused, 30);
  const others = [];
  for (let round = 0; round < 10; round++) {
    const other = await TestClient.connect(`${driver.url}/ws2`, ELSEWHERE);
    assert.match(await other.login(), /"\+"/);
    others.push(other);
  }
  // Even a driver that is full has a place for somebody who logs in, as long as others only sit there.
  const last = await TestClient.connect(`${driver.url}/ws2`, ELSEWHERE);
  assert.match(await last.login(), /"\+"/);
  assert.equal((await crowd[0]?.closed)?.code, 1006);
  assert.ok(crowd.slice(1).every(({ ws }) => ws.readyState === ws.OPEN));
  for (const { ws } of [...crowd, ...others, last]) ws.terminate();
  await driver.stop();
});

test('a crowd of connections without a request keeps nobody out who was there before', async (context) => {
  const driver = await openDriver(context, { 'max-clients': 1 });
  const slow = connect({ port: driver.port, host: '127.0.0.1', ...ELSEWHERE }).setEncoding('latin1');
  await once(slow, 'connect');
  const request = upgradeRequest('/ws1');
  slow.write(request.slice(0, 20));
  const crowd = await Promise.all(Array.from({ length: 300 }, () => connectSocket(driver.port)));
  slow.write(request.slice(20));
  const [answer] = await once(slow, 'data');
  assert.match(answer, /^HTTP\/1\.1 101 /);
  for (const socket of [slow, ...crowd]) socket.destroy();
  await driver.stop();
});
