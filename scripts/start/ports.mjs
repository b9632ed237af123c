import { createServer } from 'node:net';
import { StepError } from '../setup/progress.mjs';

const USUAL_PORT = 8884;
const PORTS_TRIED = 100;

/** True when nothing listens on that port of localhost in either address family. */
export async function isFree(port) {
  for (const host of ['127.0.0.1', '::1']) {
    const taken = await new Promise((resolve) => {
      const probe = createServer();
      probe.once('error', (error) => resolve(error.code === 'EADDRINUSE' || error.code === 'EACCES'));
      probe.listen(port, host, () => probe.close(() => resolve(false)));
    });
    if (taken) return false;
  }
  return true;
}

/**
 * The ports that `npm start` may listen on, one after the other: only the requested one, or the usual one and
 * the free ones above it.
 * @param {string[]} args of the command line
 * @param {(line: string) => void} tell is called with a line that names the port used instead
 * @param {number} usual
 * @throws {StepError} when there are no more
 */
export async function* portsToTry(args, tell, usual = USUAL_PORT) {
  const at = args.indexOf('--port');
  if (at >= 0) {
    const wanted = Number(args[at + 1]);
    if (!Number.isInteger(wanted) || wanted < 1 || wanted > 65535)
      throw new StepError('--port takes a number, 1-65535');
    if (await isFree(wanted)) yield wanted;
    throw new StepError(`port ${wanted} is taken`, { remedy: 'give another one, or leave --port out.' });
  }
  const last = Math.min(usual + PORTS_TRIED - 1, 65535);
  for (let port = usual; port <= last; port++) {
    if (!(await isFree(port))) continue;
    if (port !== usual) tell(`Port ${usual} is taken, so port ${port} is used.`);
    yield port;
  }
  throw new StepError(`all ports from ${usual} to ${last} are taken`);
}
