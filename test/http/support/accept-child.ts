/** A server in a process of its own that uses up its file descriptors on request and frees them again. */
import { closeSync, openSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { HttpServer } from '../../../src/http/http-server.ts';
import { LogKeeper, testSettings, testSnapshot } from './http-fixture.ts';

class PrintedLog extends LogKeeper {
  override err(message: string): void {
    console.log(`err ${message}`);
  }
  override info(message: string): void {
    console.log(`info ${message}`);
  }
}

const server = new HttpServer({
  settings: testSettings(),
  hooks: { hasRoom: () => true, accept: ({ ws }) => ws.on('error', () => undefined) },
  log: new PrintedLog(),
  stats: testSnapshot,
  limits: { acceptCheckMs: 20 },
});
server.listen().then(([bound]) => console.log(`port ${bound?.port}`));

const taken: number[] = [];
let timer: NodeJS.Timeout | undefined;

/** Takes all descriptors, and goes on taking those that the server's own look at /dev/null gives back. */
function take(): void {
  try {
    for (;;) taken.push(openSync('/dev/null', 'r'));
  } catch {
    timer = setTimeout(take, 2);
  }
}

createInterface({ input: process.stdin })
  .on('line', (line) => {
    if (line === 'take') take();
    else {
      clearTimeout(timer);
      for (const fd of taken.splice(0)) closeSync(fd);
      console.log('freed');
    }
  })
  .once('close', () => process.exit(0));
