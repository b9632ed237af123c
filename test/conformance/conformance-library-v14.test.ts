import { LibraryBackend } from '../support/backend-library.ts';
import { testConformance } from './conformance.ts';

testConformance(
  'the built library in a host of the 2026 layout with the threads of version 14, over ws',
  () => LibraryBackend.start('2026', undefined, 'v14'),
);
