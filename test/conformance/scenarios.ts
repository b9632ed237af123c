import type { TestContext } from 'node:test';
import type { Backend } from '../support/backend.ts';
import { readUsers } from '../support/conformance-runner.ts';
import { readConformanceJson } from '../support/conformance-table.ts';
import { stretched } from '../support/time-factor.ts';
import { CONNECTION_SCENARIOS } from './connection-scenarios.ts';
import { EVENT_SCENARIOS } from './event-scenarios.ts';

const SCENARIOS = [...EVENT_SCENARIOS, ...CONNECTION_SCENARIOS];

/** Keys with a number of seconds that a client must be quicker than. */
const TIME_LIMITS = ['auth-timeout', 'ping-interval'] as const;

function inTimeOfMachine(keys: Record<string, unknown>): Record<string, unknown> {
  const longer = TIME_LIMITS.filter((key) => key in keys).map((key) => [key, stretched(Number(keys[key]))]);
  return { ...keys, ...Object.fromEntries(longer) };
}

/** Runs the scenarios; those of a profile share a server. */
export async function runScenarios(context: TestContext, backend: Backend): Promise<void> {
  const profiles = readConformanceJson<Record<string, Record<string, unknown>>>('profiles');
  const used = [...new Set(SCENARIOS.map((scenario) => scenario.profile))];
  await Promise.all(
    used.map(async (profile) => {
      const server = await backend.open(inTimeOfMachine(profiles[profile] ?? {}), readUsers());
      for (const { title, run } of SCENARIOS.filter((scenario) => scenario.profile === profile)) {
        await context.test(title, () => run(server, backend));
      }
      await server.close();
    }),
  );
}
