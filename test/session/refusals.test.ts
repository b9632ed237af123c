import assert from 'node:assert/strict';
import { test } from 'node:test';
import { memoryServerFor } from '../support/memory-server.ts';
import { TestClient } from '../support/ws-client.ts';

test('a refused event names the field in both protocols; the code and the beginning of its text stay', async (context) => {
  const server = await memoryServerFor(context);
  const ws1 = await TestClient.connect(`${server.url}/ws1`);
  await ws1.login();
  assert.equal(
    await ws1.ask('E;0,10,6,0,,0,-,1,2,3,256'),
    '-;EVENT;8;Parse error, invalid format. vscpData[3]: 0-255 expected',
  );
  const ws2 = await TestClient.connect(`${server.url}/ws2`);
  await ws2.login();
  const event = { vscpClass: 10, vscpType: 6, vscpData: [1, 2, 3, 256] };
  const refusal = JSON.parse(await ws2.ask({ type: 'EVENT', event }));
  assert.equal(refusal.errcode, 8);
  assert.equal(refusal.errstr, 'Parse error, invalid format. vscpData[3]: 0-255 expected');
  assert.equal(refusal['error-str'], refusal.errstr);
});

test('one trailing NUL of a message is dropped, more are not', async (context) => {
  const server = await memoryServerFor(context);
  const client = await TestClient.connect(`${server.url}/ws1`);
  await client.login();
  assert.equal(await client.ask('C;NOOP\0'), '+;NOOP');
  assert.equal(await client.ask('E;0,10,6,0,,0,-,1\0'), '+;EVENT');
  assert.match(await client.ask('E;0,10,6,0,,0,-,1\0\0'), /^-;EVENT;8;.* vscpData\[0\]/);
});
