import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { parseUsers } from '../../src/auth/users-file.ts';
import { loadSettings } from '../../src/config/load-settings.ts';
import { defaultSettings } from '../../src/config/read-settings.ts';
import { MemoryLink } from '../../src/host/memory-link.ts';
import { createLogger } from '../../src/logging/create-logger.ts';
import { Server } from '../../src/server.ts';
import { ADMIN, DRIVER_GUID } from '../support/memory-server.ts';
import { DEFAULT_KEY, TestClient } from '../support/ws-client.ts';

test('with debug on, frames are logged as soon as the level is raised while running', async (context) => {
  const folder = mkdtempSync(join(tmpdir(), 'trace-'));
  context.after(() => rmSync(folder, { recursive: true, force: true }));
  const filePath = join(folder, 'driver.log');
  const logs = createLogger({
    ...defaultSettings().logging,
    fileEnable: true,
    filePath,
    consoleEnable: false,
  });
  const loaded = await loadSettings(
    JSON.stringify({
      debug: true,
      interface: 'ws://127.0.0.1:0',
      'path-users': fileURLToPath(import.meta.url),
    }),
    { guid: DRIVER_GUID },
  );
  assert.ok(loaded.ok);
  const server = new Server({
    settings: loaded.settings,
    link: new MemoryLink(),
    users: parseUsers({ users: [ADMIN] }).users,
    key: () => DEFAULT_KEY,
    guid: DRIVER_GUID,
    logger: (name) => logs.logger(name),
    onClosed: () => logs.close(),
  });
  const [bound] = await server.listen();
  const client = await TestClient.connect(`ws://127.0.0.1:${bound?.port}/ws1`);
  assert.equal(await client.ask('C;NOOP;before'), '+;NOOP');
  logs.setLevels({ fileLevel: 'debug', consoleLevel: 'off' });
  assert.equal(await client.ask('C;NOOP;after'), '+;NOOP');
  logs.setLevels({ fileLevel: 'info', consoleLevel: 'off' });
  assert.equal(await client.ask('C;NOOP;later'), '+;NOOP');
  client.ws.terminate();
  await server.close();
  const text = readFileSync(filePath, 'utf8');
  assert.deepEqual(text.match(/C;NOOP;\w+/g), ['C;NOOP;after']);
});
