import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import { ADMIN, type MemoryServer, startMemoryServer, USER } from '../support/memory-server.ts';
import { TemporaryFolders } from '../support/temporary-folders.ts';
import { command, passwordClient } from '../support/token-client.ts';

interface Told {
  version: string;
  runtime: string;
  uptime: number;
  listeners: { port: number; secure: boolean }[];
  sessions: { user: string; protocol: string; address: string; seconds: number; queued: number }[];
  sessionCount: number;
  counters: Record<string, number>;
  drops: Record<string, number>;
  problems: string[];
}

let server: MemoryServer | undefined;
const folders = new TemporaryFolders('websocksrv-status-');

afterEach(async () => {
  await server?.close();
  server = undefined;
  folders.removeAll();
});

test('STATUS is unknown to a driver without state-dir, as it always was', async () => {
  server = await startMemoryServer();
  const client = await passwordClient(server.url);
  assert.equal((await command(client, 'STATUS')).errcode, 2);
});

test('STATUS tells users with all rights what the driver is doing, and nobody else', async () => {
  server = await startMemoryServer({ 'state-dir': folders.next() }, [ADMIN, USER]);
  const [admin, user] = [await passwordClient(server.url), await passwordClient(server.url, 'user')];
  const refused = await command(user, 'STATUS');
  assert.deepEqual([refused.type, refused.errcode], ['-', 7]);
  const { type, args: told } = await command(admin, 'STATUS');
  assert.equal(type, '+');
  const args = told as unknown as Told;
  assert.match(args.version, /^\d+\.\d+\.\d+/);
  assert.equal(args.runtime, process.version);
  assert.ok(args.uptime >= 0);
  assert.equal(args.sessionCount, 2);
  const { port } = new URL(server.url);
  assert.deepEqual(
    args.listeners.map((listener) => [listener.port, listener.secure]),
    [[Number(port), false]],
  );
  const { sessions } = args;
  assert.deepEqual(sessions.map(({ user: name, protocol, queued }) => [name, protocol, queued]).sort(), [
    ['admin', 'ws2', 0],
    ['user', 'ws2', 0],
  ]);
  for (const { address, seconds } of sessions) assert.ok(address.includes('127.0.0.1') && seconds >= 0);
  assert.equal(args.drops['client-queue-full'], 0);
  assert.equal(args.counters.loginsTotal, 2);
  assert.ok(Array.isArray(args.problems));
});
