import assert from 'node:assert/strict';
import { once } from 'node:events';
import { chmodSync, rmSync, writeFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { LiveDriver } from '../support/live-driver.ts';
import { hostProgram } from '../support/native-host.ts';
import { knock } from '../support/raw-ws.ts';
import { TestClient } from '../support/ws-client.ts';

/** The C host keeps its own descriptors from 100 on. */
const FILE_LIMIT = 180;

test('without file descriptors left the host and its clients live on, the log says so, and newcomers get in later', async (context) => {
  const program = join(tmpdir(), `websocksrv-few-files-${process.pid}.sh`);
  writeFileSync(program, `#!/bin/sh\nulimit -n ${FILE_LIMIT}\nexec '${hostProgram}' "$@"\n`);
  chmodSync(program, 0o700);
  context.after(() => rmSync(program));
  const driver = await LiveDriver.startFor(context, { host: { program }, keys: { 'max-clients': 0 } });
  const client = await TestClient.connect(`${driver.url}/ws1`);
  assert.match(await client.login(), /^\+;AUTH1;/);

  const sockets: Socket[] = [];
  for (let i = 0; i < 2 * FILE_LIMIT; i++) {
    const socket = await knock(driver.port);
    sockets.push(socket.resume());
  }
  await driver.waitForLog(
    /\[error\] \[http\] new connections cannot be accepted: no file descriptor left \(EMFILE\)/,
  );
  assert.equal(await client.ask('C;NOOP'), '+;NOOP');
  assert.equal(await client.ask('C;OPEN'), '+;OPEN');
  assert.equal((await driver.host.write({ vscpClass: 20, vscpType: 9 })).code, 0);
  assert.match(await client.next(), /^E;/);

  await Promise.all(
    sockets.map((socket) => {
      socket.destroy();
      return socket.closed ? undefined : once(socket, 'close');
    }),
  );
  await driver.waitForLog(/new connections are accepted again/);
  const newcomer = await TestClient.connect(`${driver.url}/ws2`);
  assert.match(await newcomer.login(), /^\{"type":"\+"/);
  assert.equal(driver.log.match(/cannot be accepted/g)?.length, 1, 'once per episode');
  client.ws.terminate();
  newcomer.ws.terminate();
  await driver.stop();
});
