import { test } from 'node:test';
import { MemoryBackend } from '../support/backend.ts';
import { runRows } from '../support/conformance-runner.ts';
import { readTables } from '../support/conformance-table.ts';

test('the server inside this process conforms', async (context) => {
  const backend = new MemoryBackend();
  await runRows(context, backend, readTables());
  await backend.close();
});
