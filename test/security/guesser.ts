/** Guesses the password of admin over many sockets until it is ended: guesser.ts URL ADDRESS SOCKETS */
import { setTimeout as sleep } from 'node:timers/promises';
import { TestClient } from '../support/ws-client.ts';

/** An attacker does not wait for the answer to a wrong guess when a right one is answered sooner. */
const PATIENCE_MS = 500;

const [url = '', from = '', sockets = '1'] = process.argv.slice(2);

async function guessOn(): Promise<never> {
  for (let count = 0; ; count++) {
    const client = await TestClient.connect(`${url}/ws1`, { localAddress: from }).catch(() => undefined);
    if (client === undefined) {
      await sleep(PATIENCE_MS);
      continue;
    }
    client.send(client.authRequest('admin', `guess${count}`));
    await Promise.race([client.next(60_000).catch(() => ''), sleep(PATIENCE_MS)]);
    client.ws.terminate();
  }
}

await Promise.all(Array.from({ length: Number(sockets) }, guessOn));
