import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rename, rm, symlink, truncate, utimes, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { brotliCompressSync, gunzipSync, gzipSync } from 'node:zlib';
import {
  type RunningServer,
  rawGet,
  readToEnd,
  sendRaw,
  startServer,
  statusOf,
} from './support/http-fixture.ts';

const PAGE = '<!doctype html><title>House</title>';
const SCRIPT = `export const text = '${'x'.repeat(2_000)}';\n`;

/** `outside/secret.txt` beside a web root with all kinds of entries. */
async function makeRoot(context: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'websocksrv-web-'));
  context.after(() => rm(folder, { recursive: true, force: true }));
  const root = join(folder, 'web');
  const at = (...names: string[]) => join(root, ...names);
  await mkdir(join(folder, 'outside'));
  await writeFile(join(folder, 'outside', 'secret.txt'), 'secret');
  await mkdir(join(folder, 'web-other'));
  await writeFile(join(folder, 'web-other', 'secret.txt'), 'secret');
  await mkdir(at('sub', 'deep'), { recursive: true });
  await mkdir(at('.git'));
  await mkdir(at('empty folder'));
  await writeFile(at('index.html'), PAGE);
  await writeFile(at('sub', 'index.html'), 'sub');
  await writeFile(at('sub', 'a b%.txt'), 'spaces');
  await writeFile(at('.git', 'config'), 'secret');
  await writeFile(at('.env'), 'secret');
  await writeFile(at('sub', '.hidden.html'), 'secret');
  await writeFile(at('app.js'), SCRIPT);
  await writeFile(at('data.bin'), Buffer.from('0123456789'));
  await symlink(join(folder, 'outside', 'secret.txt'), at('link.txt'));
  await symlink(join(folder, 'outside'), at('link-folder'));
  await symlink(join(folder, 'web-other'), at('link-other'));
  await symlink('/', at('link-slash'));
  await symlink(at('.git'), at('link-git'));
  await symlink('loop', at('loop'));
  await symlink(at('index.html'), at('good-link.html'));
  await symlink(at('sub'), at('good-folder'));
  execFileSync('mkfifo', [at('fifo')]);
  return root;
}

async function serve(context: TestContext, root: string): Promise<RunningServer> {
  return startServer(context, { settings: { enableStatic: true, webRoot: root } });
}

test('a root filled by a ConfigMap, whose files are links through ..data, is shown and can be exchanged', async (context) => {
  const root = await mkdtemp(join(tmpdir(), 'websocksrv-map-'));
  context.after(() => rm(root, { recursive: true, force: true }));
  for (const version of ['one', 'two']) {
    await mkdir(join(root, `..2026_${version}`));
    await writeFile(join(root, `..2026_${version}`, 'index.html'), version);
  }
  await symlink('..2026_one', join(root, '..data'));
  await symlink('..data/index.html', join(root, 'index.html'));
  const { port } = await serve(context, root);
  assert.match(await sendRaw(port, rawGet('/')), /^HTTP\/1\.1 200 [\s\S]*\r\n\r\none$/);
  await symlink('..2026_two', join(root, '..data_tmp'));
  await rename(join(root, '..data_tmp'), join(root, '..data'));
  assert.match(await sendRaw(port, rawGet('/index.html')), /^HTTP\/1\.1 200 [\s\S]*\r\n\r\ntwo$/);
  for (const target of ['/..data/index.html', '/..2026_one/index.html', '/%2e%2edata/index.html']) {
    assert.equal(statusOf(await sendRaw(port, rawGet(target))), 404, target);
  }
});

test('the log names a file that exists but is not served, once, with the reason', async (context) => {
  const root = await makeRoot(context);
  const { port, log } = await serve(context, root);
  const reasons: [target: string, reason: RegExp][] = [
    ['/link.txt', /link leads out of web-root, to \/.*secret\.txt$/],
    ['/link-git/config', /link leads to a dot file$/],
    ['/fifo', /not a regular file$/],
    ['/loop', /links lead in a circle$/],
  ];
  for (const [target, reason] of reasons) {
    for (let round = 0; round < 3; round++) assert.equal(statusOf(await sendRaw(port, rawGet(target))), 404);
    const lines = log.lines.filter((line) =>
      line.startsWith(`warn web-root: ${target} exists but is not served`),
    );
    assert.equal(lines.length, 1, target);
    assert.match(lines[0] ?? '', reason);
  }
  const before = log.lines.filter((line) => line.startsWith('warn')).length;
  for (const target of ['/none', '/.env', '/.git/config', '/sub/none/x']) await sendRaw(port, rawGet(target));
  assert.equal(
    log.lines.filter((line) => line.startsWith('warn')).length,
    before,
    'what robots ask for is not',
  );
});

test('a page that asks for strict headers gets them, with its own policy, in every coding; others do not', async (context) => {
  const root = await makeRoot(context);
  const policy = "default-src 'none'; script-src 'self'";
  const strict = `<!doctype html><meta name="page-headers" content="strict">
    <meta http-equiv="Content-Security-Policy" content="${policy}"><title>x</title>`;
  await writeFile(join(root, 'strict.html'), strict);
  await writeFile(join(root, 'strict.html.gz'), gzipSync(strict));
  const { port } = await serve(context, root);
  for (const headers of [[], ['Accept-Encoding: gzip']]) {
    const answer = await sendRaw(port, rawGet('/strict.html', headers));
    assert.equal(statusOf(answer), 200);
    assert.ok(answer.includes(`\r\nContent-Security-Policy: ${policy}; frame-ancestors 'self'\r\n`), answer);
    for (const header of [
      'X-Frame-Options: SAMEORIGIN',
      'Referrer-Policy: no-referrer',
      'Permissions-Policy: camera=()',
    ]) {
      assert.ok(answer.includes(`\r\n${header}`), header);
    }
  }
  assert.doesNotMatch(
    await sendRaw(port, rawGet('/index.html')),
    /Security-Policy|X-Frame|Referrer|Permissions/,
  );
});

const SHOWN: [target: string, body: string][] = [
  ['/', PAGE],
  ['/index.html', PAGE],
  ['/?query=/../..', PAGE],
  ['//index.html', PAGE],
  ['http://any.host/index.html', PAGE],
  ['/sub/', 'sub'],
  ['/sub/a%20b%25.txt', 'spaces'],
  ['/%73ub/', 'sub'],
  ['/good-link.html', PAGE],
  ['/good-folder/', 'sub'],
];

test('files of the root are shown, also through links that stay inside', async (context) => {
  const { port } = await serve(context, await makeRoot(context));
  for (const [target, body] of SHOWN) {
    const answer = await sendRaw(port, rawGet(target));
    assert.equal(statusOf(answer), 200, target);
    assert.equal(answer.split('\r\n\r\n')[1], body, target);
  }
});

const HIDDEN = [
  '/../outside/secret.txt',
  '/..%2foutside/secret.txt',
  '/..%2Foutside%2Fsecret.txt',
  '/%2e%2e/outside/secret.txt',
  '/%2e%2e%2foutside%2fsecret.txt',
  '/.%2e/outside/secret.txt',
  '/%252e%252e/outside/secret.txt',
  '/%252e%252e%252foutside%252fsecret.txt',
  '/sub/../../outside/secret.txt',
  '/sub/%2e%2e/%2e%2e/outside/secret.txt',
  '/..\\outside\\secret.txt',
  '/..%5coutside%5csecret.txt',
  '/%5c..%5coutside%5csecret.txt',
  '/....//outside/secret.txt',
  '/..;/outside/secret.txt',
  '/%c0%ae%c0%ae/outside/secret.txt',
  '/%uff0e%uff0e/outside/secret.txt',
  '/\xef\xbc\x8e\xef\xbc\x8e/outside/secret.txt',
  '//etc/passwd',
  '/%2fetc/passwd',
  '/%2Fetc%2Fpasswd',
  '///../../etc/passwd',
  '/index.html/../../outside/secret.txt',
  '/index.html%00.txt',
  '/%00',
  '/sub/%00/../index.html',
  '/%',
  '/%zz',
  '/.',
  '/..',
  '/./',
  '/../',
  '/.env',
  '/%2eenv',
  '/.git/config',
  '/.git/',
  '/sub/.hidden.html',
  '/link.txt',
  '/link-folder/secret.txt',
  '/link-folder/',
  '/link-folder',
  '/link-other/secret.txt',
  '/link-slash/etc/passwd',
  '/link-git/config',
  '/good-folder/.hidden.html',
  '/../web-other/secret.txt',
  '/loop',
  '/fifo',
  '/index.html/',
  '/index.html/x',
  '/nothing',
  '/nothing/',
  '/empty%20folder/',
  '/sub/deep/',
  `/${'a'.repeat(5_000)}`,
  `/${'a/'.repeat(3_000)}`,
  'http://any.host/../outside/secret.txt',
  'file:///etc/passwd',
  '*',
  'outside/secret.txt',
];

test('nothing outside the root, no dot file and nothing but regular files is shown', async (context) => {
  const { port, log } = await serve(context, await makeRoot(context));
  for (const target of HIDDEN) {
    const answer = await sendRaw(port, rawGet(target));
    assert.ok([400, 404].includes(statusOf(answer)), `${target}: ${answer}`);
    assert.doesNotMatch(answer, /secret\n?$|root:/, target);
  }
  assert.ok(!log.has(/^err /), log.lines.join('\n'));
});

test('a folder without the slash is redirected within the site', async (context) => {
  const { port } = await serve(context, await makeRoot(context));
  const table: [string, string][] = [
    ['/sub', '/sub/'],
    ['//sub', '/sub/'],
    ['/sub?a=b', '/sub/?a=b'],
    ['/empty%20folder', '/empty%20folder/'],
    ['//sub/deep', '/sub/deep/'],
  ];
  for (const [target, location] of table) {
    const answer = await sendRaw(port, rawGet(target));
    assert.equal(statusOf(answer), 301, target);
    assert.equal(/\r\nLocation: (.*)\r\n/.exec(answer)?.[1], location);
  }
});

test('the content type follows the name and is never guessed by the browser', async (context) => {
  const root = await makeRoot(context);
  const { port } = await serve(context, root);
  const table: [string, RegExp][] = [
    ['a.html', /^text\/html; charset=utf-8$/i],
    ['a.js', /^text\/javascript; charset=utf-8$/i],
    ['a.mjs', /^text\/javascript; charset=utf-8$/i],
    ['a.css', /^text\/css; charset=utf-8$/i],
    ['a.svg', /^image\/svg\+xml/],
    ['a.wasm', /^application\/wasm$/],
    ['a.webmanifest', /^application\/manifest\+json/],
    ['a.json', /^application\/json/],
    ['a.woff2', /^font\/woff2$/],
    ['a.png', /^image\/png$/],
    ['a.unknownending', /^application\/octet-stream$/],
    ['README', /^application\/octet-stream$/],
  ];
  for (const [name, type] of table) {
    await writeFile(join(root, name), 'x');
    const response = await fetch(`http://127.0.0.1:${port}/${name}`);
    assert.match(response.headers.get('content-type') ?? '', type, name);
    assert.equal(response.headers.get('x-content-type-options'), 'nosniff');
    const kept = /woff2|png|svg/.test(name) ? 'public, max-age=3600' : 'no-cache';
    assert.equal(response.headers.get('cache-control'), kept, name);
  }
});

test('pages of other origins may load scripts, and read nothing else', async (context) => {
  const root = await makeRoot(context);
  const { port } = await serve(context, root);
  await writeFile(join(root, 'module.mjs'), SCRIPT);
  await writeFile(join(root, 'app.js.gz'), gzipSync(SCRIPT));
  const leave = async (target: string, headers: string[] = []) => {
    const answer = await sendRaw(port, rawGet(target, ['Origin: https://other.example', ...headers]));
    return {
      status: statusOf(answer),
      origin: /\r\nAccess-Control-Allow-Origin: (.*)\r\n/.exec(answer)?.[1],
    };
  };
  assert.deepEqual(await leave('/app.js'), { status: 200, origin: '*' });
  assert.deepEqual(await leave('/app.js', ['Accept-Encoding: gzip']), { status: 200, origin: '*' });
  assert.deepEqual(await leave('/module.mjs'), { status: 200, origin: '*' });
  for (const target of ['/', '/data.bin', '/sub/']) {
    assert.deepEqual(await leave(target), { status: 200, origin: undefined }, target);
  }
  assert.deepEqual(await leave('/missing.js'), { status: 404, origin: undefined });
});

test('HEAD sends the head only, other methods get 405', async (context) => {
  const { port } = await serve(context, await makeRoot(context));
  const head = await sendRaw(port, rawGet('/data.bin').replace('GET', 'HEAD'));
  assert.equal(statusOf(head), 200);
  assert.match(head, /\r\nContent-Length: 10\r\n/);
  assert.ok(head.endsWith('\r\n\r\n'));
  for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH', 'TRACE']) {
    const answer = await sendRaw(port, rawGet('/data.bin').replace('GET', method));
    assert.equal(statusOf(answer), 405, method);
    assert.match(answer, /\r\nAllow: GET, HEAD\r\n/);
  }
  const withBody = 'POST / HTTP/1.1\r\nHost: t\r\nContent-Length: 4\r\n\r\nGET ';
  assert.equal(statusOf(await sendRaw(port, withBody)), 405);
});

test('ranges give the bytes asked for', async (context) => {
  const { port } = await serve(context, await makeRoot(context));
  const table: [range: string, status: number, body: string, contentRange: string | null][] = [
    ['bytes=0-3', 206, '0123', 'bytes 0-3/10'],
    ['bytes=7-', 206, '789', 'bytes 7-9/10'],
    ['bytes=-2', 206, '89', 'bytes 8-9/10'],
    ['bytes=5-99', 206, '56789', 'bytes 5-9/10'],
    ['bytes=10-', 416, '416 Range Not Satisfiable\n', 'bytes */10'],
    ['bytes=0-1,4-5', 200, '0123456789', null],
    ['bytes=x', 200, '0123456789', null],
    ['lines=1-2', 200, '0123456789', null],
  ];
  for (const [range, status, body, contentRange] of table) {
    const response = await fetch(`http://127.0.0.1:${port}/data.bin`, { headers: { Range: range } });
    assert.equal(response.status, status, range);
    assert.equal(await response.text(), body, range);
    assert.equal(response.headers.get('content-range'), contentRange, range);
  }
});

test('an unchanged file is answered with 304, by ETag and by date', async (context) => {
  const { port } = await serve(context, await makeRoot(context));
  const url = `http://127.0.0.1:${port}/data.bin`;
  const first = await fetch(url);
  await first.text();
  const etag = first.headers.get('etag') ?? '';
  const modified = first.headers.get('last-modified') ?? '';
  const statusWith = async (headers: Record<string, string>) => {
    const response = await fetch(url, { headers: { 'Cache-Control': 'max-age=0', ...headers } });
    await response.text();
    return response.status;
  };
  assert.equal(await statusWith({ 'If-None-Match': etag }), 304);
  assert.equal(await statusWith({ 'If-None-Match': '"other"' }), 200);
  assert.equal(await statusWith({ 'If-Modified-Since': modified }), 304);
  assert.equal(await statusWith({ 'If-Match': '"other"' }), 412);
  assert.equal(await statusWith({ Range: 'bytes=0-1', 'If-Range': '"other"' }), 200);
});

/** A request that names its accepted codings itself and sees the coded bytes. */
async function getCoded(
  port: number,
  target: string,
  accept: string,
): Promise<{ head: string; body: Buffer }> {
  const answer = await sendRaw(port, rawGet(target, [`Accept-Encoding: ${accept}`]));
  const end = answer.indexOf('\r\n\r\n');
  return { head: answer.slice(0, end + 2), body: Buffer.from(answer.slice(end + 4), 'latin1') };
}

test('a compressed sibling is sent to clients that accept it, under the type of the plain file', async (context) => {
  const root = await makeRoot(context);
  await writeFile(join(root, 'app.js.gz'), gzipSync(SCRIPT));
  const { port } = await serve(context, root);
  const coded = await getCoded(port, '/app.js', 'gzip, br');
  assert.match(coded.head, /\r\nContent-Encoding: gzip\r\n/);
  assert.match(coded.head, /\r\nContent-Type: text\/javascript; charset=utf-8\r\n/i);
  assert.match(coded.head, /\r\nVary: Accept-Encoding\r\n/);
  assert.equal(gunzipSync(coded.body).toString(), SCRIPT);
  await writeFile(join(root, 'app.js.br'), brotliCompressSync(SCRIPT));
  assert.match((await getCoded(port, '/app.js', 'gzip, br')).head, /\r\nContent-Encoding: br\r\n/);
  const plain = await getCoded(port, '/app.js', 'identity');
  assert.doesNotMatch(plain.head, /Content-Encoding/);
  assert.match(plain.head, /\r\nVary: Accept-Encoding\r\n/);
  assert.equal(plain.body.toString(), SCRIPT);
  const etagOf = (head: string) => /\r\nETag: (.*)\r\n/.exec(head)?.[1];
  assert.notEqual(etagOf(plain.head), etagOf(coded.head));
  assert.doesNotMatch((await getCoded(port, '/index.html', 'gzip, br')).head, /Vary|Content-Encoding/);
});

test('a sibling that is older than the file, or leads outside, is not used', async (context) => {
  const root = await makeRoot(context);
  await writeFile(join(root, 'app.js.gz'), gzipSync('old'));
  await utimes(join(root, 'app.js.gz'), new Date(), new Date(Date.now() - 3_600_000));
  await symlink('../outside/secret.txt', join(root, 'app.js.br'));
  const { port } = await serve(context, root);
  const { head, body } = await getCoded(port, '/app.js', 'gzip, br');
  assert.doesNotMatch(head, /Content-Encoding|Vary/);
  assert.equal(body.toString(), SCRIPT);
});

test("the installation's own 404 page goes to browsers", async (context) => {
  const root = await makeRoot(context);
  await writeFile(join(root, '404.html'), '<p>nothing here</p>');
  const { port } = await serve(context, root);
  const page = await fetch(`http://127.0.0.1:${port}/nothing`, { headers: { Accept: 'text/html,*/*' } });
  assert.equal(page.status, 404);
  assert.equal(await page.text(), '<p>nothing here</p>');
  assert.match(page.headers.get('content-type') ?? '', /^text\/html/);
  const script = await fetch(`http://127.0.0.1:${port}/nothing.js`);
  assert.equal(await script.text(), '404 Not Found\n');
});

test('a root that is gone, and comes back, is 404 and then served', async (context) => {
  const root = await makeRoot(context);
  const { port } = await serve(context, root);
  await rename(root, `${root}-away`);
  assert.equal(statusOf(await sendRaw(port, rawGet('/'))), 404);
  await rename(`${root}-away`, root);
  assert.equal(statusOf(await sendRaw(port, rawGet('/'))), 200);
});

test('a file that may not be read is 404', async (context) => {
  const root = await makeRoot(context);
  const file = join(root, 'data.bin');
  execFileSync('chmod', ['000', file]);
  execFileSync('chmod', ['755', join(root, '..')]);
  const { port } = await serve(context, root);
  // What is loaded when it is first used may lie where only root can read.
  assert.equal(statusOf(await sendRaw(port, rawGet('/index.html'))), 200);
  const isRoot = process.geteuid?.() === 0;
  if (isRoot) process.seteuid?.(65_534);
  try {
    assert.equal(statusOf(await sendRaw(port, rawGet('/data.bin'))), 404);
    assert.equal(statusOf(await sendRaw(port, rawGet('/index.html'))), 200);
  } finally {
    if (isRoot) process.seteuid?.(0);
  }
});

test('a file that shrinks or vanishes while it is sent breaks off that answer only', async (context) => {
  const root = await makeRoot(context);
  const size = 32 * 1024 * 1024;
  const { port } = await serve(context, root);
  for (const change of ['truncate', 'delete'] as const) {
    const file = join(root, 'big.bin');
    await writeFile(file, Buffer.alloc(size, 'x'));
    const socket = connect(port, '127.0.0.1');
    socket.write(`GET /big.bin HTTP/1.1\r\nHost: t\r\n\r\n${rawGet('/sub/')}`);
    await new Promise((resolve) => socket.once('readable', resolve));
    if (change === 'truncate') await truncate(file, 1_000);
    else await rm(file);
    const answer = await readToEnd(socket);
    assert.equal(statusOf(answer), 200);
    // A short answer must not be taken for a whole one: the next one would count as its rest.
    assert.equal(answer.endsWith('sub'), change === 'delete');
    assert.equal(answer.length > size, change === 'delete');
  }
  assert.equal(statusOf(await sendRaw(port, rawGet('/'))), 200);
});

test('clients that leave in the middle leave no descriptor behind', async (context) => {
  const root = await makeRoot(context);
  await writeFile(join(root, 'big.bin'), Buffer.alloc(8 * 1024 * 1024));
  const { port } = await serve(context, root);
  const openFiles = () => execFileSync('ls', ['-l', `/proc/${process.pid}/fd`], { encoding: 'latin1' });
  for (let n = 0; n < 10; n += 1) {
    for (const method of ['GET', 'HEAD']) {
      const socket = connect(port, '127.0.0.1');
      socket.write(rawGet('/big.bin').replace('GET', method));
      await new Promise((resolve) => socket.once('readable', resolve));
      socket.destroy();
    }
  }
  const end = Date.now() + 10_000;
  while (openFiles().includes('big.bin') && Date.now() < end)
    await new Promise((resolve) => setTimeout(resolve, 20));
  assert.doesNotMatch(openFiles(), /big\.bin/);
});

test('without static files every other path is 404', async (context) => {
  const { port } = await startServer(context);
  for (const target of ['/', '/index.html', '/rest', '/metrics']) {
    assert.equal(statusOf(await sendRaw(port, rawGet(target))), 404, target);
  }
});

test('pages are told where the websockets are', async (context) => {
  const root = await makeRoot(context);
  const places = async (settings: object) => {
    const { port } = await startServer(context, {
      settings: { enableStatic: true, webRoot: root, ...settings },
    });
    const answer = await fetch(`http://127.0.0.1:${port}/driver.json`);
    assert.match(String(answer.headers.get('content-type')), /^application\/json/);
    assert.ok(answer.headers.get('date'), 'the panel sets its clock by it');
    return answer.json();
  };
  assert.deepEqual(await places({}), { ws1: '/ws1', ws2: '/ws2' });
  assert.deepEqual(await places({ urlWs2: '/house/socket', enableWs1: false }), {
    ws1: null,
    ws2: '/house/socket',
  });
});
