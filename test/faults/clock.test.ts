import assert from 'node:assert/strict';
import { mkdtemp, readFile, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { LoginThrottle } from '../../src/auth/throttle.ts';
import { RotatingFile } from '../../src/logging/rotating-file.ts';
import { startMemoryServer } from '../support/memory-server.ts';
import { TestClient } from '../support/ws-client.ts';

const YEAR_MS = 365 * 24 * 3600 * 1000;

/** Sets the wall clock of this process off until the test ends; returns a function that sets it again. */
function jumpingClock(context: TestContext): (offsetMs: number) => void {
  const real = Date.now;
  context.after(() => {
    Date.now = real;
  });
  return (offsetMs) => {
    Date.now = () => real() + offsetMs;
  };
}

for (const [direction, offsetMs] of [
  ['forward', YEAR_MS],
  ['back', -YEAR_MS],
] as const) {
  test(`a clock that jumps a year ${direction} ends no session and holds up no event`, async (context) => {
    const jump = jumpingClock(context);
    const server = await startMemoryServer({ 'auth-timeout': 30, 'ping-interval': 0.2 });
    context.after(() => server.close());
    const fresh = await TestClient.connect(`${server.url}/ws1`);
    const client = await TestClient.connect(`${server.url}/ws1`);
    await client.login();
    jump(offsetMs);
    // Several pings and looks of the housekeeping.
    await sleep(2500);
    assert.equal(await client.ask('E;0,10,6,0,,0,-,1'), '+;EVENT');
    const year = new Date(Date.now()).getUTCFullYear();
    assert.equal((await server.link.nextFromDriver()).year, year, 'events carry the time as it is now');
    assert.match(await fresh.login(), /^\+;AUTH1;/);
    assert.equal(await client.ask('C;NOOP'), '+;NOOP');
    client.ws.terminate();
    fresh.ws.terminate();
  });

  test(`a clock that jumps a year ${direction} neither prolongs nor forgets the delay of failed logins`, (context) => {
    const jump = jumpingClock(context);
    const throttle = new LoginThrottle();
    throttle.failed('a');
    const pausedUntilMs = throttle.pausedUntilMs('a') ?? 0;
    assert.ok(pausedUntilMs > performance.now());
    jump(offsetMs);
    assert.equal(throttle.pausedUntilMs('a'), pausedUntilMs);
  });

  test(`a log file that is moved away after a jump of a year ${direction} is made again`, async (context) => {
    const jump = jumpingClock(context);
    const folder = await mkdtemp(join(tmpdir(), 'websocksrv-clock-'));
    context.after(() => rm(folder, { recursive: true, force: true }));
    const path = join(folder, 'driver.log');
    const file = new RotatingFile({ path, maxSize: 1 << 20, maxFiles: 1 });
    context.after(() => file.close());
    file.write('one');
    await file.flush();
    jump(offsetMs);
    await rename(path, `${path}.moved`);
    for (let round = 0; ; round++) {
      assert.ok(round < 100, 'lines go into the file that was moved away');
      file.write('two');
      await file.flush();
      const text = await readFile(path, 'utf8').catch(() => '');
      if (text.includes('two')) break;
      await sleep(50);
    }
  });
}
