import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, it } from 'node:test';
import { decryptSecret, encryptLogin, hmacSha256 } from '../../src/client/login-crypto.ts';
import {
  BadInputError,
  ConnectError,
  type LoginError,
  RefusedError,
  VscpClient,
} from '../../src/client/node.ts';
import type { ClientOptions } from '../../src/client/options.ts';
import { tempFolder } from '../config/temp-folder.ts';
import { type MemoryServer, startMemoryServer } from '../support/memory-server.ts';

const folder = tempFolder();
let folders = 0;
let server: MemoryServer | undefined;
const clients: VscpClient[] = [];

afterEach(async () => {
  for (const client of clients.splice(0)) client.disconnect();
  await server?.close();
  server = undefined;
});

async function start(keys: object = {}): Promise<MemoryServer> {
  server = await startMemoryServer({ 'state-dir': `${folder.path}/${folders++}`, ...keys });
  return server;
}

function create(url: string, options: Partial<ClientOptions> = {}): VscpClient {
  const who = options.login === undefined ? { user: 'admin', password: 'secret' } : {};
  const client = new VscpClient({ url: `${url}/ws2`, ...who, ...options });
  clients.push(client);
  return client;
}

describe('tokens in the client library', () => {
  it('are made, log in without a key, are listed and revoked', async () => {
    const { url } = await start();
    const client = create(url);
    await client.connect();
    assert.deepEqual(client.user, {
      name: 'admin',
      fullName: 'The admin',
      rights: 0xffffffff,
      isAdmin: true,
      events: '',
    });
    const { token, id } = await client.createToken({ label: 'phone', rights: 'websockets,receive-events' });
    const phone = create(url, { login: { token } });
    await phone.connect();
    assert.equal(phone.user?.tokenId, id);
    assert.equal(phone.user?.isAdmin, false);
    const [entry] = await client.tokens();
    assert.deepEqual([entry?.id, entry?.label, entry?.lastAddress], [id, 'phone', '127.0.0.1']);
    const gone = new Promise((resolve) => phone.on('state', ({ error }) => resolve(error)));
    assert.equal(await client.revoke({ id }), 1);
    assert.equal(((await gone) as LoginError).reason, 'withdrawn');
    await assert.rejects(create(url, { login: { token } }).connect(), { reason: 'token' });
  });

  it('make no tokens until the password confirms it, also after a wrong one', async () => {
    const { url } = await start();
    const first = create(url);
    await first.connect();
    const { token } = await first.createToken({ label: 'a' });
    const client = create(url, { login: { token } });
    await client.connect();
    await assert.rejects(client.createToken({ label: 'b' }), RefusedError);
    await assert.rejects(client.confirm({ user: 'admin', password: 'wrong' }), { reason: 'credentials' });
    await client.confirm({ user: 'admin', password: 'secret' });
    await client.createToken({ label: 'b' });
  });
});

describe('why a login fails', () => {
  it('is told apart: another key, wrong password, malformed key or token', async () => {
    const { url } = await start();
    await assert.rejects(create(url, { key: '0'.repeat(32) }).connect(), { reason: 'key' });
    await assert.rejects(create(url, { password: 'wrong' }).connect(), { reason: 'credentials' });
    await assert.rejects(create(url, { key: '123' }).connect(), BadInputError);
    await assert.rejects(create(url, { login: { token: 'abc' } }).connect(), BadInputError);
  });

  it('is never tried again when it was a malformed key', async () => {
    const { url } = await start();
    const client = create(url, { key: 'xyz' });
    await assert.rejects(client.connect(), BadInputError);
    assert.equal(client.state, 'offline');
  });

  it('is told as far as Node lets one see: 404, 403, 503, nobody there, no such name', async () => {
    const answers: Server[] = [];
    const answering = async (status: number): Promise<string> => {
      const http = createServer();
      http.on('upgrade', (_, socket) => socket.end(`HTTP/1.1 ${status} No\r\nContent-Length: 0\r\n\r\n`));
      answers.push(http);
      await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
      return `ws://127.0.0.1:${(http.address() as AddressInfo).port}`;
    };
    try {
      const wanted = { 404: 'path', 403: 'origin', 503: 'full' } as const;
      for (const [status, reason] of Object.entries(wanted)) {
        await assert.rejects(create(await answering(Number(status))).connect(), { reason });
      }
      const left = await answering(404);
      await new Promise((resolve) => answers.pop()?.close(resolve));
      await assert.rejects(create(left).connect(), { reason: 'unreachable' });
      await assert.rejects(create('ws://no-such-machine.invalid').connect(), (error: unknown) => {
        return error instanceof ConnectError && ['name-not-found', 'unreachable'].includes(error.reason);
      });
    } finally {
      for (const http of answers) http.close();
    }
  });
});

describe('what stands in for WebCrypto', () => {
  it('computes the same', async () => {
    const key = '2DBB079A38985AF00EBEEFE22F9FFA0E';
    const iv = '00112233445566778899AABBCCDDEEFF';
    const secret = Uint8Array.from({ length: 32 }, (_, i) => i);
    assert.deepEqual(await hmacSha256(secret, iv, null), await hmacSha256(secret, iv));
    const cipher = await encryptLogin('user', 'secret', key, iv, null);
    assert.deepEqual(await decryptSecret(key, iv, cipher, null), await decryptSecret(key, iv, cipher));
  });
});
