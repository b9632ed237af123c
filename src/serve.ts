import { loadSettings } from './config/load-settings.ts';
import { serveNode } from './serve-node.ts';
import { serveWorkers, settingsOfWorker, workerProblems } from './serve-workers.ts';
import { WorkerSeat } from './workers/seat.ts';

/**
 * Runs the server without a daemon until a signal ends it: in this process, or in workers.
 * @param configText path of the configuration, or the configuration itself
 * @param workers number of processes on the same addresses; undefined = this one alone
 * @returns the exit code; problems that prevent the start are told by `say` or in the log
 */
export async function serve(
  configText: string,
  workers: number | undefined,
  say: (line: string) => void,
): Promise<number> {
  const loaded = await loadSettings(configText, { guid: new Uint8Array(16) });
  const problems = loaded.ok ? [] : loaded.problems;
  if (loaded.ok && loaded.settings.mqtt.url.length === 0) {
    problems.push('mqtt.url: found nothing, expected a broker like mqtt://localhost:1883');
  }
  if (loaded.ok && workers !== undefined) problems.push(...workerProblems(loaded.settings, workers));
  for (const problem of problems) say(`problem: ${problem}`);
  if (!loaded.ok || problems.length > 0) return 1;
  const { settings } = loaded;
  const seat = WorkerSeat.ofProcess();
  if (seat !== undefined) return serveNode(configText, settingsOfWorker(settings, seat.number), seat);
  return workers === undefined ? serveNode(configText, settings, undefined) : serveWorkers(settings, workers);
}
