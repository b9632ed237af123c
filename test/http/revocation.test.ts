import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { connect, type TLSSocket } from 'node:tls';
import { nextUpdates } from '../../src/http/revocation-list.ts';
import { loadTlsFiles } from '../../src/http/tls-files.ts';
import { type Pair, TestAuthority } from './support/certificates.ts';
import { rawGet, startServer } from './support/http-fixture.ts';

/** What a client with that certificate gets; '' when it is not let in. */
async function ask(
  port: number,
  ca: string,
  client: Pair,
  session?: Buffer,
): Promise<{ answer: string; session?: Buffer }> {
  const [cert, key, authority] = await Promise.all(
    [client.cert, client.key, ca].map((file) => readFile(file)),
  );
  const socket: TLSSocket = connect({
    port,
    host: '127.0.0.1',
    ...(cert && key && authority ? { cert, key, ca: authority } : {}),
    ...(session ? { session } : {}),
  });
  let kept: Buffer | undefined;
  let answer = '';
  socket.on('session', (ticket: Buffer) => {
    kept = ticket;
  });
  socket.on('error', () => undefined);
  socket.setEncoding('latin1').on('data', (text: string) => {
    answer += text;
  });
  socket.write(rawGet('/healthz'));
  await once(socket, 'close');
  return { answer, ...(kept ? { session: kept } : {}) };
}

test('a client whose certificate was revoked is not let in, nor with a session from before; others are', async (context) => {
  const authority = await TestAuthority.create(context);
  const own = await authority.issue('server');
  const good = await authority.issue('good');
  const lost = await authority.issue('lost');
  const crl = await authority.revocations([]);
  const tls = { ...own, ca: authority.ca, crl };
  const { server, securePort, log } = await startServer(context, {
    settings: { interfaces: [{ secure: true, host: '127.0.0.1', port: 0 }], tls },
  });
  const before = await ask(securePort, authority.ca, lost);
  assert.match(before.answer, /^HTTP\/1\.1 200 /);
  assert.ok(before.session, 'the client could come back with its session');
  await authority.revocations(['lost']);
  assert.ok(await server.reloadTls(), log.lines.join('\n'));
  assert.equal((await ask(securePort, authority.ca, lost)).answer, '');
  assert.equal((await ask(securePort, authority.ca, lost, before.session)).answer, '');
  assert.match((await ask(securePort, authority.ca, good)).answer, /^HTTP\/1\.1 200 /);
});

test('a revocation list that is none is a problem, one that is out of date a warning', async (context) => {
  const authority = await TestAuthority.create(context);
  const own = await authority.issue('server');
  const check = async (crl: string): Promise<string[]> => {
    const { problems, warnings } = await loadTlsFiles({ ...own, ca: authority.ca, crl });
    return [...problems, ...warnings];
  };
  assert.match((await check(own.cert)).join(), /tls\.crl: .* holds no PEM revocation list/);
  assert.deepEqual(await check(await authority.revocations([])), []);
  const old = '-crl_lastupdate 20200101000000Z -crl_nextupdate 20200201000000Z';
  assert.match(
    (await check(await authority.revocations([], old))).join(),
    /tls\.crl: .* out of date.*01 Feb 2020/,
  );
  assert.deepEqual(nextUpdates(await readFile(await authority.revocations([], old), 'utf8')), [
    new Date('2020-02-01T00:00:00Z'),
  ]);
});

test('the head of a revocation list is read without trust in its lengths', () => {
  for (const bytes of [
    [],
    [0x30],
    [0x30, 0x84, 0xff, 0xff, 0xff, 0xff],
    [0x30, 0x02, 0x30, 0x00],
    [0x30, 0x80],
  ]) {
    const text = Buffer.from(bytes).toString('base64');
    const pem = `-----BEGIN X509 CRL-----\n${text}\n-----END X509 CRL-----`;
    assert.deepEqual(nextUpdates(pem), [undefined]);
  }
});
