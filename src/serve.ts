import { readFile } from 'node:fs/promises';
import { loadSettings } from './config/load-settings.ts';
import type { Settings } from './config/settings.ts';
import { errorMessage } from './core/errors.ts';
import { type DriverHost, openDriver } from './driver.ts';
import { MqttLink } from './host/mqtt-link.ts';
import { createLogger } from './logging/create-logger.ts';

const SIGNALS = ['SIGTERM', 'SIGINT'] as const;

/** The part of a daemon that `serve` plays for the driver. */
class ServeLink extends MqttLink {
  /** Resolves when the server has ended, with the exit code of the program. */
  readonly ended: Promise<number>;
  #end: (code: number) => void = () => undefined;
  #onDeath: ((reason: string) => void) | undefined;

  constructor(options: ConstructorParameters<typeof MqttLink>[0]) {
    super(options);
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

  override failed(): void {
    super.failed();
    this.#end(1);
  }

  override closed(): void {
    void this.end().finally(() => this.#end(0));
  }
}

/**
 * Runs the server in this process, fed by a broker, until a signal ends it.
 * @param configText path of the configuration, or the configuration itself
 * @returns the exit code; problems that prevent the start are told by `say` or in the log
 */
export async function serve(configText: string, say: (line: string) => void): Promise<number> {
  const loaded = await loadSettings(configText, { guid: new Uint8Array(16) });
  if (!loaded.ok) {
    for (const problem of loaded.problems) say(`problem: ${problem}`);
    return 1;
  }
  const { settings } = loaded;
  const { url, passwordFile } = settings.mqtt;
  if (url.length === 0) {
    say('problem: mqtt.url: found nothing, expected a broker like mqtt://localhost:1883');
    return 1;
  }
  const password = passwordFile === undefined ? undefined : await readFile(passwordFile, 'utf8');
  const logs = createLogger(settings.logging);
  const link = new ServeLink({
    settings,
    password: password?.split(/\r?\n/)[0],
    log: logs.logger('mqtt'),
  });
  for (const signal of SIGNALS) process.on(signal, () => link.requestClose());
  process.on('uncaughtException', (error) => link.die(errorMessage(error)));
  const host: DriverHost = {
    link,
    configText,
    guid: guidOf(settings),
    libraryPath: '',
    logs,
    isDaemon: false,
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
