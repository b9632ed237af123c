import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { TestAuthority } from '../http/support/certificates.ts';
import { LibraryBackend } from '../support/backend-library.ts';
import { runRows } from '../support/conformance-runner.ts';
import { readTables } from '../support/conformance-table.ts';

test('the built library in a host of the 2026 layout conforms over wss', async (context) => {
  const authority = await TestAuthority.create(context);
  const tls = { ...(await authority.issue('server')), ca: await readFile(authority.ca) };
  const backend = await LibraryBackend.start('2026', tls);
  await runRows(context, backend, readTables());
  await backend.close();
});
