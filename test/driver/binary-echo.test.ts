/** A host that publishes in the binary form and is subscribed to its own topic: obid and time are lost. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { LiveDriver } from '../support/live-driver.ts';
import { stretched } from '../support/time-factor.ts';
import { TestClient } from '../support/ws-client.ts';

const EVENTS = 300;
/** The host has them all; a busy machine takes its time to hand them back. */
const ECHO_TIMEOUT_MS = stretched(30_000);

for (const layout of ['2026', 'classic'] as const) {
  test(`${layout} host: clients get each event of another once, and none of their own back`, async () => {
    const driver = await LiveDriver.start({ keys: { 'event-layout': layout }, host: { layout } });
    try {
      await driver.host.request('mode 0 binary-echo');
      const sender = await TestClient.connect(`${driver.url}/ws1`);
      const other = await TestClient.connect(`${driver.url}/ws1`);
      await sender.start();
      await other.start();
      for (let n = 0; n < EVENTS; n++) {
        sender.send(`E;0,10,6,0,,0,-,${n & 255},${n >> 8}`);
        assert.equal(await sender.next(), '+;EVENT');
      }
      const echoes = async () => (await driver.metrics()).get('event_drops_total{reason="host-echo"}');
      const deadline = Date.now() + ECHO_TIMEOUT_MS;
      while ((await echoes()) !== EVENTS && Date.now() < deadline) await sleep(20);
      assert.equal(await echoes(), EVENTS);
      // The last of the host's own tells that nothing else has been through.
      await driver.host.request('mode 0 print');
      await driver.host.write({ vscpClass: 20, vscpType: 9, data: Uint8Array.of(1) });
      const texts: string[] = [];
      do texts.push(await other.next());
      while (!texts.at(-1)?.match(/^E;\d+,20,9,/));
      assert.equal(texts.length, EVENTS + 1);
      assert.match(await sender.next(), /^E;\d+,20,9,/);
      assert.equal(Number((await driver.host.request('counts 0')).events), EVENTS);
      await driver.stop();
    } catch (error) {
      await driver.dispose();
      throw error;
    }
  });
}
