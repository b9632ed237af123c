import {
  close,
  closeSync,
  constants,
  fstatSync,
  openSync,
  readFileSync,
  readSync,
  type Stats,
  write,
  writeSync,
} from 'node:fs';
import { errorCode } from '../core/errors.ts';
import { lastError, libraryFunction, type NativeFunction } from '../core/native-calls.ts';

const EAGAIN = 11;
const EINTR = 4;
const MSG_DONTWAIT = 0x40;
const MSG_NOSIGNAL = 0x4000;
const SPLICE_F_NONBLOCK = 2;
const O_CLOEXEC = 0o2000000;
/** A pipe takes a write of this size whole or not at all, so lines of the host and ours do not mix. */
const ATOMIC_BYTES = 4096;
const FILE_BYTES = 256 * 1024;

/**
 * Returns the bytes taken; undefined = none now, try later. @throws the system's error when the bytes cannot
 * be written
 */
type WriteNow = (bytes: Buffer) => number | undefined;

interface Way {
  /** Most bytes of one write. */
  maxBytes: number;
  write: WriteNow | ((bytes: Buffer) => Promise<number>);
  close(): void;
}

/**
 * Writes to one of the host's descriptors without ever waiting for its reader. It cannot set O_NONBLOCK
 * there, since that flag belongs to the open file, which the host and others share. So it opens pipes and
 * terminals a second time, sends each message to sockets with a flag for that call, and lets the thread pool
 * write files, which have no reader.
 */
export class HostDescriptor {
  readonly #way: Way;

  constructor(fd: number) {
    this.#way = wayTo(fd);
  }

  /** Most bytes to give to one write. */
  get maxBytes(): number {
    return this.#way.maxBytes;
  }

  /**
   * Writes all of the bytes or a part of them.
   * @returns the number of bytes taken, undefined = none now, try later; a promise of it for files
   * @throws (or rejects with) the system's error when they cannot be written at all
   */
  write(bytes: Buffer): number | undefined | Promise<number> {
    return this.#way.write(bytes);
  }

  close(): void {
    this.#way.close();
  }
}

function wayTo(fd: number): Way {
  try {
    const stat = fstatSync(fd);
    if (stat.isSocket()) return socketWay(fd);
    return stat.isFIFO() || stat.isCharacterDevice() ? reopenedWay(fd, stat) : fileWay(fd);
  } catch (error) {
    return noWay(error);
  }
}

function noWay(error: unknown): Way {
  const fail = (): never => {
    throw error;
  };
  return { maxBytes: ATOMIC_BYTES, write: fail, close: () => undefined };
}

function fileWay(fd: number): Way {
  const writeLater = (bytes: Buffer): Promise<number> =>
    new Promise((resolve, reject) => {
      write(fd, bytes, (error, written) => (error === null ? resolve(written) : reject(error)));
    });
  return { maxBytes: FILE_BYTES, write: writeLater, close: () => undefined };
}

/** Opens our own descriptor for the same pipe or terminal, whose flags belong to us. */
function reopenedWay(fd: number, stat: Stats): Way {
  try {
    return ownWay(`/proc/self/fd/${fd}`);
  } catch (error) {
    // We may not open those of another user (after su) again.
    if (stat.isFIFO()) return splicedWay(fd);
    return stat.rdev === controllingTerminal() ? ownWay('/dev/tty') : noWay(error);
  }
}

function ownWay(path: string): Way {
  const own = openSync(path, constants.O_WRONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
  return {
    maxBytes: ATOMIC_BYTES,
    write: (bytes) => writeNow(own, bytes),
    // Do not wait for this: closing a terminal can take as long as its output.
    close: () => close(own, () => undefined),
  };
}

function writeNow(fd: number, bytes: Buffer): number | undefined {
  try {
    return writeSync(fd, bytes);
  } catch (error) {
    if (errorCode(error) === 'EAGAIN') return undefined;
    throw error;
  }
}

/** Device number of the controlling terminal, in the form of `Stats.rdev`; 0 = none. */
function controllingTerminal(): number {
  try {
    const stat = readFileSync('/proc/self/stat', 'latin1');
    // The program's name may contain anything; the last parenthesis shows where the next fields begin.
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[4]);
  } catch {
    return 0;
  }
}

type SystemCalls = Record<'send' | 'splice' | 'pipe2', NativeFunction>;

let knownCalls: SystemCalls | undefined;

function systemCalls(): SystemCalls {
  if (knownCalls !== undefined) return knownCalls;
  knownCalls = {
    send: libraryFunction('long send(int fd, const void *bytes, size_t size, int flags)'),
    splice: libraryFunction('long splice(int from, void *, int to, void *, size_t size, unsigned int flags)'),
    pipe2: libraryFunction('int pipe2(_Out_ int *ends, int flags)'),
  };
  return knownCalls;
}

/** The result of a system call: a count, or undefined for "not now". @throws Error for all other failures */
function resultOf(call: string, result: number): number | undefined {
  if (result >= 0) return result;
  const code = lastError();
  if (code === EAGAIN || code === EINTR) return undefined;
  throw new Error(`${call}: error ${code}`);
}

function socketWay(fd: number): Way {
  const flags = MSG_DONTWAIT | MSG_NOSIGNAL;
  const { send } = systemCalls();
  const write: WriteNow = (bytes) => resultOf('send', send(fd, bytes, bytes.length, flags));
  return { maxBytes: ATOMIC_BYTES, write, close: () => undefined };
}

/**
 * Writes by way of our own pipe: for a pipe that we may not open again, splice() is the only call that need
 * not wait.
 */
function splicedWay(fd: number): Way {
  const { pipe2, splice } = systemCalls();
  const ends = [-1, -1];
  if (pipe2(ends, constants.O_NONBLOCK | O_CLOEXEC) !== 0) {
    return noWay(new Error(`pipe2: error ${lastError()}`));
  }
  const [from = -1, to = -1] = ends;
  /** Bytes in our pipe: they are the beginning of the next call's bytes. */
  let inside = 0;
  const write: WriteNow = (bytes) => {
    if (inside === 0) inside = writeSync(to, bytes);
    try {
      const moved = resultOf('splice', splice(from, null, fd, null, inside, SPLICE_F_NONBLOCK));
      inside -= moved ?? 0;
      return moved;
    } catch (error) {
      readSync(from, Buffer.alloc(inside));
      inside = 0;
      throw error;
    }
  };
  const closeBoth = (): void => {
    closeSync(from);
    closeSync(to);
  };
  return { maxBytes: ATOMIC_BYTES, write, close: closeBoth };
}
