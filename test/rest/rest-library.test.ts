import { LibraryBackend } from '../support/backend-library.ts';
import { testRest } from './rest-table.ts';

for (const layout of ['classic', '2026'] as const) {
  testRest(`the built library in a host of the ${layout} layout`, () => LibraryBackend.start(layout));
}
