/**
 * Tries an installed driver as its users do: `log-in.ts JSON`, with the entry for the daemon that `init` printed and
 * what else `Login` names. The C host loads the library, a client logs in over ws1 and over ws2, one event goes each
 * way, and the panel's page is fetched.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { NativeHost } from '../support/native-host.ts';
import { stretched } from '../support/time-factor.ts';
import { TestClient } from '../support/ws-client.ts';

interface Login {
  'path-driver': string;
  'path-config': string;
  guid: string;
  /** Starts the C host. */
  program: string;
  /** The line of the key file. */
  key: string;
  /** Of the user admin. */
  password: string;
  /** The driver's log file, as seen from here. */
  log: string;
}

const LISTENS_TIMEOUT_MS = stretched(60_000);

const login = JSON.parse(process.argv[2] ?? '') as Login;
const { program, log } = login;

function readLog(): string {
  try {
    return readFileSync(log, 'utf8');
  } catch {
    return '';
  }
}

async function address(host: NativeHost): Promise<string> {
  const deadline = Date.now() + LISTENS_TIMEOUT_MS;
  for (;;) {
    const [, url] = /listens on (ws:\/\/\S+)/.exec(readLog()) ?? [];
    if (url !== undefined) return url;
    if (Date.now() > deadline) throw new Error(`no listener was logged: ${host.console}${host.stderr}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** Logs in and passes an event each way. */
async function tryProtocol(host: NativeHost, url: string, protocol: 'ws1' | 'ws2'): Promise<void> {
  const client = await TestClient.connect(`${url}/${protocol}`);
  const reply = await client.ask(
    client.authRequest('admin', login.password, { key: Buffer.from(login.key, 'hex') }),
  );
  assert.match(reply, protocol === 'ws1' ? /^\+;AUTH1?;/ : /"type":"\+","command":"AUTH"/);
  await client.ask(protocol === 'ws1' ? 'C;OPEN' : { type: 'CMD', command: 'OPEN', args: null });
  const data = [protocol === 'ws1' ? 1 : 2, 7];

  const { code } = await host.write({ vscpClass: 10, vscpType: 6, data: Uint8Array.from(data) });
  assert.equal(code, 0);
  assert.match(
    await client.next(),
    protocol === 'ws1' ? /^E;\d+,10,6,.*,0x01,0x07$/ : /"vscpClass":10,"vscpType":6,.*"vscpData":\[2,7\]/,
  );

  client.send(
    protocol === 'ws1'
      ? `E;0,30,5,0,,0,-,${data.join(',')}`
      : { type: 'EVENT', event: { head: 0, obid: 0, class: 30, type: 5, timestamp: 0, guid: '-', data } },
  );
  const read = await host.nextEvent((candidate) => candidate.vscpClass === 30);
  assert.deepEqual([...read.data], data);
  await client.close();
}

const host = await NativeHost.start(login['path-driver'], { program, layout: '2026' });
try {
  const { handle } = await host.open(login['path-config'], {
    guid: login.guid.replaceAll(':', '').toLowerCase(),
  });
  assert.ok(handle > 0, `VSCPOpen failed: ${host.console}${host.stderr}`);
  const url = (await address(host)).replace(/\/$/, '');
  for (const protocol of ['ws1', 'ws2'] as const) await tryProtocol(host, url, protocol);
  const page = await fetch(`${url.replace(/^ws/, 'http')}/`);
  assert.equal(page.status, 200);
  assert.match(await page.text(), /<!doctype html>/i);
  const { code, signal } = await host.end();
  assert.deepEqual([code, signal], [0, null], host.stderr);
  process.stdout.write('logged in, events passed both ways, page served\n');
} finally {
  await host.kill();
}
