import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { texts } from '../support/any-text.ts';
import { startMemoryServer } from '../support/memory-server.ts';
import { TestClient } from '../support/ws-client.ts';

/** Failed logins take their time; the messages here are about all else. */
function isLogin(text: string): boolean {
  return /auth/i.test(text);
}

for (const protocol of ['ws1', 'ws2'] as const) {
  test(`${protocol}: every text gets exactly one reply, empty ones none, and the session stays usable`, async (context) => {
    const server = await startMemoryServer({ 'auth-timeout': 600 });
    context.after(() => server.close());
    const before = await TestClient.connect(`${server.url}/${protocol}`);
    const after = await TestClient.connect(`${server.url}/${protocol}`);
    await after.login();
    const batches = fc.array(texts(protocol), { minLength: 1, maxLength: 20 });
    await fc.assert(
      fc.asyncProperty(batches, fc.boolean(), async (batch, loggedIn) => {
        const client = loggedIn ? after : before;
        const sent = batch.filter((text) => !isLogin(text));
        for (const text of sent) client.send(text);
        const wanted = sent.filter((text) => !isEmpty(text)).length;
        for (let i = 0; i < wanted; i++) assert.match(await client.next(), /^[+-];|^\{"type":"[+-]"/);
        assert.equal(
          await client.ask(protocol === 'ws1' ? 'C;NOOP' : '{"type":"C","command":"NOOP"}'),
          noopReply(protocol),
        );
        assert.deepEqual(client.pending, []);
      }),
      { numRuns: 300 },
    );
    for (const client of [before, after]) client.ws.terminate();
  });
}

/** Whether nothing is left of it on the wire without the NUL that C programs send along, and white space. */
function isEmpty(text: string): boolean {
  const sent = Buffer.from(text).toString();
  return (sent.length > 1 && sent.endsWith('\0') ? sent.slice(0, -1) : sent).trim() === '';
}

function noopReply(protocol: 'ws1' | 'ws2'): string {
  return protocol === 'ws1' ? '+;NOOP' : '{"type":"+","command":"NOOP","args":null}';
}
