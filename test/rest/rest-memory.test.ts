import { MemoryBackend } from '../support/backend.ts';
import { testRest } from './rest-table.ts';

testRest('the server inside this process', async () => new MemoryBackend());
