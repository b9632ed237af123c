/** What the driver writes, where it cannot be written or read: nobody is let in by it, and nobody thrown out. */
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { tempFolder } from '../config/temp-folder.ts';
import { makeDriverFolder } from '../support/driver-folder.ts';
import { LIVE_USERS, LiveDriver } from '../support/live-driver.ts';
import { command, makeToken, passwordClient, type TestToken, tokenLogin } from '../support/token-client.ts';
import { quickUser } from '../support/users.ts';

const folder = tempFolder();
const mayMount = spawnSync('unshare', ['--mount', 'true']).status === 0;
const WHERE_MOUNTED = { skip: mayMount ? false : 'a file system may not be mounted here' } as const;

function mount(context: TestContext, name: string, ...args: string[]): string {
  const path = join(folder.path, name);
  mkdirSync(path, { mode: 0o700, recursive: true });
  execFileSync('mount', [...args, path]);
  context.after(() => execFileSync('umount', ['--lazy', path]));
  return path;
}

async function start(context: TestContext, stateDir: string): Promise<LiveDriver> {
  const driver = await LiveDriver.start({ keys: { 'state-dir': stateDir } });
  context.after(() => driver.dispose());
  return driver;
}

async function assertGetsIn(driver: LiveDriver, token: TestToken): Promise<void> {
  const { client, reply } = await tokenLogin(driver.url, token);
  assert.equal(reply.type, '+', JSON.stringify(reply));
  client.ws.terminate();
  const stranger = await tokenLogin(driver.url, { id: token.id, secret: randomBytes(32) });
  assert.equal(stranger.reply.errcode, 5);
}

test(
  'on a full disk tokens are kept in memory, which is told once; with space again they are written',
  WHERE_MOUNTED,
  async (context) => {
    const disk = mount(context, 'full', '-t', 'tmpfs', '-o', 'size=64k', 'tmpfs');
    const driver = await start(context, join(disk, 'state'));
    const admin = await passwordClient(driver.url);
    const early = await makeToken(admin);
    const stored = (): string => readFileSync(join(disk, 'state', 'tokens.json'), 'utf8');
    const before = stored();
    const ballast = join(disk, 'ballast');
    assert.throws(() => writeFileSync(ballast, Buffer.alloc(1024 * 1024)), /ENOSPC/);
    const late = await makeToken(admin, { label: 'late' });
    await makeToken(admin, { label: 'later' });
    await driver.waitForLog(/tokens\.json: cannot be written \(no space left/);
    assert.equal(stored(), before, 'the old file is whole');
    for (const token of [early, late]) await assertGetsIn(driver, token);
    // What is taken back is taken back, disk or not.
    const { client } = await tokenLogin(driver.url, late);
    assert.equal((await command(admin, 'REVOKE', { id: late.id })).type, '+');
    assert.equal((await client.closed).code, 4403);
    assert.equal((await tokenLogin(driver.url, late)).reply.errcode, 5);
    rmSync(ballast);
    const last = await makeToken(admin, { label: 'last' });
    await driver.waitForLog(/tokens\.json: written again/);
    assert.equal(driver.log.match(/tokens\.json: cannot be written/g)?.length, 1, driver.log);
    await driver.stop();
    const again = await start(context, join(disk, 'state'));
    for (const token of [early, last]) await assertGetsIn(again, token);
    assert.equal((await tokenLogin(again.url, late)).reply.errcode, 5);
    await again.stop();
  },
);

test(
  'on a file system that became read-only everybody stays and gets in, and the log says what is lost',
  WHERE_MOUNTED,
  async (context) => {
    const disk = mount(context, 'read-only', '-t', 'tmpfs', '-o', 'size=1m', 'tmpfs');
    const stateDir = join(disk, 'state');
    const first = await start(context, stateDir);
    const token = await makeToken(await passwordClient(first.url, 'user'));
    await first.stop();
    execFileSync('mount', ['-o', 'remount,ro', disk]);
    const driver = await start(context, stateDir);
    const [line] = await driver.waitForLog(/\[error\] .*state-dir: .*cannot be written.*/);
    assert.match(line, /read-only file system\); tokens are kept in memory, until the driver closes/);
    await assertGetsIn(driver, token);
    const own = await makeToken(await passwordClient(driver.url));
    await assertGetsIn(driver, own);
    const { client } = await tokenLogin(driver.url, token);
    await driver.writeUsers(LIVE_USERS.slice(0, 1));
    assert.equal((await client.closed).code, 4403, 'the user is gone');
    assert.equal((await tokenLogin(driver.url, token)).reply.errcode, 5);
    await driver.stop();
  },
);

test('a user that is taken out of the users file loses sessions and tokens for good', async (context) => {
  const driver = await start(context, join(folder.path, 'removed'));
  const token = await makeToken(await passwordClient(driver.url, 'user'));
  const { client } = await tokenLogin(driver.url, token);
  const { client: admin } = await tokenLogin(driver.url, await makeToken(await passwordClient(driver.url)));
  await driver.writeUsers(LIVE_USERS.slice(0, 1));
  assert.equal((await client.closed).code, 4403);
  assert.equal((await tokenLogin(driver.url, token)).reply.errcode, 5);
  await driver.writeUsers(LIVE_USERS);
  await driver.waitForLog(/read again, 2 users/);
  assert.equal((await tokenLogin(driver.url, token)).reply.errcode, 5, 'also when the name comes back');
  assert.equal((await command(admin, 'NOOP')).type, '+', 'nobody else noticed');
  await driver.stop();
});

test('a token file from elsewhere or of the future lets nobody in, and does not keep the driver from opening', async (context) => {
  const other = await start(context, join(folder.path, 'elsewhere'));
  const foreign = await makeToken(await passwordClient(other.url));
  const driver = await start(context, join(folder.path, 'here'));
  assert.equal((await tokenLogin(driver.url, foreign)).reply.errcode, 5);
  await driver.stop();
  const path = join(folder.path, 'here', 'tokens.json');
  writeFileSync(path, '{"version":99,"tokens":[]}', { mode: 0o600 });
  const again = await start(context, join(folder.path, 'here'));
  await again.waitForLog(/is of version 99, expected 1; put aside as tokens\.json\.damaged/);
  assert.equal((await tokenLogin(again.url, foreign)).reply.errcode, 5);
  await again.stop();
  await other.stop();
});

const MORTAL = fileURLToPath(new URL('../support/dying-driver.ts', import.meta.url));
const MEMBERS = 20;

/** CPU time that it takes until all are logged in, in ms. */
async function cpuOfLogins(driver: LiveDriver, names: readonly string[]): Promise<number> {
  const before = (await driver.usage()).cpuMs;
  for (const name of names) (await passwordClient(driver.url, name)).ws.terminate();
  return (await driver.usage()).cpuMs - before;
}

test('verified passwords are remembered beyond a restart of the runtime, not beyond VSCPClose', async (context) => {
  const library = makeDriverFolder(MORTAL);
  context.after(() => library.remove());
  const namesOf = (kind: string) => Array.from({ length: MEMBERS }, (_, index) => `${kind}${index}`);
  const users = ['old', 'new'].flatMap(namesOf).map((name) => quickUser(name, 'user'));
  const driver = await LiveDriver.start({ library: library.library, users: [...LIVE_USERS, ...users] });
  context.after(() => driver.dispose());
  await cpuOfLogins(driver, namesOf('old'));
  const killer = await passwordClient(driver.url);
  const from = driver.log.length;
  killer.send({ type: 'EVENT', event: { vscpClass: 65_535, vscpType: 1 } });
  await killer.closed;
  driver.port = Number((await driver.waitForLog(/listens on ws:\/\/\S+:(\d+)/, from))[1]);
  // The code is warm then.
  await cpuOfLogins(driver, ['admin', 'user']);
  const again = await cpuOfLogins(driver, namesOf('old'));
  const first = await cpuOfLogins(driver, namesOf('new'));
  assert.ok(again < first / 2, `${again} ms again, ${first} ms at first`);
  await driver.host.close();
  await driver.open();
  await cpuOfLogins(driver, ['admin', 'user']);
  const afterClose = await cpuOfLogins(driver, namesOf('old'));
  assert.ok(again < afterClose / 2, `${afterClose} ms after VSCPClose, ${again} ms before`);
  await driver.stop();
});
