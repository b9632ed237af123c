import { readFile } from 'node:fs/promises';
import type { Settings } from './config/settings.ts';
import { errorMessage } from './core/errors.ts';
import { type DriverHost, openDriver } from './driver.ts';
import { MqttLink } from './host/mqtt-link.ts';
import { createLogger } from './logging/create-logger.ts';
import type { WorkerSeat } from './workers/seat.ts';

const SIGNALS = ['SIGTERM', 'SIGINT'] as const;

/** The part of a daemon that `serve` plays for the driver. */
class ServeLink extends MqttLink {
  /** Resolves when the server has ended, with the exit code of the program. */
  readonly ended: Promise<number>;
  readonly #seat: WorkerSeat | undefined;
  #end: (code: number) => void = () => undefined;
  #onDeath: ((reason: string) => void) | undefined;

  constructor(options: ConstructorParameters<typeof MqttLink>[0], seat: WorkerSeat | undefined) {
    super(options);
    this.#seat = seat;
    this.ended = new Promise((resolve) => {
      this.#end = resolve;
    });
  }

  configure(): void {}

  onNotice(): void {}

  onDeath(handler: (reason: string) => void): void {
    this.#onDeath = handler;
  }

  die(reason: string): void {
    this.#onDeath?.(reason);
    this.#end(1);
  }

  override opened(): void {
    super.opened();
    this.#seat?.opened();
  }

  override failed(): void {
    super.failed();
    this.#end(1);
  }

  override closed(): void {
    void this.end().finally(() => this.#end(0));
  }
}

/**
 * Runs one server in this process, fed by a broker, until a signal ends it.
 * @param seat where this process is one of several on the same addresses
 * @returns the exit code; problems that prevent the start are told in the log
 */
export async function serveNode(
  configText: string,
  settings: Settings,
  seat: WorkerSeat | undefined,
): Promise<number> {
  const { passwordFile } = settings.mqtt;
  const password = passwordFile === undefined ? undefined : await readFile(passwordFile, 'utf8');
  const logs = createLogger(settings.logging, seat === undefined ? '' : `worker ${seat.number}: `);
  const link = new ServeLink(
    { settings, password: password?.split(/\r?\n/)[0], log: logs.logger('mqtt') },
    seat,
  );
  for (const signal of SIGNALS) process.on(signal, () => link.requestClose());
  seat?.onAbandoned(() => link.requestClose());
  process.on('uncaughtException', (error) => link.die(errorMessage(error)));
  const host: DriverHost = {
    link,
    configText,
    guid: guidOf(settings),
    libraryPath: '',
    logs,
    isDaemon: false,
    ...(seat === undefined ? {} : { metricsExchange: seat }),
  };
  void openDriver(host);
  const code = await link.ended;
  logs.flushSync();
  return code;
}

/** The GUID of the node: its number stands in front of the sessions' numbers. */
function guidOf({ mqtt }: Settings): Uint8Array {
  const guid = mqtt.guid.slice();
  guid.set([mqtt.nodeNumber >> 8, mqtt.nodeNumber & 0xff, 0, 0], 12);
  return guid;
}
