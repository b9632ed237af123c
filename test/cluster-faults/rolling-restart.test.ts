import assert from 'node:assert/strict';
import { test } from 'node:test';
import { rollingRestart } from './rolling-restart.ts';

test('servers that are restarted one after the other: all clients come back with the last values', async (context) => {
  const result = await rollingRestart(context, 5, (line) => context.diagnostic(line));
  context.diagnostic(JSON.stringify(result));
  assert.ok(result.returns >= 10, `${result.returns} connections were regained`);
});
