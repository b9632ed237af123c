import { MemoryBackend } from '../support/backend.ts';
import { testConformance } from './conformance.ts';

testConformance('the server inside this process', async () => new MemoryBackend());
