import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, copyFile, readFile, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { after, before, test } from 'node:test';
import { type ConnectionOptions, TLSSocket, connect as tlsConnect } from 'node:tls';
import { WebSocket } from 'ws';
import { checkTlsFiles, loadTlsFiles } from '../../src/http/tls-files.ts';
import { type Pair, TestAuthority } from './support/certificates.ts';
import {
  rawGet,
  rawUpgrade,
  readToEnd,
  sendRaw,
  startServer,
  statusOf,
  until,
} from './support/http-fixture.ts';

const SECURE = [{ secure: true, host: '127.0.0.1', port: 0 }];
const cleanups: (() => unknown)[] = [];
let authority: TestAuthority;
let server: Pair;
let client: Pair;
/** The authority's certificate. */
let ca: Buffer;

before(async () => {
  authority = await TestAuthority.create({ after: (cleanup) => cleanups.push(cleanup as () => unknown) });
  server = await authority.issue('server');
  client = await authority.issue('client');
  ca = await readFile(authority.ca);
});

after(async () => {
  for (const cleanup of cleanups) await cleanup();
});

/** Sends a request over TLS; the answer, or the error that prevented one. */
async function getOverTls(
  port: number,
  options: ConnectionOptions,
  request = rawGet('/healthz'),
): Promise<string> {
  const socket = tlsConnect({ port, host: '127.0.0.1', ca, ...options });
  let failure = '';
  socket.once('error', (error) => {
    failure = `error ${error.message}`;
  });
  socket.write(request);
  return (await readToEnd(socket)) || failure || 'closed';
}

test('wss and https are served beside ws and http', async (context) => {
  const interfaces = [{ secure: false, host: '127.0.0.1', port: 0 }, ...SECURE];
  const { port, securePort, accepted } = await startServer(context, {
    settings: { interfaces, tls: server },
  });
  assert.equal(statusOf(await sendRaw(port, rawGet('/healthz'))), 200);
  assert.equal(statusOf(await getOverTls(securePort, {})), 200);
  const plain = new WebSocket(`ws://127.0.0.1:${port}/ws1`);
  await once(plain, 'open');
  const secure = new WebSocket(`wss://127.0.0.1:${securePort}/ws2`, { ca });
  await once(secure, 'open');
  assert.deepEqual(
    accepted.map(({ protocol, socket }) => [protocol, socket instanceof TLSSocket]),
    [['ws1', false], ['ws2', true]],
  ); // biome-ignore format: pairs
  const text = once(secure, 'message');
  accepted[1]?.socket.write(Buffer.from([0x81, 2, 0x68, 0x69]));
  assert.equal(String((await text)[0]), 'hi');
});

test('the whole chain of the file is sent', async (context) => {
  const cert = await authority.write(
    'chain.pem',
    (await readFile(server.cert, 'latin1')) + (await readFile(authority.ca, 'latin1')),
  );
  const { securePort } = await startServer(context, {
    settings: { interfaces: SECURE, tls: { cert, key: server.key } },
  });
  const socket = tlsConnect({ port: securePort, host: '127.0.0.1', ca });
  await once(socket, 'secureConnect');
  const { subject, issuerCertificate } = socket.getPeerCertificate(true);
  assert.equal(subject.CN, 'server');
  assert.equal(issuerCertificate.subject.CN, 'Authority');
  socket.destroy();
});

test('with ca only clients with a certificate of that authority get in', async (context) => {
  const stranger = await (await TestAuthority.create(context)).issue('stranger');
  const tls = { ...server, ca: authority.ca };
  const { securePort, accepted, log } = await startServer(context, { settings: { interfaces: SECURE, tls } });
  const load = async (pair: Pair) => ({ cert: await readFile(pair.cert), key: await readFile(pair.key) });
  for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
    assert.equal(statusOf(await getOverTls(securePort, { maxVersion, ...(await load(client)) })), 200);
    assert.equal(statusOf(await getOverTls(securePort, { maxVersion })), 0, 'without a certificate');
    assert.equal(
      statusOf(await getOverTls(securePort, { maxVersion, ...(await load(stranger)) })),
      0,
      'stranger',
    );
    await getOverTls(securePort, { maxVersion, ...(await load(stranger)) }, rawUpgrade('/ws1'));
  }
  assert.equal(accepted.length, 0);
  await until(() => log.has('debug TLS handshake failed'));
  assert.ok(!log.has(/^(err|warn) /), log.lines.join('\n'));
});

test('TLS 1.2 and 1.3 are spoken, 1.1 is not', async (context) => {
  const { securePort } = await startServer(context, { settings: { interfaces: SECURE, tls: server } });
  const ciphers = 'ALL:@SECLEVEL=0';
  for (const [version, status] of [['TLSv1.3', 200], ['TLSv1.2', 200], ['TLSv1.1', 0]] as const) {
    const answer = await getOverTls(securePort, { minVersion: version, maxVersion: version, ciphers });
    assert.equal(statusOf(answer), status, `${version}: ${answer}`);
  } // biome-ignore format: a table
});

test('a client cannot renegotiate', async (context) => {
  const { securePort } = await startServer(context, { settings: { interfaces: SECURE, tls: server } });
  const openssl = spawn('openssl', [
    's_client',
    '-tls1_2',
    '-connect',
    `127.0.0.1:${securePort}`,
    '-CAfile',
    authority.ca,
  ]);
  const output: string[] = [];
  for (const stream of [openssl.stdout, openssl.stderr])
    stream.on('data', (data) => output.push(String(data)));
  await until(() => output.join('').includes('Verify return code'));
  openssl.stdin.on('error', () => undefined);
  openssl.stdin.write('R\n');
  await once(openssl, 'close');
  assert.match(output.join(''), /RENEGOTIATING.*no renegotiation/s);
  assert.equal(statusOf(await getOverTls(securePort, {})), 200);
});

test('plain text on wss, TLS on ws and rubbish on both harm nobody', async (context) => {
  const interfaces = [{ secure: false, host: '127.0.0.1', port: 0 }, ...SECURE];
  const { port, securePort, log } = await startServer(context, { settings: { interfaces, tls: server } });
  assert.equal(statusOf(await sendRaw(securePort, rawUpgrade('/ws1'))), 0);
  assert.equal(statusOf(await sendRaw(securePort, '\x16\x03\x01\xff\xff rubbish')), 0);
  assert.match(await getOverTls(port, {}), /^error /);
  assert.equal(statusOf(await sendRaw(port, '\x16\x03\x01\xff\xff rubbish\r\n\r\n')), 400);
  assert.equal(statusOf(await getOverTls(securePort, {})), 200);
  assert.equal(statusOf(await sendRaw(port, rawGet('/healthz'))), 200);
  assert.ok(!log.has(/^(err|warn) /), log.lines.join('\n'));
});

test('a handshake that does not come to an end is cut off', async (context) => {
  const { securePort } = await startServer(context, {
    settings: { interfaces: SECURE, tls: server },
    limits: { handshakeTimeoutMs: 100 },
  });
  assert.equal(await sendRaw(securePort, '\x16\x03\x01'), '');
});

test('closing ends handshakes under way and leaves websockets alone', async (context) => {
  const running = await startServer(context, { settings: { interfaces: SECURE, tls: server } });
  const silent = connect(running.securePort, '127.0.0.1');
  const silentEnd = readToEnd(silent);
  await once(silent, 'connect');
  const idle: TLSSocket = tlsConnect({
    port: running.securePort,
    host: '127.0.0.1',
    ca,
  });
  const idleEnd = readToEnd(idle);
  const ws = new WebSocket(`wss://127.0.0.1:${running.securePort}/ws2`, { ca });
  await Promise.all([once(ws, 'open'), once(idle, 'secureConnect')]);
  await running.server.close();
  await Promise.all([silentEnd, idleEnd]);
  const text = once(ws, 'message');
  running.accepted[0]?.ws.send('still here');
  assert.equal(String((await text)[0]), 'still here');
});

test('new files are taken over for new connections, bad ones are refused and the old stay', async (context) => {
  const files = { cert: `${authority.folder}/live.pem`, key: `${authority.folder}/live.key` };
  const put = async (pair: Pair) => {
    await copyFile(pair.cert, files.cert);
    await copyFile(pair.key, files.key);
  };
  await put(server);
  const running = await startServer(context, { settings: { interfaces: SECURE, tls: files } });
  const subject = async () => {
    const socket = tlsConnect({
      port: running.securePort,
      host: '127.0.0.1',
      ca,
    });
    await once(socket, 'secureConnect');
    const name = socket.getPeerCertificate().subject.CN;
    socket.destroy();
    return name;
  };
  const old = new WebSocket(`wss://127.0.0.1:${running.securePort}/ws1`, {
    ca,
  });
  await once(old, 'open');
  assert.equal(await subject(), 'server');
  await put(client);
  assert.equal(await running.server.reloadTls(), true);
  assert.equal(await subject(), 'client');
  await copyFile(server.cert, files.cert);
  assert.equal(await running.server.reloadTls(), false);
  assert.ok(
    running.log.has(/^err the new TLS files cannot be used.*live\.key does not belong to .*live\.pem/),
  );
  await rm(files.cert);
  assert.equal(await running.server.reloadTls(), false);
  assert.equal(await subject(), 'client');
  assert.equal(old.readyState, WebSocket.OPEN);
});

test('what is wrong with the files is named with key and file, all at once', async () => {
  const rubbish = await authority.write('rubbish.pem', 'rubbish');
  const broken = await authority.write(
    'broken.pem',
    '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n',
  );
  const encrypted = await authority.encryptKey('server');
  const table: [tls: { cert: string; key: string; ca?: string }, problems: RegExp[]][] = [
    [server, []],
    [{ ...server, ca: authority.ca }, []],
    [{ cert: server.cert, key: client.key }, [/^tls\.key: .*client\.key does not belong to the certificate in .*server\.pem$/]],
    [{ cert: rubbish, key: rubbish }, [/^tls\.cert: .*rubbish\.pem holds no PEM certificate$/, /^tls\.key: .*rubbish\.pem holds no PEM private key$/]],
    [{ cert: broken, key: broken }, [/^tls\.cert: .*broken\.pem is not a certificate: /, /^tls\.key: .*broken\.pem is not a private key: /]],
    [{ cert: '/no/cert', key: '/no/key', ca: '/no/ca' }, [/^tls\.cert: \/no\/cert cannot be read: ENOENT/, /^tls\.key: \/no\/key cannot/, /^tls\.ca: \/no\/ca cannot/]],
    [{ cert: authority.folder, key: server.key }, [/^tls\.cert: .* cannot be read: EISDIR/]],
    [{ cert: server.cert, key: encrypted }, [/^tls\.key: .*server\.enc is encrypted/]],
    [{ cert: server.key, key: server.cert }, [/^tls\.cert: .* holds no PEM certificate/, /^tls\.key: .* holds no PEM private key/]],
  ]; // biome-ignore format: a table
  for (const [tls, problems] of table) {
    const { problems: found } = await checkTlsFiles(tls);
    assert.equal(found.length, problems.length, found.join('\n'));
    for (const [index, pattern] of problems.entries()) assert.match(found[index] ?? '', pattern);
  }
});

test('expired, not yet valid and an open key are warnings', async () => {
  await chmod(server.key, 0o600);
  const year = 365 * 86_400_000;
  assert.deepEqual((await loadTlsFiles(server)).warnings, []);
  const late = await loadTlsFiles({ ...server, ca: authority.ca }, new Date(Date.now() + year));
  assert.match(late.warnings[0] ?? '', /^tls\.cert: .*server\.pem has expired: valid to /);
  assert.match(late.warnings[1] ?? '', /^tls\.ca: .*ca\.pem has expired: valid to /);
  assert.deepEqual(late.problems, []);
  const early = await loadTlsFiles(server, new Date(Date.now() - year));
  assert.match(early.warnings[0] ?? '', /^tls\.cert: .*server\.pem is not yet valid: valid from /);
  await chmod(server.key, 0o644);
  assert.match(
    (await checkTlsFiles(server)).warnings[0] ?? '',
    /^tls\.key: .*server\.key can be read by every user of this machine/,
  );
  await chmod(server.key, 0o600);
});

test('a wss interface with bad files or none does not open and says why', async (context) => {
  await assert.rejects(
    startServer(context, { settings: { interfaces: SECURE } }),
    /^Error: tls\.cert, tls\.key: needed/,
  );
  await writeFile(`${authority.folder}/empty.pem`, '');
  const tls = { cert: `${authority.folder}/empty.pem`, key: server.key };
  await assert.rejects(
    startServer(context, { settings: { interfaces: SECURE, tls } }),
    /empty\.pem holds no PEM/,
  );
});
