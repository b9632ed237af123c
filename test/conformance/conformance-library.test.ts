import { LibraryBackend } from '../support/backend-library.ts';
import { testConformance } from './conformance.ts';

testConformance('the built library in a host of the classic layout, over ws', () =>
  LibraryBackend.start('classic'),
);
