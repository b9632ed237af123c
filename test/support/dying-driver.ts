/**
 * The driver's own bundle, except that an event of class 65535 for the host makes its runtime die: type 1 at once,
 * 3 after a second in which it stands still, any other by an exception.
 */
import '../../src/host/stdio.ts';
import { openDriver } from '../../src/driver.ts';
import { connectHost } from '../../src/host/shim-link.ts';

const connection = connectHost();
const { link } = connection;
const send = link.send.bind(link);
link.send = (event) => {
  if (event.vscpClass !== 65535) return send(event);
  process.nextTick(() => {
    if (event.vscpType === 3) standStill();
    if (event.vscpType === 1 || event.vscpType === 3) process.exit(9);
    throw new Error('injected');
  });
  return true;
};

/** What the host writes meanwhile waits in the queue. */
function standStill(): void {
  const end = performance.now() + 1000;
  while (performance.now() < end);
}

void openDriver(connection);
