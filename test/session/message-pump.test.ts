import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeEvent } from '../support/events.ts';
import { memoryServerFor } from '../support/memory-server.ts';
import { TestClient } from '../support/ws-client.ts';

test('an exception while a message is handled costs that message an error 10, and nothing else', async (context) => {
  const { link, url, lines } = await memoryServerFor(context);
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
});

test('what a client sent behind its login counts, although it closes before the password is verified', async (context) => {
  const { link, url } = await memoryServerFor(context);
  const other = await TestClient.connect(`${url}/ws2`);
  await other.start();
  const hasty = await TestClient.connect(`${url}/ws1`);
  hasty.send(hasty.authRequest('admin', 'secret'));
  hasty.send('E;0,10,6,0,,,-,1');
  hasty.ws.close();
  assert.match(await other.next(), /^\{"type":"EVENT".*"vscpData":\[1\]/);
  assert.equal(link.hostRead()?.vscpType, 6);
  await hasty.closed;
});

test('what a client sent behind a login that fails does not count, closed or not', async (context) => {
  const { link, url } = await memoryServerFor(context);
  const other = await TestClient.connect(`${url}/ws2`);
  await other.start();
  const hasty = await TestClient.connect(`${url}/ws1`);
  hasty.send(hasty.authRequest('admin', 'wrong'));
  hasty.send('E;0,10,6,0,,,-,1');
  hasty.ws.close();
  await hasty.closed;
  await other.login('user', 'wrong');
  assert.deepEqual(await other.settle(), []);
  assert.equal(link.hostRead(), undefined);
});

test('the frames of events and the greeting are traced when the configuration asks for it', async (context) => {
  const { link, url, lines } = await memoryServerFor(context, { debug: true });
  const client = await TestClient.connect(`${url}/ws1`);
  await client.start();
  link.hostWrite(makeEvent());
  const frame = await client.next();
  assert.equal(lines.filter((line) => line.endsWith(` > ${frame}`)).length, 1);
  assert.equal(lines.filter((line) => line.endsWith(` > +;AUTH0;${client.sid}`)).length, 1);
});
