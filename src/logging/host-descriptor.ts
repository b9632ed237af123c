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
/** A write of that size to a pipe is whole or not at all: lines of the host and ours do not mix. */
const ATOMIC_BYTES = 4096;
const FILE_BYTES = 256 * 1024;

/** Bytes taken; undefined = none now, try later. @throws the system's error: what was given cannot be written */
type WriteNow = (bytes: Buffer) => number | undefined;

interface Way {
  /** Bytes that one write may have. */
  maxBytes: number;
  write: WriteNow | ((bytes: Buffer) => Promise<number>);
  close(): void;
}

/**
 * One of the host's descriptors, written to without ever waiting for whoever reads it. Setting O_NONBLOCK on
 * it is out of the question: the flag belongs to the open file, which the host and others share. So pipes and
 * terminals are opened a second time, sockets get each message with a flag of its own, and files, which have
 * no reader, are written by the thread pool.
 */
export class HostDescriptor {
  readonly #way: Way;

  constructor(fd: number) {
    this.#way = wayTo(fd);
  }

  /** Bytes to give to one write at most. */
  get maxBytes(): number {
    return this.#way.maxBytes;
  }

  /**
   * Writes a part of the bytes, or all.
   * @returns the number of bytes taken, undefined = none now, try later; of files a promise
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

/** A descriptor of our own for the same pipe or terminal: its flags are ours. */
function reopenedWay(fd: number, stat: Stats): Way {
  try {
    return ownWay(`/proc/self/fd/${fd}`);
  } catch (error) {
    // Those of another user (after su) may not be opened again.
    if (stat.isFIFO()) return splicedWay(fd);
    return stat.rdev === controllingTerminal() ? ownWay('/dev/tty') : noWay(error);
  }
}

function ownWay(path: string): Way {
  const own = openSync(path, constants.O_WRONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
  return {
    maxBytes: ATOMIC_BYTES,
    write: (bytes) => writeNow(own, bytes),
    // Not waited for: closing a terminal can take as long as its output.
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
    // Fields behind the program's name, which may hold anything, are told by the last parenthesis.
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

/** The result of a system call: a count, undefined for "not now". @throws Error for all other failures */
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

/** By way of a pipe of our own: into a pipe that may not be opened again, the one call that can be told not to wait. */
function splicedWay(fd: number): Way {
  const { pipe2, splice } = systemCalls();
  const ends = [-1, -1];
  if (pipe2(ends, constants.O_NONBLOCK | O_CLOEXEC) !== 0) {
    return noWay(new Error(`pipe2: error ${lastError()}`));
  }
  const [from = -1, to = -1] = ends;
  /** Bytes that are in our pipe: the beginning of what is given next. */
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
