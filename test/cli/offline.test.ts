import assert from 'node:assert/strict';
import {
  chmodSync,
  closeSync,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  statSync,
  symlinkSync,
} from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parsePasswordHash, verifyPassword } from '../../src/auth/password.ts';
import { readUsers } from '../../src/auth/user-database.ts';
import { tempFolder } from '../config/temp-folder.ts';
import { runCli } from './run-cli.ts';

const folder = tempFolder();
const key = folder.file('vscp.key', `${'AB'.repeat(16)}\n`);
const hash = `${'A1'.repeat(16)};${'B2'.repeat(32)}`;
const users = folder.file(
  'users.json',
  JSON.stringify({ users: [{ name: 'anna', password: hash, rights: 'user' }] }),
);

test('help is there for the program and every command', async () => {
  const general = await runCli(['--help']);
  assert.equal(general.code, 0);
  for (const name of ['init', 'check', 'mkpasswd', 'mkkey', 'monitor', 'send']) {
    assert.match(general.out, new RegExp(`^  ${name} +\\w`, 'm'));
    const { code, out } = await runCli([name, '--help']);
    assert.equal(code, 0);
    assert.match(out, new RegExp(`^Usage: vscpl2drv-websocksrv ${name} `));
    assert.match(out, /Examples?:\n {2}vscpl2drv-websocksrv /);
  }
});

const MISUSES: [args: string[], err: RegExp][] = [
  [['frobnicate'], /there is no command "frobnicate"/],
  [['check'], /one CONFIG is expected\nTry: vscpl2drv-websocksrv check --help/],
  [['check', 'a', 'b'], /one CONFIG is expected/],
  [['check', 'x', '--wrong'], /Unknown option '--wrong'/],
  [['check', 'x', '--guid', 'ZZ'], /--guid takes 16 hex bytes/],
  [['mkpasswd'], /one USER is expected/],
  [['mkpasswd', 'a:b', '--stdin'], /the user "a:b" has a name with ":"/],
  [['mkpasswd', 'anna', '--stdin', '--rights', 'admn'], /--rights: unknown right "admn"/],
  [['mkpasswd', ' anna', '--stdin'], /a user name has no white space around it/],
  [['mkpasswd', 'anna'], /there is no terminal to ask for the password/],
  [['mkkey', '--digits', '16'], /--digits takes a whole number from 32 to 512, not "16"/],
  [['monitor'], /one URL is expected/],
  [['monitor', 'http://x', '-u', 'a'], /the URL must begin with ws:\/\/ or wss:\/\//],
  [['monitor', 'ws://a:b@x', '-u', 'a'], /a password does not belong in the URL/],
  [['monitor', 'ws://x'], /no user was given; use --user USER/],
  [['monitor', 'ws://x', '-u', 'a', '--class', '70000'], /--class takes a whole number from 0 to 65535/],
  [['send', 'ws://x'], /URL and at least one EVENT are expected/],
  [['send', 'ws://x', '20'], /"20" is not an event/],
  [['send', 'ws://x', '20:3:256'], /"20:3:256" is not an event: data bytes from 0 to 255 expected/],
  [['send', 'ws://x', '{"vscpClass":1'], /is not an event/],
];

for (const [args, err] of MISUSES) {
  test(`"${args.join(' ')}" ends with exit code 2 and says what is wrong`, async () => {
    const result = await runCli(args);
    assert.match(result.err, err);
    assert.deepEqual([result.code, result.out], [2, '']);
  });
}

test('check prints what is in force for a good configuration', async () => {
  const config = folder.file(
    'good.json',
    JSON.stringify({ 'path-users': 'users.json', 'key-file': key, interface: [':9000'] }),
  );
  const { code, out, err } = await runCli(['check', config]);
  assert.equal(code, 0, err);
  assert.match(out, /^interface +ws:\/\/0\.0\.0\.0:9000$/m);
  assert.match(out, new RegExp(`^path-users +${users}$`, 'm'));
  assert.match(out, /^users +anna$/m);
  assert.match(
    err,
    /^warning: \S+: interface: ws:\/\/0\.0\.0\.0:9000 is not encrypted: .*\nThe driver would open\.\n$/,
  );
  const json = JSON.parse((await runCli(['check', '--json', config])).out);
  assert.equal(json.ok, true);
  assert.equal(json.settings['max-clients'], 100);
  assert.deepEqual(json.users, ['anna']);
});

test('check prints all problems and warnings and fails', async () => {
  const config = folder.file('bad.json', '{"max-clients":"x",\n"interfase":1,\n"path-users":"none.json"}');
  const { code, out, err } = await runCli(['check', config]);
  assert.deepEqual([code, out], [1, '']);
  assert.match(
    err,
    /^problem: .*bad\.json:1: max-clients: found "x", expected a whole number from 0 to 65535$/m,
  );
  assert.match(err, /^problem: .*bad\.json:3: path-users: found ".*none\.json" \(no such file\)/m);
  assert.match(err, /^warning: .*bad\.json:2: interfase: unknown key, ignored; did you mean "interface"\?$/m);
  assert.match(err, /The driver would not open\.\n$/);
});

test('check reads the user database and the TLS files too', async () => {
  folder.file('bad-users.json', JSON.stringify({ users: [{ name: 'bo', password: 'x', rights: 'user' }] }));
  folder.file('cert.pem', 'no certificate');
  const config = {
    'path-users': 'bad-users.json',
    'key-file': key,
    interface: 'wss://localhost',
    tls: { cert: 'cert.pem', key: 'cert.pem' },
  };
  const { code, err } = await runCli(['check', folder.file('tls.json', JSON.stringify(config))]);
  assert.equal(code, 1);
  assert.match(err, /^problem: .*bad-users\.json: user "bo": password/m);
  assert.match(err, /^problem: .*tls\.cert/m);
});

test("check finds the driver's entry in a daemon's configuration", async () => {
  folder.file('own.xml', `<config path-users="${users}" key-file="${key}" max-clients="3"/>`);
  const entry = '<driver path-driver="/x/libvscpl2drv-websocksrv.so" path-config="own.xml" guid="-"/>';
  const daemon = folder.file(
    'vscpd.conf',
    `<vscpconfig><level2driver><driver/>${entry}</level2driver></vscpconfig>`,
  );
  const { out } = await runCli(['check', daemon, '--library', 'libvscpl2drv-websocksrv.so']);
  assert.match(out, /^max-clients +3$/m);
});

test('mkpasswd makes a hash that the driver takes, for that user alone', async () => {
  const { code, out } = await runCli(['mkpasswd', 'anna', '--stdin'], 'pass:word é\n');
  assert.equal(code, 0);
  const parsed = parsePasswordHash(out.trim());
  assert.ok(parsed.ok);
  assert.equal(parsed.value.kind, 'pbkdf2');
  assert.equal(await verifyPassword(parsed.value, 'anna', 'pass:word é'), true);
  assert.equal(await verifyPassword(parsed.value, 'bo', 'pass:word é'), false);
});

test('mkpasswd makes whole entries for either kind of user database', async () => {
  const json = await runCli(['mkpasswd', 'anna', '--stdin', '--json', '--rights', 'admin'], 'secret\n');
  const xml = await runCli(['mkpasswd', 'anna "A" <&>', '--stdin', '--xml'], 'secret');
  const fromJson = await readUsers(folder.file('made.json', `{"users":[${json.out}]}`));
  const fromXml = await readUsers(folder.file('made.xml', `<users>${xml.out}</users>`));
  assert.ok(fromJson.ok && fromXml.ok);
  assert.equal(fromJson.users.get('anna')?.rights, 0xffffffff);
  assert.ok(fromXml.users.has('anna "A" <&>'));
  assert.deepEqual([fromJson.warnings, fromXml.warnings], [[], []]);
});

const UNUSABLE: [password: string, err: RegExp][] = [
  ['', /the password is empty/],
  ['abc ', /ends in white space, which a login cuts off/],
  ['abc\u00a0', /ends in white space/],
  ['a\u0001bc', /holds a control character/],
  ['x'.repeat(300), /longer than the 254 bytes that a login carries/],
];
for (const [password, reason] of UNUSABLE) {
  test(`mkpasswd refuses ${JSON.stringify(password.slice(0, 8))}, with which no login would work`, async () => {
    const { code, err, out } = await runCli(['mkpasswd', 'anna', '--stdin'], `${password}\n`);
    assert.deepEqual([code, out], [1, '']);
    assert.match(err, reason);
  });
}

test('mkpasswd takes the password from a file and from the environment, too, and warns of a weak one', async () => {
  const file = folder.file('password', 'correct horse\nnot this\n');
  const [fromFile, fromEnvironment, weak] = await Promise.all([
    runCli(['mkpasswd', 'anna', '--password-file', file]),
    runCli(['mkpasswd', 'anna'], '', { VSCP_PASSWORD: 'correct horse' }),
    runCli(['mkpasswd', 'anna', '--stdin'], 'secret\n'),
  ]);
  for (const { out, err } of [fromFile, fromEnvironment]) {
    const parsed = parsePasswordHash(out.trim());
    assert.ok(parsed.ok && (await verifyPassword(parsed.value, 'anna', 'correct horse')));
    assert.equal(err, '');
  }
  assert.match(weak.err, /warning: the password is "secret"/);
});

test('check warns of passwords that are plain to see, and fails where a stranger can reach the driver', async () => {
  const named = await runCli(['mkpasswd', 'anna', '--stdin', '--json'], 'anna\n');
  folder.file('weak.json', `{"users":[${named.out}]}`);
  const config = (name: string, address: string): string =>
    folder.file(
      `for-${name}-${address.length}.json`,
      JSON.stringify({ 'path-users': name, 'key-file': key, interface: address }),
    );
  const local = await runCli(['check', '--quiet', config('weak.json', 'ws://localhost')]);
  assert.match(local.err, /^warning: user "anna": the password is the user's name; set another one/m);
  assert.equal(local.code, 0);
  const open = await runCli(['check', '--quiet', config('weak.json', 'ws://0.0.0.0')]);
  assert.match(open.err, /^problem: user "anna": the password is the user's name/m);
  assert.equal(open.code, 1);
});

test('mkkey prints a new key each time, as long as asked for', async () => {
  const keys = await Promise.all([runCli(['mkkey']), runCli(['mkkey']), runCli(['mkkey', '--digits', '64'])]);
  assert.deepEqual(
    keys.map(({ out }) => /^[0-9A-F]+\n$/.test(out) && out.length - 1),
    [32, 32, 64],
  );
  assert.notEqual(keys[0]?.out, keys[1]?.out);
});

test('mkkey --force replaces a file whole, keeps the group that reads it, and follows no link that was planted', async () => {
  const victim = folder.file('victim.txt', 'untouched', 0o644);
  const openFolder = join(folder.path, 'open');
  mkdirSync(openFolder);
  chmodSync(openFolder, 0o777);
  symlinkSync(victim, join(openFolder, 'vscp.key'));
  const planted = await runCli(['mkkey', join(openFolder, 'vscp.key'), '--force']);
  assert.equal(planted.code, 1);
  assert.match(planted.err, /another user/);
  assert.equal(readFileSync(victim, 'utf8'), 'untouched');
  // The administrator's own link stays one.
  const key = folder.file('real.key', 'old', 0o640);
  const held = openSync(key, 'r');
  symlinkSync(key, join(folder.path, 'own.key'));
  assert.equal((await runCli(['mkkey', join(folder.path, 'own.key'), '--force'])).code, 0);
  assert.equal(readFileSync(held, 'utf8'), 'old', 'the old file was replaced, not written over');
  closeSync(held);
  assert.ok(lstatSync(join(folder.path, 'own.key')).isSymbolicLink());
  assert.match(readFileSync(key, 'utf8'), /^[0-9A-F]{32}\n$/);
  assert.equal(statSync(key).mode & 0o777, 0o640);
});

test('mkkey writes a file for its owner alone and replaces none unasked', async () => {
  const file = join(folder.path, 'new.key');
  assert.equal((await runCli(['mkkey', file])).code, 0);
  const first = readFileSync(file, 'utf8');
  assert.match(first, /^[0-9A-F]{32}\n$/);
  const again = await runCli(['mkkey', file]);
  assert.deepEqual([again.code, readFileSync(file, 'utf8')], [1, first]);
  assert.match(again.err, /already exists; --force replaces it/);
  const open = folder.file('open.key', 'x', 0o644);
  assert.equal((await runCli(['mkkey', open, '--force'])).code, 0);
  assert.equal(statSync(open).mode & 0o777, 0o600);
  assert.equal(
    (await runCli(['mkkey', '/no/such/folder/key'])).err,
    'vscpl2drv-websocksrv: /no/such/folder/key: no such file\n',
  );
});
