import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Campaign } from './campaign.ts';

const MINUTES = Number(process.env.CLUSTER_FAULTS_MINUTES ?? 0.3);

test(`${MINUTES} minutes of faults in a cluster: what was accepted comes once and in order, or is told as lost`, async (context) => {
  const say = (line: string): void => context.diagnostic(line);
  const { faults, figures, violations } = await Campaign.run(context, {
    minutes: MINUTES,
    clientsPerNode: 20,
    seed: 1,
    say,
  });
  say(JSON.stringify({ ...figures, faults }));
  assert.deepEqual(violations, []);
  assert.ok(figures.accepted > 100 && figures.delivered > figures.accepted);
});
