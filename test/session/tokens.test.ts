import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, test } from 'node:test';
import { parseUsers } from '../../src/auth/users-file.ts';
import { type MemoryServer, startMemoryServer, USER } from '../support/memory-server.ts';
import { TemporaryFolders } from '../support/temporary-folders.ts';
import { command, makeToken, passwordClient, proofOf, tokenLogin } from '../support/token-client.ts';
import { TestClient } from '../support/ws-client.ts';

let server: MemoryServer | undefined;
const folders = new TemporaryFolders('websocksrv-tokens-');

afterEach(async () => {
  await server?.close();
  server = undefined;
  folders.removeAll();
});

async function start(folder = folders.next(), keys: object = {}): Promise<MemoryServer> {
  server = await startMemoryServer({ 'state-dir': folder, ...keys });
  return server;
}

/** Puts another version of one user into force. */
function edit(target: MemoryServer, entry: object): void {
  const [user] = parseUsers({ users: [entry] }).users.values();
  assert.ok(user);
  target.userMap.set(user.name, user);
  target.server.applyUsers([], [user]);
}

test('a driver without state-dir knows no tokens, one with it lists the extension', async () => {
  server = await startMemoryServer();
  const client = await passwordClient(server.url);
  assert.equal((await command(client, 'TOKEN', { label: 'x' })).errcode, 2);
  await server.close();
  const { url } = await start();
  const version = await command(await TestClient.connect(`${url}/ws2`), 'VERSION', { keyCheck: true });
  assert.deepEqual(version.args.extensions, ['LAST', 'TOKEN', 'PANEL', 'STATUS']);
  assert.equal(version.args.keyCheck, 'DD59F4BC');
});

test('a token logs in, is told who it is, and a proof is good for its own session alone', async () => {
  const { url } = await start();
  const token = await makeToken(await passwordClient(url));
  const { reply, client } = await tokenLogin(url, token);
  assert.deepEqual(reply.args.user, {
    name: 'admin',
    fullname: 'The admin',
    rights: 0xffffffff,
    admin: true,
    events: '',
    token: token.id,
  });
  const other = await TestClient.connect(`${url}/ws2`);
  const recorded = { token: token.id, proof: proofOf(token, client.sid) };
  assert.equal((await command(other, 'AUTH', recorded)).errcode, 5);
});

test('what AUTH replies to clients that do not ask stays as it was', async () => {
  const { url } = await start();
  const client = await TestClient.connect(`${url}/ws2`);
  assert.equal(await client.login(), '{"type":"+","command":"AUTH","args":null}');
});

test('tokens outlive the driver, their secrets are in a file of mode 0600', async () => {
  const folder = folders.next();
  const first = await start(folder);
  const token = await makeToken(await passwordClient(first.url, 'user'), { label: 'Küche' });
  await first.close();
  const stored = JSON.parse(readFileSync(join(folder, 'tokens.json'), 'utf8'));
  assert.equal(stored.version, 1);
  assert.equal(stored.tokens[0].label, 'Küche');
  const { url } = await start(folder);
  assert.equal((await tokenLogin(url, token)).reply.type, '+');
});

test('a token narrows rights and never widens them', async () => {
  const { url } = await start();
  const client = await passwordClient(url, 'user');
  const kiosk = await makeToken(client, { rights: 'websockets,receive-events' });
  const wide = await makeToken(client, { rights: 'admin' });
  const { client: watcher, reply } = await tokenLogin(url, kiosk);
  assert.equal((reply.args.user as { rights: number }).rights, 0x00100002);
  const sent = await watcher.ask({ type: 'EVENT', event: { vscpClass: 20, vscpType: 3 } });
  assert.match(sent, /"errcode":6/);
  const { reply: same } = await tokenLogin(url, wide);
  assert.equal((same.args.user as { rights: number; admin: boolean }).admin, false);
});

test('a token makes no tokens; with the password on the same connection it is done', async () => {
  const { url } = await start();
  const { client } = await tokenLogin(url, await makeToken(await passwordClient(url)));
  const refused = await command(client, 'TOKEN', { label: 'more' });
  assert.equal(refused.errcode, 7);
  assert.match(refused.errstr ?? '', /Log in with the password for this\.$/);
  await client.login();
  assert.equal((await command(client, 'TOKEN', { label: 'more' })).type, '+');
});

test('users see their own tokens, an admin all, and which one is in use', async () => {
  const { url } = await start();
  const user = await passwordClient(url, 'user');
  const mine = await makeToken(user, { label: 'phone' });
  const admin = await passwordClient(url);
  const theirs = await makeToken(admin, { label: 'wall' });
  const { client } = await tokenLogin(url, mine);
  const own = (await command(client, 'TOKENS')).args.tokens as Record<string, unknown>[];
  assert.deepEqual(
    own.map(({ id, user: name, label, current, lastAddress }) => [id, name, label, current, lastAddress]),
    [[mine.id, 'user', 'phone', true, '127.0.0.1']],
  );
  const all = (await command(admin, 'TOKENS')).args.tokens as Record<string, unknown>[];
  assert.deepEqual(all.map(({ id }) => id).sort(), [mine.id, theirs.id].sort());
  assert.equal((await command(client, 'REVOKE', { id: theirs.id })).errcode, 1);
  assert.equal((await tokenLogin(url, theirs)).reply.type, '+');
});

test('a kiosk sees and ends its own token alone, and so does one with narrowed rights of an admin', async () => {
  const { url } = await start();
  for (const name of ['user', 'admin']) {
    const owner = await passwordClient(url, name);
    const phone = await makeToken(owner, { label: 'phone' });
    const kiosk = await makeToken(owner, { label: 'wall', rights: 'websockets,receive-events' });
    const { client } = await tokenLogin(url, kiosk);
    const seen = (await command(client, 'TOKENS')).args.tokens as { id: string }[];
    assert.deepEqual(
      seen.map(({ id }) => id),
      [kiosk.id],
    );
    assert.equal((await command(client, 'REVOKE', { id: phone.id })).errcode, 1);
    assert.deepEqual((await command(client, 'REVOKE', { user: name })).args, { revoked: 1 });
    assert.equal((await client.closed).code, 4403);
    assert.equal((await tokenLogin(url, phone)).reply.type, '+');
  }
});

test('REVOKE ends the sessions of the token with 4403, the asking one after its reply', async () => {
  const { url } = await start();
  const admin = await passwordClient(url);
  const token = await makeToken(admin);
  const { client: one } = await tokenLogin(url, token);
  const { client: two } = await tokenLogin(url, token);
  assert.deepEqual((await command(one, 'REVOKE', { id: token.id })).args, { revoked: 1 });
  assert.equal((await one.closed).code, 4403);
  assert.equal((await two.closed).code, 4403);
  assert.equal((await tokenLogin(url, token)).reply.errcode, 5);
  assert.equal((await command(admin, 'NOOP')).type, '+');
});

test('a changed password, a removed user and withdrawn rights end what tokens allow', async () => {
  const running = await start();
  const token = await makeToken(await passwordClient(running.url, 'user'));
  edit(running, { ...USER, rights: 'websockets,receive-events' });
  const { client, reply } = await tokenLogin(running.url, token);
  assert.equal((reply.args.user as { rights: number }).rights, 0x00100002);
  edit(running, { ...USER, password: '0'.repeat(32) });
  assert.equal((await client.closed).code, 4403);
  edit(running, USER);
  assert.equal((await tokenLogin(running.url, token)).reply.errcode, 5, 'ended for good');
});

test('addresses of the user hold for its tokens', async () => {
  const running = await start();
  const token = await makeToken(await passwordClient(running.url, 'user'));
  edit(running, { ...USER, remotes: '+10.0.0.0/8' });
  assert.equal((await tokenLogin(running.url, token)).reply.errcode, 5);
  assert.ok(running.lines.some((line) => /auth failed user=user .*reason=address-not-allowed/.test(line)));
});

const BAD_ARGS: [object, RegExp][] = [
  [{ label: '' }, /label: /],
  [{ label: 'x'.repeat(65) }, /label: /],
  [{ label: 'a\u0000b' }, /label: /],
  [{ lifetime: 59 }, /lifetime: /],
  [{ lifetime: '100' }, /lifetime: /],
  [{ lifetime: 1e12 }, /lifetime: /],
  [{ rights: 'fly' }, /rights: unknown right "fly"/],
];
test('bad arguments are refused with the name of the field', async () => {
  const { url } = await start();
  const client = await passwordClient(url);
  for (const [args, text] of BAD_ARGS) {
    const reply = await command(client, 'TOKEN', { label: 'test', ...args });
    assert.equal(reply.errcode, 1, JSON.stringify(args));
    assert.match(reply.errstr ?? '', text);
  }
  assert.equal((await command(client, 'REVOKE', {})).errcode, 1);
});

test('a user has 64 tokens at the most', async () => {
  const { url } = await start();
  const client = await passwordClient(url, 'user');
  for (let i = 0; i < 64; i++) await makeToken(client);
  assert.equal((await command(client, 'TOKEN', { label: 'one more' })).errcode, 3);
  await makeToken(await passwordClient(url));
});

test('truncated, foreign and made-up tokens get the reply of every failed login', async () => {
  const { url, lines } = await start(folders.next(), { 'max-auth-failures': 1000 });
  const token = await makeToken(await passwordClient(url));
  const attempts: Record<string, unknown>[] = [
    { token: token.id.slice(0, 15), proof: 'right' },
    { token: '0123456789abcdef', proof: 'right' },
    { token: token.id, proof: '' },
    { token: token.id, proof: 'right, cut off' },
    { token: token.id, proof: randomBytes(32).toString('hex') },
    { token: '__proto__', proof: randomBytes(32).toString('hex') },
    { token: token.id, proof: 5 },
  ];
  for (const attempt of attempts) {
    const client = await TestClient.connect(`${url}/ws2`);
    const proof = proofOf(token, client.sid);
    if (attempt.proof === 'right') attempt.proof = proof;
    if (attempt.proof === 'right, cut off') attempt.proof = proof.slice(0, 63);
    assert.equal(
      await client.ask({ type: 'CMD', command: 'AUTH', args: attempt }),
      '{"type":"-","command":"AUTH","errcode":5,"errstr":"Not authorised.","error-code":5,"error-str":"Not authorised.","args":null}',
    );
    client.ws.close();
  }
  assert.equal(lines.filter((line) => line.includes('reason=bad-token')).length, attempts.length);
  assert.equal((await tokenLogin(url, token)).reply.type, '+', 'who has the secret is let in at once');
});

test('an expired token gets the reply of every failed login, and is taken out of the file', async () => {
  const folder = folders.next();
  const first = await start(folder);
  const expired = await makeToken(await passwordClient(first.url), { label: 'old', lifetime: 3600 });
  const good = await makeToken(await passwordClient(first.url), { label: 'new', lifetime: 3600 });
  await first.close();
  const file = join(folder, 'tokens.json');
  const stored = JSON.parse(readFileSync(file, 'utf8')) as { tokens: { id: string; created: string }[] };
  for (const token of stored.tokens) if (token.id === expired.id) token.created = '2020-01-01T00:00:00Z';
  writeFileSync(file, JSON.stringify(stored), { mode: 0o600 });
  const running = await start(folder);
  const { reply } = await tokenLogin(running.url, expired);
  assert.deepEqual([reply.type, reply.errcode], ['-', 5]);
  assert.ok(running.lines.some((line) => line.includes('its lifetime is over')));
  assert.equal((await tokenLogin(running.url, good)).reply.type, '+');
  await running.close();
  assert.ok(!readFileSync(file, 'utf8').includes(expired.id));
});

test('a damaged file of tokens does not keep the driver from opening', async () => {
  const folder = folders.next();
  writeFileSync(join(folder, 'tokens.json'), '{"version":1,"tokens":[{"id":"x"}]}');
  const running = await start(folder);
  await makeToken(await passwordClient(running.url));
  assert.equal(running.lines.filter((line) => line.includes('put aside')).length, 1);
});

test('where the folder cannot be written, tokens work in memory', async () => {
  const running = await start('/proc/none');
  const token = await makeToken(await passwordClient(running.url));
  assert.equal((await tokenLogin(running.url, token)).reply.type, '+');
  assert.equal(running.lines.filter((line) => line.startsWith('err')).length, 1);
});
