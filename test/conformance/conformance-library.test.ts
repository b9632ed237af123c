import { test } from 'node:test';
import { LibraryBackend } from '../support/backend-library.ts';
import { runRows } from '../support/conformance-runner.ts';
import { readTables } from '../support/conformance-table.ts';

test('the built library in a host of the classic layout conforms over ws', async (context) => {
  const backend = await LibraryBackend.start('classic');
  await runRows(context, backend, readTables());
  await backend.close();
});
