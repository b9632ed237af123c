import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { RECORDS_OFFSET, RING_WORDS } from '../../src/host/ring.ts';
import { RECORD } from '../../src/host/ring-record.ts';
import { buildDir } from '../support/driver-folder.ts';

const run = promisify(execFile);

test('the shim’s units work without Node', async () => {
  await run(join(buildDir, 'native-tests'));
});

const NO_THREAD_SANITIZER = process.arch === 'arm' && 'ThreadSanitizer needs a 64-bit address space';

test('the shim’s units have no data race (ThreadSanitizer)', { skip: NO_THREAD_SANITIZER }, async () => {
  await run(join(buildDir, 'native-tests-tsan'));
});

test('the record and ring layout are the same in C++ and in TypeScript', async () => {
  const { stdout } = await run(join(buildDir, 'native-tests'), ['record-layout']);
  assert.deepEqual(JSON.parse(stdout), {
    ...RECORD,
    recordsOffset: RECORDS_OFFSET,
    headWord: RING_WORDS.head * 4,
    tailWord: RING_WORDS.tail * 4,
    sleepingWord: RING_WORDS.sleeping * 4,
    waitingWord: RING_WORDS.waiting * 4,
  });
});
