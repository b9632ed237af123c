import assert from 'node:assert/strict';
import { test } from 'node:test';
import { soakPlot } from './soak-plot.ts';
import { runSoak } from './soak-run.ts';

const MINUTES = Number(process.env.SOAK_MINUTES ?? 1);

test(`${MINUTES} minutes of mixed load: every event is accounted for, memory, descriptors and threads stay flat`, async (context) => {
  const { samples, ...figures } = await runSoak(MINUTES, 1);
  context.diagnostic(JSON.stringify(figures));
  assert.ok(figures.written > 0 && figures.confirmed > 0 && figures.visits > 0);
  assert.match(soakPlot(samples), /^<svg [\s\S]*<polyline [\s\S]*<\/svg>\n$/);
});
