import { createServer } from 'node:net';

/**
 * Ports below those that the system gives to connections and to listeners on port 0 (32768 and up): a port
 * that is free now stays free until the program that needs it listens, whatever else runs.
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

/** A free port of 127.0.0.1 for a program that cannot listen on port 0 and report which port it got. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = FIRST + Math.floor(Math.random() * (LAST - FIRST));
    if (await isFree(port)) return port;
  }
}
