import { readFile } from 'node:fs/promises';
import { TestAuthority } from '../http/support/certificates.ts';
import { LibraryBackend } from '../support/backend-library.ts';
import { testConformance } from './conformance.ts';

testConformance('the built library in a host of the 2026 layout, over wss', async (context) => {
  const authority = await TestAuthority.create(context);
  const tls = { ...(await authority.issue('server')), ca: await readFile(authority.ca) };
  return LibraryBackend.start('2026', tls);
});
