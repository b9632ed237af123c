import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { LiveDriver } from '../support/live-driver.ts';
import { closePayload, encodeFrame, OPCODE, type RawEnd, RawWs } from '../support/raw-ws.ts';
import { Bystander } from './bystander.ts';
import { CLOSES, CONTROL, FRAGMENTS, type FrameCase, TEXT, UTF8 } from './frame-cases.ts';

let driver: LiveDriver;
let bystander: Bystander;

before(async () => {
  driver = await LiveDriver.start();
  await driver.host.request('mode 0 count');
  bystander = await Bystander.join(driver);
});

after(async () => {
  await driver.stop();
});

async function sendCase(ws: RawWs, { send, piece }: FrameCase): Promise<void> {
  const bytes = Buffer.concat(send.map(encodeFrame));
  const size = piece ?? bytes.length;
  for (let at = 0; at < bytes.length; at += size) {
    ws.sendBytes(bytes.subarray(at, at + size));
    if (piece !== undefined) await new Promise(setImmediate);
  }
}

async function checkCase(frameCase: FrameCase): Promise<void> {
  const ws = await RawWs.connect(driver.port);
  try {
    await sendCase(ws, frameCase);
    const { expect } = frameCase;
    if ('replies' in expect) {
      for (const reply of expect.replies) assert.equal(await ws.nextText(), reply);
    } else if ('pong' in expect) {
      const frame = await ws.next();
      assert.equal(frame.opcode, OPCODE.pong);
      assert.deepEqual(frame.payload, Buffer.from(expect.pong));
    } else {
      const end: RawEnd = await ws.ended;
      assert.equal(end.code, expect.close);
      return;
    }
    ws.send({ opcode: OPCODE.close, payload: closePayload(1000) });
    assert.equal((await ws.ended).code, 1000);
  } finally {
    ws.destroy();
  }
}

for (const [group, cases] of Object.entries({ TEXT, FRAGMENTS, CONTROL, CLOSES, UTF8 })) {
  test(`websocket conformance, ${group.toLowerCase()}: ${cases.length} cases end as RFC 6455 has it`, async (context) => {
    for (const frameCase of cases) await context.test(frameCase.name, () => checkCase(frameCase));
    await bystander.check();
  });
}
