/**
 * Is loaded before each test file. When the tests of a file are over but something it opened keeps the
 * process alive, the file fails soon and names the kinds of things that are open, instead of hanging until
 * its time is up.
 */
import { after } from 'node:test';
import { isMainThread } from 'node:worker_threads';

const GRACE_MS = Number(process.env.LEFT_OPEN_GRACE_MS ?? 20_000);

/** Not in processes that tests start: workers and forked processes get the same options. */
const isTestFile = /\.test\.m?[jt]s$/.test(process.argv[1] ?? '');

if (isTestFile && isMainThread && process.env.NODE_TEST_CONTEXT !== undefined) {
  after(() => {
    const timer = setTimeout(() => {
      const open = process.getActiveResourcesInfo().filter((kind) => kind !== 'PipeWrap');
      process.stderr.write(`${process.argv[1]}: left open by its tests: ${open.join(', ')}\n`);
      process.exit(1);
    }, GRACE_MS);
    timer.unref();
  });
}
