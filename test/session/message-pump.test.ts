import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startMemoryServer } from '../support/memory-server.ts';
import { TestClient } from '../support/ws-client.ts';

test('an exception while a message is handled costs that message an error 10, and nothing else', async () => {
  const { server, link, url, lines } = await startMemoryServer();
  const sender = await TestClient.connect(`${url}/ws1`);
  const other = await TestClient.connect(`${url}/ws2`);
  await sender.start();
  await other.start();
  const { send } = link;
  link.send = () => {
    throw new Error('injected');
  };
  assert.equal(await sender.ask('E;0,10,6,0,,,-,1'), '-;10;Exception or other general error.');
  assert.equal(
    (await other.ask({ type: 'EVENT', event: { class: 10, type: 6 } })).replace(/,.*$/, ''),
    '{"type":"-"',
  );
  link.send = send;
  assert.equal(await sender.ask('E;0,10,6,0,,,-,1'), '+;EVENT');
  assert.match(await other.next(), /^\{"type":"EVENT"/);
  assert.equal(lines.filter((line) => /^err .*message failed: .*injected/.test(line)).length, 2);
  await server.close();
});
