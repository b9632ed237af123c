import { MemoryBackend } from '../support/backend.ts';
import { testApi } from './api-suite.ts';

testApi('the server inside this process', async () => new MemoryBackend());
