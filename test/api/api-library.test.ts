import { LibraryBackend } from '../support/backend-library.ts';
import { testApi } from './api-suite.ts';

for (const layout of ['classic', '2026'] as const) {
  testApi(`the built library in a host of the ${layout} layout`, () => LibraryBackend.start(layout));
}
