/**
 * Replaces `process.stdout` and `process.stderr`, which the shim hides until then. Import this module first.
 *
 * Node's own streams would set the host's pipes to non-blocking and throw into the event loop when a daemon's
 * standard descriptors are closed, full or a directory. These write what can be written without waiting and
 * swallow every error.
 */
import { Writable } from 'node:stream';
import { HostDescriptor } from '../logging/host-descriptor.ts';

class QuietDescriptor extends Writable {
  readonly fd: number;
  #descriptor: HostDescriptor | undefined;

  constructor(fd: number) {
    super({ decodeStrings: true });
    this.fd = fd;
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.#descriptor ??= new HostDescriptor(this.fd);
    this.#writeAll(this.#descriptor, chunk).then(() => done());
  }

  async #writeAll(descriptor: HostDescriptor, chunk: Buffer): Promise<void> {
    try {
      for (let at = 0; at < chunk.length; ) {
        const written = descriptor.write(chunk.subarray(at));
        const count = written instanceof Promise ? await written : written;
        // A reader that cannot take more at the moment loses the rest.
        if (count === undefined) return;
        at += count;
      }
    } catch {
      // Nobody can be told, since messages go here.
    }
  }
}

function replaceStream(name: 'stdout' | 'stderr', fd: number): void {
  const stream = new QuietDescriptor(fd);
  Object.defineProperty(process, name, { configurable: true, enumerable: true, get: () => stream });
}

/** Installs the quiet streams; inside a host this module does it by itself. */
export function quietStandardStreams(): void {
  replaceStream('stdout', 1);
  replaceStream('stderr', 2);
}

if (Symbol.for('vscpl2drv-websocksrv.bridge') in globalThis) quietStandardStreams();
