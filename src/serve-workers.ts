import { once } from 'node:events';
import { createServer } from 'node:http';
import { isClientId, LAST_NODE_NUMBER } from './config/mqtt-types.ts';
import type { Settings } from './config/settings.ts';
import { errorMessage } from './core/errors.ts';
import { bindAddress } from './http/bind-address.ts';
import { createLogger } from './logging/create-logger.ts';
import type { Logger } from './logging/logger.ts';
import { WorkerPool } from './workers/pool.ts';

const SIGNALS = ['SIGTERM', 'SIGINT'] as const;

/** What keeps several workers from serving one configuration; a line for each problem. */
export function workerProblems(settings: Settings, count: number): string[] {
  const { mqtt, enableRest, bindRetryMs } = settings;
  const problems: string[] = [];
  const most = LAST_NODE_NUMBER - count + 1;
  const why = `each of ${count} workers has a number of its own`;
  if (mqtt.nodeNumber > most) {
    problems.push(`mqtt.node-number: found ${mqtt.nodeNumber}, expected at most ${most}: ${why}`);
  } else if (mqtt.clientId !== undefined) {
    const { clientId = '' } = settingsOfWorker(settings, mqtt.nodeNumber + count - 1).mqtt;
    if (!isClientId(clientId)) {
      problems.push(
        `mqtt.client-id: found "${mqtt.clientId}", expected room for a worker's number behind it`,
      );
    }
  }
  if (enableRest) {
    problems.push(
      'enable-rest: found true, expected false with --workers: a session of REST lives in one worker, and the next request may reach another',
    );
  }
  if (bindRetryMs !== 0) {
    const found = bindRetryMs / 1000;
    problems.push(
      `bind-retry: found ${found}, expected 0 with --workers: whoever starts the server can try again`,
    );
  }
  return problems;
}

/** The settings with the names that the worker of this number has at the broker. */
export function settingsOfWorker(settings: Settings, number: number): Settings {
  const { mqtt } = settings;
  const clientId = mqtt.clientId === undefined ? {} : { clientId: `${mqtt.clientId}-${number}` };
  return { ...settings, mqtt: { ...mqtt, ...clientId, nodeNumber: number } };
}

/**
 * Workers with sockets of their own would share the addresses with whatever the same user runs there already.
 * @throws Error that names the first address that is taken
 */
async function findFree({ interfaces, metricsInterface }: Settings): Promise<void> {
  for (const address of [...interfaces, ...(metricsInterface ? [metricsInterface] : [])]) {
    for (const { server } of await bindAddress(address, interfaces, false, () => createServer())) {
      server.close();
      await once(server, 'close');
    }
  }
}

/**
 * Runs so many workers on the same addresses, and serves nobody itself, until a signal ends it.
 * @returns the exit code
 */
export async function serveWorkers(settings: Settings, count: number): Promise<number> {
  const logs = createLogger(settings.logging);
  const code = await findFree(settings).then(
    () => runPool(settings, count, logs.logger('workers')),
    (error) => {
      logs.logger('workers').critical(errorMessage(error));
      return 1;
    },
  );
  await logs.close();
  return code;
}

function runPool({ mqtt }: Settings, count: number, log: Logger): Promise<number> {
  const numbers = Array.from({ length: count }, (_, index) => mqtt.nodeNumber + index);
  const pool = new WorkerPool(numbers, log);
  for (const signal of SIGNALS) process.on(signal, () => pool.close());
  return pool.run();
}
