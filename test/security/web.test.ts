import assert from 'node:assert/strict';
import { mkdir, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { LiveDriver, type LiveDriverOptions } from '../support/live-driver.ts';
import { connectSocket, RawWs, upgradeRequest } from '../support/raw-ws.ts';

async function prepare(context: TestContext, options: LiveDriverOptions = {}): Promise<LiveDriver> {
  const driver = await LiveDriver.prepare(options);
  context.after(() => driver.dispose());
  return driver;
}

/** What comes back for the bytes of a request. */
async function ask(port: number, request: string): Promise<string> {
  const socket = await connectSocket(port);
  let text = '';
  socket.setEncoding('latin1').on('data', (chunk: string) => {
    text += chunk;
  });
  const closed = new Promise((resolve) => socket.once('close', resolve));
  // Not half closed: a client that says no more is not answered when the answer takes a file.
  socket.write(Buffer.from(request, 'latin1'));
  await closed;
  return text;
}

const getRequest = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`;

const TRAVERSALS: readonly string[] = [
  '/../secret.txt',
  '/../../../../../../etc/passwd',
  '/web/../../secret.txt',
  '//secret.txt',
  '///../secret.txt',
  '/./../secret.txt',
  '/..;/secret.txt',
  '/%2e%2e/secret.txt',
  '/%2E%2E%2Fsecret.txt',
  '/..%2fsecret.txt',
  '/..%5csecret.txt',
  '/..\\secret.txt',
  '/%252e%252e/secret.txt',
  '/%c0%ae%c0%ae/secret.txt',
  '/%e0%80%ae%e0%80%ae/secret.txt',
  '/%uff0e%uff0e/secret.txt',
  '/..%00/secret.txt',
  '/index.html%00.txt',
  '/link.txt',
  '/linked/secret.txt',
  '/.hidden',
  '/.well-known/x',
  '/sub/.hidden',
  '/%2ehidden',
  '/http://x/../secret.txt',
  'http://x/../secret.txt',
  'http://x/%2e%2e/secret.txt',
  '/index.html/../../secret.txt',
  '/index.html/',
  '/proc/self/environ',
  '/users.json',
  '/driver.log',
  '/fifo',
  `/${'../'.repeat(500)}etc/passwd`,
  `/${'a/'.repeat(3000)}`,
  `/${'%2e'.repeat(2000)}`,
  '/%',
  '/%zz',
  '/\xff\xfe',
];

test(`none of ${TRAVERSALS.length} paths leads out of web-root`, async (context) => {
  const driver = await prepare(context);
  const root = join(driver.folder, 'web');
  await mkdir(join(root, 'sub'), { recursive: true });
  await writeFile(join(driver.folder, 'secret.txt'), 'TOP SECRET');
  await writeFile(join(root, 'index.html'), 'welcome');
  await writeFile(join(root, '.hidden'), 'TOP SECRET');
  await writeFile(join(root, 'sub', '.hidden'), 'TOP SECRET');
  await symlink(join(driver.folder, 'secret.txt'), join(root, 'link.txt'));
  await symlink(driver.folder, join(root, 'linked'));
  Object.assign(driver.config, { 'enable-static': true, 'web-root': root });
  await driver.open();
  assert.match(await ask(driver.port, getRequest('/')), /^HTTP\/1\.1 200 [\s\S]*welcome$/);
  for (const path of TRAVERSALS) {
    const answer = await ask(driver.port, getRequest(path));
    assert.match(answer, /^HTTP\/1\.1 (301|400|404|414) /, path);
    assert.doesNotMatch(answer, /TOP SECRET|root:|welcome|"users"/, path);
    assert.doesNotMatch(answer, /^location: *(https?:)?\/\//im, `${path} redirects to another site`);
  }
  await driver.stop();
});

test('a page of a foreign origin cannot open a websocket where origins are listed', async (context) => {
  const driver = await prepare(context, { keys: { 'allowed-origins': ['https://hmi.example'] } });
  await driver.open();
  for (const origin of [
    'https://evil.example',
    'http://hmi.example',
    'https://hmi.example.evil.example',
    'null',
    'https://hmi.example@evil.example',
    'file://',
    'https://hmi.example:444',
    'https://xhmi.example',
  ]) {
    await assert.rejects(RawWs.connect(driver.port, '/ws1', { headers: { Origin: origin } }), /403/, origin);
  }
  for (const origin of ['https://hmi.example', 'HTTPS://HMI.EXAMPLE', '']) {
    const peer = await RawWs.connect(driver.port, '/ws1', { headers: { Origin: origin } });
    peer.destroy();
  }
  await driver.stop();
});

test('nothing of a request comes back in the head of an answer', async (context) => {
  const driver = await prepare(context);
  await driver.open();
  const requests = [
    getRequest('/x%0d%0aInjected:%20yes'),
    getRequest('/healthz?%0d%0aInjected:%20yes'),
    'GET /ws1 HTTP/1.1\r\nHost: x\nInjected: yes\r\n\r\n',
    upgradeRequest('/ws1', { 'Sec-WebSocket-Protocol': 'vscp-std%0d%0aInjected: yes' }),
    upgradeRequest('/none', { Origin: 'x\tInjected: yes' }),
    upgradeRequest('/ws1', { 'Sec-WebSocket-Extensions': 'permessage-deflate; Injected=yes' }),
    'GET /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /Injected',
  ];
  for (const request of requests) {
    assert.doesNotMatch(await ask(driver.port, request), /Injected/i, JSON.stringify(request));
  }
  await driver.stop();
});

test('the host’s umask of 0 leaves no file of ours open to others', async (context) => {
  const driver = await prepare(context, { host: { umask: '0' } });
  const folder = join(driver.folder, 'made', 'logs');
  driver.config.logging = {
    'console-enable-log': false,
    'file-enable-log': true,
    'file-path': join(folder, 'driver.log'),
    'file-log-level': 'info',
  };
  const { handle } = await driver.host.open(driver.config);
  assert.ok(handle > 0);
  assert.equal((await driver.host.close()).code, 0);
  for (const path of [join(folder, 'driver.log'), folder, join(driver.folder, 'made')]) {
    const { mode } = await stat(path);
    assert.equal(mode & 0o027, 0, `${path}: ${(mode & 0o777).toString(8)}`);
  }
  await driver.stop();
});

const ENTITY = '<!DOCTYPE c [<!ENTITY a "aaaaaaaaaa">';
const BOMBS: readonly [string, string][] = [
  ['a billion laughs', `${ENTITY}${Array.from({ length: 9 }, (_, i) => `<!ENTITY b${i} "${`&${i ? `b${i - 1}` : 'a'};`.repeat(10)}">`).join('')}]><config>&b8;</config>`],
  ['an entity from a file', '<!DOCTYPE c [<!ENTITY x SYSTEM "file:///etc/passwd">]><config path-users="&x;"/>'],
  ['a DTD from elsewhere', '<!DOCTYPE c SYSTEM "http://127.0.0.1:9/x.dtd"><config/>'],
  ['elements nested 100 000 deep', `${'<a>'.repeat(100_000)}`],
  ['100 000 attributes', `<config ${Array.from({ length: 100_000 }, (_, i) => `a${i}="1"`).join(' ')}/>`],
  ['a prototype as element', '<config><__proto__><debug>true</debug></__proto__><constructor>x</constructor></config>'],
  ['40 MB of text', `<config>${'x'.repeat(40 * 1024 * 1024)}</config>`],
]; // biome-ignore format: a table

for (const [name, xml] of BOMBS) {
  test(`${name} in an XML configuration is refused within seconds, and the host lives`, async (context) => {
    const driver = await prepare(context);
    const file = join(driver.folder, 'bomb.xml');
    await writeFile(file, xml);
    const { handle, ms } = await driver.host.open(file);
    assert.equal(handle, 0);
    assert.ok(ms < 15_000, `took ${ms} ms`);
    await driver.waitForStderr(/VSCPOpen failed: /);
    assert.doesNotMatch(driver.host.stderr, /root:|out of memory|heap/i);
    const { rssKb } = await driver.usage();
    assert.ok(rssKb < 400_000, `${rssKb} kB`);
    await driver.open();
    await driver.stop();
  });
}
