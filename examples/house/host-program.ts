import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { type HouseEvent, nodeGuid } from './house-event.ts';

/** An event that the driver handed to the host, so one that a client sent. */
export interface ClientEvent {
  vscpClass: number;
  vscpType: number;
  guid: Buffer;
  data: Buffer;
}

/** The host program's answer to a command; see the comment at the top of its main.c. */
export type HostReply = { readonly [name: string]: unknown };

export interface HostProgramHandlers {
  event(event: ClientEvent): void;
  /** A line that is not the host's own: the driver's log. */
  text(line: string): void;
  /** The program ended; `code` is null when a signal ended it. */
  exit(code: number | null): void;
}

const SLOT = 0;
const WRITE_TIMEOUT_MS = 200;

/** Text as the rest of a command line: line breaks and backslashes would end or change it. */
function quote(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
}

/** The small level II host in a process of its own; it takes commands from its standard input. */
export class HostProgram {
  private readonly child: ChildProcessWithoutNullStreams;
  private readonly waiting = new Map<string, (reply: HostReply) => void>();
  private readonly handlers: HostProgramHandlers;
  private lastTag = 0;

  /** @param folder the folder at which relative paths of the configuration start */
  constructor(program: string, folder: string, handlers: HostProgramHandlers) {
    this.handlers = handlers;
    // A session of its own: Ctrl-C in the terminal is for us, and we then close the driver in good order.
    this.child = spawn(program, ['--free'], { cwd: folder, detached: true });
    this.child.on('error', (error) => handlers.text(error.message));
    this.child.on('close', (code) => {
      for (const settle of this.waiting.values()) settle({ error: 'the host program ended' });
      this.waiting.clear();
      handlers.exit(code);
    });
    this.child.stdin.on('error', () => {});
    createInterface({ input: this.child.stdout }).on('line', (line) => this.take(line));
    createInterface({ input: this.child.stderr }).on('line', (line) => handlers.text(line));
  }

  /** Loads the driver; resolves to the host's answer: version and vendor, or an error. */
  load(library: string): Promise<HostReply> {
    return this.ask(`load ${SLOT} ${library}`);
  }

  /** Opens the driver; the answer's `handle` is 0 when the driver refused. */
  open(guid: string, config: string): Promise<HostReply> {
    return this.ask(`open ${SLOT} ${guid.replaceAll(':', '')} ${quote(config)}`);
  }

  /** Writes an event of the house to the driver, with the current time. */
  write(event: HouseEvent, now: Date): Promise<HostReply> {
    const fields = {
      head: event.priority << 5,
      year: now.getUTCFullYear(),
      month: now.getUTCMonth() + 1,
      day: now.getUTCDate(),
      hour: now.getUTCHours(),
      minute: now.getUTCMinutes(),
      second: now.getUTCSeconds(),
      timestamp: (now.getTime() * 1000) % 2 ** 32,
      class: event.vscpClass,
      type: event.vscpType,
      guid: nodeGuid(event.node).replaceAll(':', ''),
      data: Buffer.from(event.data).toString('hex'),
    };
    const words = Object.entries(fields).map(([name, value]) => `${name}=${value}`);
    return this.ask(`write ${SLOT} ${WRITE_TIMEOUT_MS} ${words.join(' ')}`);
  }

  close(): Promise<HostReply> {
    return this.ask(`close ${SLOT}`);
  }

  /** Ends the program through the end of its input: it closes and unloads the driver and exits with 0. */
  quit(): void {
    this.child.stdin.end();
  }

  kill(): void {
    this.child.kill('SIGKILL');
  }

  private ask(command: string): Promise<HostReply> {
    this.lastTag += 1;
    const tag = String(this.lastTag);
    return new Promise((resolve) => {
      if (this.child.exitCode !== null || !this.child.stdin.writable) {
        resolve({ error: 'the host program ended' });
        return;
      }
      this.waiting.set(tag, resolve);
      this.child.stdin.write(`@${tag} ${command}\n`);
    });
  }

  private take(line: string): void {
    let message: { tag?: string; event?: { class: number; type: number; guid: string; data: string } };
    try {
      message = JSON.parse(line);
    } catch {
      this.handlers.text(line);
      return;
    }
    if (message.event !== undefined) {
      const { class: vscpClass, type: vscpType, guid, data } = message.event;
      this.handlers.event({
        vscpClass,
        vscpType,
        guid: Buffer.from(guid, 'hex'),
        data: Buffer.from(data, 'hex'),
      });
      return;
    }
    const settle = this.waiting.get(message.tag ?? '');
    this.waiting.delete(message.tag ?? '');
    settle?.(message);
  }
}
