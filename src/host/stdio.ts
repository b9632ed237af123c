/**
 * Replaces `process.stdout` and `process.stderr` before anything else is loaded: import this module first.
 *
 * Node's own streams would set the host's pipes to non-blocking and throw into the event loop when a daemon's
 * standard descriptors are closed, full or a directory. These write at once and swallow every error.
 */
import { writeSync } from 'node:fs';
import { Writable } from 'node:stream';

class QuietDescriptor extends Writable {
  readonly fd: number;

  constructor(fd: number) {
    super({ decodeStrings: true });
    this.fd = fd;
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    try {
      for (let at = 0; at < chunk.length; ) at += writeSync(this.fd, chunk, at);
    } catch {
      // Nobody can be told: this is where messages go.
    }
    done();
  }
}

function replaceStream(name: 'stdout' | 'stderr', fd: number): void {
  const stream = new QuietDescriptor(fd);
  Object.defineProperty(process, name, { configurable: true, enumerable: true, get: () => stream });
}

/** Puts the quiet streams in place; true inside a host, where this module does it by itself. */
export function quietStandardStreams(): void {
  replaceStream('stdout', 1);
  replaceStream('stderr', 2);
}

if (Symbol.for('vscpl2drv-websocksrv.bridge') in globalThis) quietStandardStreams();
