import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { LiveDriver } from '../support/live-driver.ts';
import { Bystander } from './bystander.ts';
import { CAMPAIGN_KEYS, type CampaignResult, runCampaign } from './fuzz-campaign.ts';

/** Messages between two looks at the bystander. */
const CHECK_EVERY = 5000;

/** Waits until the host has read `count` events; the reader needs a moment for the last ones. */
async function hostEvents(driver: LiveDriver, count: number): Promise<number> {
  for (let round = 0; ; round++) {
    const { events } = await driver.host.request('counts 0');
    if (Number(events) >= count || round === 200) return Number(events);
    await sleep(10);
  }
}

/**
 * A whole campaign against a library in a host of its own: model of replies, a bystander that is served all
 * along, and in the end as many events at the host as were confirmed to clients.
 */
export async function fuzzLibrary(
  seed: number,
  messages: number,
  onProgress: (sent: number) => void = () => {},
): Promise<CampaignResult> {
  const driver = await LiveDriver.start({ keys: CAMPAIGN_KEYS });
  try {
    await driver.host.request('mode 0 count');
    const bystander = await Bystander.join(driver);
    await bystander.check();
    let nextCheck = CHECK_EVERY;
    let checking = Promise.resolve();
    const result = await runCampaign(driver, {
      seed,
      messages,
      onProgress: (sent) => {
        onProgress(sent);
        if (sent < nextCheck) return;
        nextCheck += CHECK_EVERY;
        checking = checking.then(async () => void (await bystander.check()));
        return checking;
      },
    });
    await bystander.check();
    const confirmed = result.acceptedEvents + bystander.sent;
    assert.equal(await hostEvents(driver, confirmed), confirmed, 'events at the host');
    const metrics = await driver.metrics();
    assert.equal(
      metrics.get('events_total{direction="to_host"}'),
      confirmed,
      'events to the host by /metrics',
    );
    assert.doesNotMatch(driver.log, /\[(error|critical)\]|failed:/);
    await driver.stop();
    return result;
  } catch (error) {
    await driver.dispose();
    throw error;
  }
}
