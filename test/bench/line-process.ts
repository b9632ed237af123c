import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

const living = new Set<LineProcess>();

/** Ends every process of the benchmark that is still there. */
export async function stopAll(): Promise<void> {
  await Promise.all([...living].map((process) => process.stop()));
}

/**
 * A program that takes one-line commands on its standard input and answers each with one line of JSON; it may
 * also write one line before the first command. Its standard error goes to ours.
 */
export class LineProcess {
  readonly #child: ChildProcess;
  readonly #name: string;
  readonly #onEnd: () => void;
  #waiting: { resolve: (line: string) => void; reject: (error: Error) => void }[] = [];
  #early: string[] = [];
  #ended: Error | undefined;
  readonly #exited: Promise<void>;

  /** @param onEnd is called once when the program has ended, for whatever reason. */
  constructor(name: string, command: readonly string[], onEnd: () => void = () => undefined) {
    this.#name = name;
    this.#onEnd = onEnd;
    this.#child = spawn(command[0] ?? '', command.slice(1), { stdio: ['pipe', 'pipe', 'inherit'] });
    living.add(this);
    this.#exited = new Promise((resolve) => {
      this.#child.once('error', (error) => this.#end(error, resolve));
      this.#child.once('exit', (code, signal) => {
        this.#end(new Error(`${name} ended (${signal ?? `code ${code}`})`), resolve);
      });
    });
    this.#child.stdin?.on('error', () => undefined);
    if (this.#child.stdout) {
      createInterface({ input: this.#child.stdout }).on('line', (line) => this.#onLine(line));
    }
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /**
   * The next line the program writes. T is what the program's documentation says; the program is ours, so it
   * is trusted.
   */
  receive<T>(): Promise<T> {
    return new Promise<string>((resolve, reject) => {
      const early = this.#early.shift();
      if (early !== undefined) resolve(early);
      else if (this.#ended) reject(this.#ended);
      else this.#waiting.push({ resolve, reject });
    }).then((line) => {
      try {
        return JSON.parse(line) as T;
      } catch {
        throw new Error(`${this.#name} wrote: ${line.slice(0, 200)}`);
      }
    });
  }

  request<T>(command: string): Promise<T> {
    this.#child.stdin?.write(`${command}\n`);
    return this.receive<T>();
  }

  /** Asks the program to end and kills it when it does not end within `graceMs`. */
  async stop(graceMs = 5000): Promise<void> {
    if (this.#ended) return;
    this.#child.stdin?.end('quit\n');
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), graceMs);
    await this.#exited;
    clearTimeout(timer);
  }

  #onLine(line: string): void {
    const waiter = this.#waiting.shift();
    if (waiter) waiter.resolve(line);
    else this.#early.push(line);
  }

  #end(error: Error, done: () => void): void {
    this.#ended ??= error;
    if (living.delete(this)) this.#onEnd();
    for (const waiter of this.#waiting.splice(0)) waiter.reject(error);
    done();
  }
}
