import { createServer } from 'node:net';

/**
 * Ports below those that the system gives to connections and to listeners on port 0 (32768 and up): what is free
 * now stays so until the program it is meant for listens, whatever runs beside.
 */
const FIRST = 12_000;
const LAST = 32_000;

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
  });
}

/** A port of 127.0.0.1 for a program that cannot listen on port 0 and tell which one it got. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = FIRST + Math.floor(Math.random() * (LAST - FIRST));
    if (await isFree(port)) return port;
  }
}
