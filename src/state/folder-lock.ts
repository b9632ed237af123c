import { promises as fs } from 'node:fs';
import { connect, createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { errorCode } from '../core/errors.ts';

/** Whoever takes over an abandoned lock checks after this time that no other server took it as well. */
const SETTLE_MS = 150;
const ASK_MS = 1000;
const POLL_MS = 100;
/** Ends the wait for a name that can neither be taken nor removed. */
const MAX_TRIES = 200;
export const LOCK_NAME = 'lock';

export type LockResult =
  | { kind: 'held'; release(): Promise<void> }
  /** Another server has it; `holder` is its process id, when it says so. */
  | { kind: 'taken'; holder: string | undefined }
  /** No lock can be made there. */
  | { kind: 'failed'; error: unknown };

/**
 * Takes a folder for one server. The lock is a socket in the folder, on which the server listens: the kernel
 * ends it with the process, however that ends. It works between containers that share the folder, and between
 * several handles in one process.
 * @param waitMs how long to wait for a server that is still closing
 */
export async function lockFolder(folder: string, waitMs: number): Promise<LockResult> {
  const handle = await fs.open(folder, 'r').catch((error: unknown) => ({ error }));
  if ('error' in handle) return { kind: 'failed', error: handle.error };
  // The name of a socket has at most 107 bytes; the path of the folder may be longer.
  const short = `/proc/self/fd/${handle.fd}`;
  const isThere = await fs.access(short).then(
    () => true,
    () => false,
  );
  const taken = await takeLock(join(isThere ? short : folder, LOCK_NAME), waitMs);
  if (taken.kind !== 'held') {
    await handle.close();
    return taken;
  }
  const { server } = taken;
  const release = async (): Promise<void> => {
    // This also removes the socket's name, for which the folder must still be open.
    await new Promise<void>((resolve) => server.close(() => resolve()));
    await handle.close();
  };
  return { kind: 'held', release };
}

async function takeLock(
  address: string,
  waitMs: number,
): Promise<{ kind: 'held'; server: Server } | Exclude<LockResult, { kind: 'held' }>> {
  const untilMs = performance.now() + waitMs;
  let tookOver = false;
  for (let tries = 0; ; tries++) {
    const server = await listen(address).catch((error: unknown) => ({ error }));
    if (!('error' in server)) {
      if (!tookOver) return { kind: 'held', server };
      await sleep(SETTLE_MS);
      if ((await ask(address)).said === NAMES.get(server)) return { kind: 'held', server };
      // Another server took the name. This one is not closed, because that would remove the other one's name.
      continue;
    }
    if (errorCode(server.error) !== 'EADDRINUSE') return { kind: 'failed', error: server.error };
    const { isAlive, said } = await ask(address);
    if ((isAlive && performance.now() >= untilMs) || tries > MAX_TRIES)
      return { kind: 'taken', holder: said?.split(' ')[0] };
    if (isAlive) await sleep(POLL_MS);
    else {
      // Left by a process that was killed.
      await fs.rm(address, { force: true }).catch(() => undefined);
      tookOver = true;
    }
  }
}

/** What each server answers to whoever asks; tells two servers of one process apart. */
const NAMES = new WeakMap<Server, string>();
let serial = 0;

function listen(address: string): Promise<Server> {
  return new Promise((resolve, reject) => {
    const name = `${process.pid} ${serial++} ${performance.timeOrigin}`;
    const server = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.end(name);
    });
    NAMES.set(server, name);
    server.once('error', reject);
    // Exclusive: a worker of `serve` would otherwise share it with the others.
    server.listen({ path: address, exclusive: true }, () => {
      server.off('error', reject);
      server.on('error', () => undefined);
      server.unref();
      resolve(server);
    });
  });
}

/** Whether somebody listens there, and the name that it gives. */
function ask(address: string): Promise<{ isAlive: boolean; said?: string }> {
  return new Promise((resolve) => {
    let said = '';
    let isAlive = false;
    const socket = connect(address);
    const timer = setTimeout(() => socket.destroy(), ASK_MS);
    socket.setEncoding('utf8');
    socket.on('connect', () => {
      isAlive = true;
    });
    socket.on('data', (text: string) => {
      said += text;
    });
    socket.on('error', (error) => {
      // Other errors, such as too many callers, mean that somebody listens.
      isAlive ||= !['ECONNREFUSED', 'ENOENT', 'ENOTSOCK'].includes(errorCode(error) ?? '');
    });
    socket.on('close', () => {
      clearTimeout(timer);
      resolve(said === '' ? { isAlive } : { isAlive, said });
    });
  });
}
