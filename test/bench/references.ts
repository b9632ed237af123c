import { fileURLToPath } from 'node:url';
import { LineProcess } from './line-process.ts';
import type { Usage } from './load-client.ts';

/** The number of frames in the stretch that the plain writer sends over and over (native/writer.c). */
export const WRITER_MODULO = 1024;

/** The C program that does nothing but write ready-made frames. */
export class PlainWriter {
  readonly #process: LineProcess;
  readonly port: number;

  private constructor(process: LineProcess, port: number) {
    this.#process = process;
    this.port = port;
  }

  static async start(program: string): Promise<PlainWriter> {
    const process = new LineProcess('plain writer', [program]);
    const { port } = await process.receive<{ port: number }>();
    return new PlainWriter(process, port);
  }

  /** Begins writing, with `gather` frames per write. */
  async startFlood(gather: number): Promise<void> {
    await this.#process.request(`start gather=${Math.max(1, Math.round(gather))}`);
  }

  /** Begins writing one frame to each client, `rate` times a second. */
  async startSteady(eventsPerSecond: number): Promise<void> {
    await this.#process.request(`start rate=${eventsPerSecond}`);
  }

  async stopFlood(): Promise<void> {
    await this.#process.request('stop');
  }

  usage(): Promise<Usage> {
    return this.#process.request('usage');
  }

  async stop(): Promise<void> {
    await this.#process.stop();
  }
}

/** The server on the bare `ws` library (naive-server.mjs). */
export class NaiveServer {
  readonly #process: LineProcess;
  readonly port: number;

  private constructor(process: LineProcess, port: number) {
    this.#process = process;
    this.port = port;
  }

  static async start(): Promise<NaiveServer> {
    const script = fileURLToPath(new URL('./naive-server.mjs', import.meta.url));
    const child = new LineProcess('naive server', [
      process.execPath,
      '--max-old-space-size=256',
      script,
      'serve',
    ]);
    const { port } = await child.receive<{ port: number }>();
    return new NaiveServer(child, port);
  }

  /** Begins sending events to all clients; 0 = as fast as they go. */
  async startFeed(eventsPerSecond: number): Promise<void> {
    await this.#process.request(`start rate=${eventsPerSecond}`);
  }

  stopFeed(): Promise<{ firstSeq: number; lastSeq: number; written: number }> {
    return this.#process.request('stop');
  }

  usage(): Promise<Usage> {
    return this.#process.request('usage');
  }

  async stop(): Promise<void> {
    await this.#process.stop();
  }
}
