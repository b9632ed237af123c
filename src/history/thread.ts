import { isMainThread, parentPort, workerData } from 'node:worker_threads';
import { errorMessage } from '../core/errors.ts';
import { HistoryKeeper } from './keeper.ts';
import { readyForCalls, shimSqliteHost } from './shim-sqlite.ts';
import { plainSqliteHost } from './sqlite.ts';
import type { FromThread, ThreadData, ToThread } from './thread-messages.ts';

/**
 * Entry of the history's thread. It never ends by itself, but with the environment that it belongs to: Node ends the
 * process when a thread's end meets that of its environment.
 */
function run(data: ThreadData): void {
  const port = parentPort;
  if (port === null) return;
  const tell = (message: FromThread): void => {
    const text = message.kind === 'answer' ? message.answer?.text.buffer : undefined;
    port.postMessage(message, text instanceof ArrayBuffer ? [text] : []);
  };
  let keeper: HistoryKeeper | undefined;
  const guarded = (step: () => void): void => {
    try {
      step();
    } catch (error) {
      keeper = undefined;
      tell({ kind: 'failed', reason: errorMessage(error) });
    }
  };
  process.on('uncaughtException', (error) =>
    guarded(() => {
      throw error;
    }),
  );
  port.on('message', (message: ToThread) => guarded(() => keeper?.take(message)));
  if (data.shim !== undefined) readyForCalls(data.shim);
  guarded(() => {
    const host = data.shim === undefined ? plainSqliteHost() : shimSqliteHost(data.shim);
    keeper = new HistoryKeeper({ ...data, host, tell, nowMs: () => Date.now() });
  });
}

if (!isMainThread) run(workerData as ThreadData);
