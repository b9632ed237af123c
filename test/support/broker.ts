import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { createConnection } from 'node:net';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import mqtt, { type IClientOptions, type MqttClient } from 'mqtt';
import { loadScript } from '../scripts/load-script.ts';
import { freePort } from './free-port.ts';
import { TemporaryFolders } from './temporary-folders.ts';

const { testTool } = await loadScript<{
  testTool(name: string): { program: string; env: NodeJS.ProcessEnv };
}>('setup/test-tools.mjs');

/** Bounds the wait for a broker that does not start. */
const MAX_TRIES = 1500;

/** A real mosquitto of the Debian package, on a free port of 127.0.0.1. It ends with the test. */
export class Broker {
  readonly port: number;
  readonly url: string;
  readonly #config: string;
  #process: ChildProcess | undefined;
  readonly #clients = new Set<MqttClient>();

  private constructor(port: number, config: string) {
    this.port = port;
    this.url = `mqtt://127.0.0.1:${port}`;
    this.#config = config;
  }

  /** @param lines more lines of its configuration */
  static async start(context: Pick<TestContext, 'after'>, lines: readonly string[] = []): Promise<Broker> {
    const folders = new TemporaryFolders('websocksrv-broker-');
    const folder = folders.next();
    const port = await freePort();
    const config = join(folder, 'mosquitto.conf');
    const usual = [`listener ${port} 127.0.0.1`, 'allow_anonymous true', 'user root', 'log_type error'];
    await writeFile(config, [...usual, ...lines, ''].join('\n'));
    const broker = new Broker(port, config);
    context.after(async () => {
      for (const client of broker.#clients) client.end(true);
      await broker.stop();
      folders.removeAll();
    });
    await broker.start();
    return broker;
  }

  async start(): Promise<void> {
    const { program, env } = testTool('mosquitto');
    this.#process = spawn(program, ['-c', this.#config], { stdio: 'ignore', env });
    await untilListening(this.port);
  }

  /** Ends it as a failing machine does: nobody is told. */
  async stop(): Promise<void> {
    const child = this.#process;
    this.#process = undefined;
    if (child === undefined || child.exitCode !== null) return;
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  }

  /** Stops it without closing its connections, until `SIGCONT`. */
  signal(signal: 'SIGSTOP' | 'SIGCONT'): void {
    this.#process?.kill(signal);
  }

  /** Another client of the broker, such as a daemon. */
  async connect(options: IClientOptions = {}): Promise<MqttClient> {
    const client = await mqtt.connectAsync(this.url, { protocolVersion: 5, ...options }, true);
    this.#clients.add(client);
    return client;
  }
}

async function untilListening(port: number): Promise<void> {
  for (let tries = 0; ; tries++) {
    const socket = createConnection({ port, host: '127.0.0.1' });
    try {
      await once(socket, 'connect');
      return;
    } catch (error) {
      if (tries > MAX_TRIES) throw error;
      await sleep(20);
    } finally {
      socket.destroy();
    }
  }
}
