import assert from 'node:assert/strict';
import { hostname } from 'node:os';
import { test } from 'node:test';
import type { Settings } from '../../src/config/settings.ts';
import { rawGet, rawUpgrade, sendRaw, startServer, statusOf, upgradeAnswer } from './support/http-fixture.ts';

const MACHINE = hostname().toLowerCase();
const SHORT = MACHINE.split('.', 1)[0];
const PROXIED: Partial<Settings> = { trustedProxies: ['127.0.0.1'] };
const FORWARDED = 'X-Forwarded-Host: vscp.example.org';

interface Row {
  /** `PORT` stands for the listener's. */
  host: string;
  origin?: string;
  more?: string[];
  settings?: Partial<Settings>;
  ok: boolean;
}

const UPGRADES: Row[] = [
  // Programs name no origin.
  { host: '127.0.0.1:PORT', ok: true },
  { host: 'house.example:PORT', ok: true },
  { host: 'house.example:PORT', origin: '', ok: true },
  // The driver's own pages.
  { host: '127.0.0.1:PORT', origin: 'http://127.0.0.1:PORT', ok: true },
  { host: '192.168.7.9:PORT', origin: 'http://192.168.7.9:PORT', ok: true },
  { host: '[fd00::9]:PORT', origin: 'http://[FD00::9]:PORT', ok: true },
  { host: 'localhost:PORT', origin: 'http://localhost:PORT', ok: true },
  { host: `${MACHINE}:PORT`, origin: `http://${MACHINE}:PORT`, ok: true },
  { host: `${SHORT}.local:PORT`, origin: `http://${SHORT}.local:PORT`, ok: true },
  { host: `${SHORT}.local.:PORT`, origin: `http://${SHORT}.local.:PORT`, ok: true },
  { host: 'localhost:PORT', origin: 'http://127.0.0.1:PORT', ok: true },
  { host: 'hmi.example:PORT', origin: 'http://hmi.example:PORT', settings: { serverNames: ['hmi.example'] }, ok: true },
  { host: 'hmi.example:PORT', origin: 'http://hmi.example:PORT', settings: { serverNames: ['*'] }, ok: true },
  { host: 'hmi.example', origin: 'http://hmi.example', settings: { serverNames: ['HMI.example'] }, ok: true },
  // Behind a proxy.
  { host: '127.0.0.1:8884', origin: 'https://vscp.example.org', more: [FORWARDED], settings: PROXIED, ok: true },
  { host: '127.0.0.1:8884', origin: 'https://vscp.example.org:8443', more: [`${FORWARDED}:8443`], settings: PROXIED, ok: true },
  { host: 'vscp.example.org', origin: 'https://vscp.example.org:8443', more: ['X-Forwarded-Proto: https'], settings: PROXIED, ok: true },
  { host: 'vscp.example.org', origin: 'https://vscp.example.org', more: ['X-Forwarded-Proto: https'], settings: PROXIED, ok: true },
  // Foreign pages.
  { host: '127.0.0.1:PORT', origin: 'https://evil.example', ok: false },
  { host: 'localhost:PORT', origin: 'http://localhost:1', ok: false },
  { host: '127.0.0.1:PORT', origin: 'http://192.168.7.9:PORT', ok: false },
  { host: '127.0.0.1:PORT', origin: 'null', ok: false },
  { host: '127.0.0.1:PORT', origin: 'file://', ok: false },
  { host: '127.0.0.1:PORT', origin: 'http://127.0.0.1:PORT@evil.example', ok: false },
  { host: '127.0.0.1:PORT', origin: 'http://127.0.0.1:PORT.evil.example', ok: false },
  { host: '127.0.0.1:8884', origin: 'https://evil.example', more: [FORWARDED], settings: PROXIED, ok: false },
  { host: '127.0.0.1:8884', origin: 'https://vscp.example.org', more: [FORWARDED], ok: false },
  { host: '127.0.0.1:PORT', origin: 'http://127.0.0.1:PORT', more: ['Sec-WebSocket-Origin: https://evil.example'], ok: false },
  // A foreign name that was made to lead here.
  { host: 'evil.example:PORT', origin: 'http://evil.example:PORT', ok: false },
  { host: `${SHORT}.evil.example:PORT`, origin: `http://${SHORT}.evil.example:PORT`, ok: false },
  { host: 'evil.example:PORT', origin: 'http://evil.example:PORT', more: ['X-Forwarded-Host: localhost'], ok: false },
  { host: 'evil.example', origin: 'http://evil.example', settings: PROXIED, ok: false },
]; // biome-ignore format: a table

test('a page may open a websocket exactly when it came from the driver itself, by a name that is its own', async (t) => {
  for (const { host, origin, more = [], settings = {}, ok } of UPGRADES) {
    await t.test(
      `Host ${host} Origin ${origin ?? 'none'} ${more} ${JSON.stringify(settings)}`,
      async (context) => {
        const { port, accepted } = await startServer(context, { settings });
        const fill = (text: string): string => text.replace('PORT', String(port));
        const headers = [...(origin === undefined ? [] : [`Origin: ${fill(origin)}`]), ...more.map(fill)];
        const request = rawUpgrade('/ws1', headers).replace('Host: test', `Host: ${fill(host)}`);
        assert.equal(statusOf(await upgradeAnswer(port, request)), ok ? 101 : 403);
        assert.equal(accepted.length, ok ? 1 : 0);
      },
    );
  }
});

test('a page of one listener may open a websocket on another one', async (context) => {
  const interfaces = [0, 0].map((port) => ({ secure: false, host: '127.0.0.1', port }));
  const { server, port } = await startServer(context, { settings: { interfaces } });
  assert.ok(server.ports.length === 2 && server.ports[0] === port);
  const other = server.ports[1];
  const ask = (from: number | undefined): Promise<string> =>
    upgradeAnswer(
      port,
      rawUpgrade('/ws1', [`Origin: http://localhost:${from}`]).replace(
        'Host: test',
        `Host: 127.0.0.1:${port}`,
      ),
    );
  assert.equal(statusOf(await ask(other)), 101);
  assert.equal(statusOf(await ask((other ?? 0) + 1)), 403);
});

const GETS: Row[] = [
  { host: '127.0.0.1:PORT', ok: true },
  { host: '192.168.7.9:PORT', ok: true },
  { host: '[::1]:PORT', ok: true },
  { host: 'localhost', ok: true },
  { host: MACHINE, ok: true },
  { host: `${SHORT}.local:PORT`, ok: true },
  { host: 'vscp', ok: true },
  { host: 'hmi.example', settings: { serverNames: ['hmi.example'] }, ok: true },
  { host: 'anything.example', settings: { serverNames: ['*'] }, ok: true },
  { host: '127.0.0.1', more: [FORWARDED], settings: PROXIED, ok: true },
  { host: 'vscp.example.org', more: ['X-Forwarded-Proto: https'], settings: PROXIED, ok: true },
  { host: 'evil.example:PORT', ok: false },
  { host: 'localhost.evil.example', ok: false },
  { host: '127.0.0.1.evil.example', ok: false },
  { host: 'evil.example', more: [FORWARDED, 'X-Forwarded-Proto: https'], ok: false },
  { host: 'evil.example', more: ['X-Forwarded-Proto: http'], settings: PROXIED, ok: false },
  { host: 'localhost@evil.example', ok: false },
  { host: 'a b', ok: false },
]; // biome-ignore format: a table

test('a request is answered exactly when it names the driver by an address or a name that is its own', async (t) => {
  for (const { host, more = [], settings = {}, ok } of GETS) {
    await t.test(`Host ${host} ${more} ${JSON.stringify(settings)}`, async (context) => {
      const { port, log } = await startServer(context, { settings: { ...settings, enableMetrics: true } });
      for (const path of ['/healthz', '/metrics', '/', '/ws1']) {
        const request = rawGet(path, more).replace(
          'Host: test',
          `Host: ${host.replace('PORT', String(port))}`,
        );
        const answer = await sendRaw(port, request);
        assert.equal(statusOf(answer) !== 421, ok, answer);
        if (!ok) assert.doesNotMatch(answer, /evil|vscp_websocksrv_|"status"/);
      }
      const refusals = log.lines.filter((line) => line.startsWith('info request refused: '));
      assert.equal(refusals.length, ok ? 0 : 1, 'told once');
    });
  }
});

test('a request without a Host header, which no browser sends, is answered', async (context) => {
  const { port } = await startServer(context);
  assert.equal(statusOf(await sendRaw(port, 'GET /healthz HTTP/1.0\r\n\r\n')), 200);
});

test('a refused page is told of in the log, once a minute, with the key that would let it in', async (context) => {
  const { port, log } = await startServer(context);
  for (let round = 0; round < 3; round++) {
    await upgradeAnswer(port, rawUpgrade('/ws1', ['Origin: https://hmi.example']));
    await upgradeAnswer(
      port,
      rawUpgrade('/ws1', [`Origin: http://other.example:${port}`]).replace(
        'Host: test',
        `Host: other.example:${port}`,
      ),
    );
  }
  const lines = log.lines.filter((line) => line.startsWith('info '));
  assert.equal(lines.length, 2, lines.join('\n'));
  assert.match(lines[0] ?? '', /https:\/\/hmi\.example .*allowed-origins ip=127\.0\.0\.1$/);
  assert.match(lines[1] ?? '', /"other\.example" .*server-names ip=127\.0\.0\.1$/);
});
