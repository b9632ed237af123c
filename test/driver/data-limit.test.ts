/**
 * Daemons of today end when they publish an event of 230 data bytes or more as JSON, and everybody who may send
 * events could do that to them.
 */
import assert from 'node:assert/strict';
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { type LiveDriver, type LiveDriverOptions, withLiveDriver } from '../support/live-driver.ts';
import { hostProgram } from '../support/native-host.ts';
import { TestClient } from '../support/ws-client.ts';

/** Runs `body` with a host of that name. */
async function withHostNamed(
  name: string,
  keys: LiveDriverOptions['keys'],
  body: (driver: LiveDriver) => Promise<void>,
): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'websocksrv-named-'));
  const program = join(folder, name);
  copyFileSync(hostProgram, program);
  try {
    await withLiveDriver(body, { host: { program }, ...(keys ? { keys } : {}) });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The reply to an event with so many data bytes. */
async function sendData(client: TestClient, size: number): Promise<string> {
  client.send(`E;0,10,6,0,,0,-${',7'.repeat(size)}`);
  return client.next();
}

const HOSTS: { name: string; key?: number; limit: number }[] = [
  { name: 'vscpd', limit: 200 },
  { name: 'mqttvscpd', limit: 200 },
  { name: 'somehost', limit: 512 },
  { name: 'vscpd', key: 512, limit: 512 },
  { name: 'somehost', key: 0, limit: 0 },
];

for (const { name, key, limit } of HOSTS) {
  const what = `${name}${key === undefined ? '' : ` with max-data-to-host ${key}`}`;
  test(`${what}: ${limit} data bytes reach the host, more are error 8 with the reason and reach nobody`, async () => {
    await withHostNamed(name, key === undefined ? {} : { 'max-data-to-host': key }, async (driver) => {
      const clients = [
        await TestClient.connect(`${driver.url}/ws1`),
        await TestClient.connect(`${driver.url}/ws1`),
      ];
      const [sender, other] = clients as [TestClient, TestClient];
      await sender.start();
      await other.start();
      if (limit < 512) {
        const refusal = `-;EVENT;8;Parse error, invalid format. ${limit + 1} data bytes, this host takes ${limit} (key max-data-to-host)`;
        assert.equal(await sendData(sender, limit + 1), refusal);
        assert.match(await sendData(sender, 512), /^-;EVENT;8;/);
        assert.match(await sendData(other, limit + 1), /^-;EVENT;8;/);
      }
      assert.equal(await sendData(sender, limit), '+;EVENT');
      assert.equal((await driver.host.nextEvent()).data.length, limit);
      assert.equal((await other.next()).split(',').length, 7 + limit);
      // Whatever the words: link and server once warned of the same event, each in its own.
      const tell = (): string[] => driver.log.match(/^.*\[warning\].*data bytes.*$/gm) ?? [];
      const expected = limit < 512 ? clients.length : 0;
      // Lines of the log come later than answers.
      for (let i = 0; i < 400 && tell().length < expected; i++) await sleep(25);
      const told = tell();
      assert.equal(told.length, expected, `once per client: ${told.join('\n')}`);
      for (const line of told) assert.match(line, /an event was refused: \d+ data bytes/);
    });
  });
}
