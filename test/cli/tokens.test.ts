import assert from 'node:assert/strict';
import { chownSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, test } from 'node:test';
import { tempFolder } from '../config/temp-folder.ts';
import { ADMIN, type MemoryServer, startMemoryServer, USER } from '../support/memory-server.ts';
import { tokenLogin } from '../support/token-client.ts';
import { runCli } from './run-cli.ts';

const folder = tempFolder();
let server: MemoryServer | undefined;

afterEach(async () => {
  await server?.close();
  server = undefined;
});

/** A configuration with users and a state folder of its own. */
function install(name: string): { config: string; users: string; stateDir: string } {
  const users = folder.file(`${name}/users.json`, JSON.stringify({ users: [ADMIN, USER] }));
  const stateDir = `${folder.path}/${name}/state`;
  mkdirSync(stateDir, { mode: 0o700 });
  const config = folder.file(
    `${name}/websocksrv.json`,
    JSON.stringify({ 'path-users': users, 'state-dir': stateDir }),
    0o640,
  );
  return { config, users, stateDir };
}

function parse(text: string): { id: string; secret: Buffer } {
  const [id = '', secret = ''] = text.trim().split('.');
  return { id, secret: Buffer.from(secret, 'hex') };
}

test('a token of the command line logs in, and its sessions end when it is revoked there', async () => {
  const { config, stateDir } = install('running');
  server = await startMemoryServer({ 'state-dir': stateDir });
  const added = await runCli(['token', 'add', 'user', '--label', 'phone', '--config', config]);
  assert.equal(added.code, 0, added.err);
  const token = parse(added.out);
  let attempt = await tokenLogin(server.url, token);
  for (let tries = 0; attempt.reply.type !== '+' && tries < 20; tries++) {
    attempt = await tokenLogin(server.url, token);
  }
  assert.equal(attempt.reply.type, '+');
  assert.match(
    (await runCli(['token', 'list', '--config', config])).out,
    new RegExp(`^${token.id} +user +phone`),
  );
  assert.equal((await runCli(['token', 'revoke', token.id, '--config', config])).code, 0);
  assert.equal((await attempt.client.closed).code, 4403);
});

test('a token that was made while no driver ran works when one is opened', async () => {
  const { config, stateDir } = install('waiting');
  const token = parse((await runCli(['token', 'add', 'user', '--config', config])).out);
  assert.match(
    (await runCli(['token', 'list', '--config', config])).out,
    new RegExp(`^${token.id} .*never used`),
  );
  server = await startMemoryServer({ 'state-dir': stateDir });
  assert.equal((await tokenLogin(server.url, token)).reply.type, '+');
});

test('a request in the inbox that another user of the machine left is not done, and goes', {
  skip: process.geteuid?.() === 0 ? false : 'only root can give files away',
}, async () => {
  const { config, stateDir } = install('planted');
  const token = parse((await runCli(['token', 'add', 'user', '--config', config])).out);
  const inbox = join(stateDir, 'inbox');
  const [request = ''] = readdirSync(inbox).filter((name) => name.endsWith('.json'));
  chownSync(join(inbox, request), 65_534, 65_534);
  server = await startMemoryServer({ 'state-dir': stateDir });
  assert.equal((await tokenLogin(server.url, token)).reply.errcode, 5);
  assert.ok(server.lines.some((line) => /^err .*not done: it belongs to another user \(65534\)/.test(line)));
  assert.deepEqual(
    readdirSync(inbox).filter((name) => name.endsWith('.json')),
    [],
  );
});

test('users of an XML file are listed, and not edited', async () => {
  const xml = `<config><users><user name="admin" password="${ADMIN.password}" rights="admin"/></users></config>`;
  const users = folder.file('xml/users.xml', xml);
  const config = folder.file('xml/websocksrv.json', JSON.stringify({ 'path-users': users }));
  assert.match((await runCli(['user', 'list', '--config', config])).out, /^admin +admin$/m);
  const edited = await runCli(['user', 'edit', 'admin', '--note', 'x', '--config', config]);
  assert.deepEqual(
    [edited.code, /users\.xml: only a JSON file can be edited here; this one is XML/.test(edited.err)],
    [1, true],
  );
  assert.equal(readFileSync(users, 'utf8'), xml);
});

test('a link carries the token, and comes with its QR code', async () => {
  const { config } = install('link');
  const { out } = await runCli(['token', 'add', 'user', '--link', 'http://h:8884/', '--config', config]);
  const [token, link = '', ...code] = out.split('\n');
  const setup = JSON.parse(Buffer.from(link.replace(/^.*#setup=/, ''), 'base64url').toString());
  assert.deepEqual(setup, { token, user: 'user' });
  assert.ok(code.length > 20 && /^█+$/.test(code[0] ?? ''));
});

test('users are added, edited and removed, the last admin is not', async () => {
  const { config, users } = install('users');
  const user = (...args: string[]) => runCli(['user', ...args, '--config', config]);
  const added = await runCli(
    ['user', 'add', 'anna', '--rights', 'user', '--stdin', '--config', config],
    'long enough\n',
  );
  assert.equal(added.code, 0, added.err);
  assert.equal((await user('edit', 'anna', '--note', 'hi')).code, 0);
  assert.equal(JSON.parse(readFileSync(users, 'utf8')).users[2].note, 'hi');
  assert.match((await user('list')).out, /^anna +user$/m);
  const bad = await user('edit', 'anna', '--rights', 'fly');
  assert.deepEqual([bad.code, /unknown right "fly"/.test(bad.err)], [2, true]);
  const refused = await user('remove', 'admin');
  assert.deepEqual([refused.code, /Nobody could manage users any more/.test(refused.err)], [1, true]);
  assert.equal((await user('remove', 'anna')).code, 0);
});
