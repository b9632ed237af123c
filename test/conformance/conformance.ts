import { type TestContext, test } from 'node:test';
import type { Backend } from '../support/backend.ts';
import { runRows } from '../support/conformance-runner.ts';
import { readTables } from '../support/conformance-table.ts';
import { runScenarios } from './scenarios.ts';

/** Runs all tables and scenarios against one kind of server. */
export function testConformance(name: string, start: (context: TestContext) => Promise<Backend>): void {
  const suites: Record<string, (context: TestContext, backend: Backend) => Promise<void>> = {
    tables: (context, backend) => runRows(context, backend, readTables()),
    scenarios: runScenarios,
  };
  for (const [what, run] of Object.entries(suites)) {
    test(`${name}: ${what}`, { concurrency: true }, async (context) => {
      const backend = await start(context);
      await run(context, backend);
      await backend.close();
    });
  }
}
