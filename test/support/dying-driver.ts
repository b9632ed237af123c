/** The driver's own bundle, except that an event of class 65535 for the host makes its runtime die. */
import '../../src/host/stdio.ts';
import { openDriver } from '../../src/driver.ts';
import { connectHost } from '../../src/host/shim-link.ts';

const connection = connectHost();
const { link } = connection;
const send = link.send.bind(link);
link.send = (event) => {
  if (event.vscpClass !== 65535) return send(event);
  process.nextTick(() => {
    if (event.vscpType === 1) process.exit(9);
    throw new Error('injected');
  });
  return true;
};

void openDriver(connection);
