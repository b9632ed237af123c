import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { VscpClient } from '../../src/client/node.ts';
import { tempFolder } from '../config/temp-folder.ts';
import { waitFor } from '../support/live-driver.ts';
import { driverLibrary, NativeHost } from '../support/native-host.ts';
import { CLI, runCli } from './run-cli.ts';

const folder = tempFolder();
const hosts: NativeHost[] = [];
after(() => Promise.all(hosts.map((host) => host.end())));

const PASSWORD = 'correct horse';

/** Runs `init` for a folder of its own, on a port that is free. */
async function initialise(name: string, ...more: string[]) {
  const place = join(folder.path, name);
  const logFile = join(place, 'log', 'websocksrv.log');
  const args = ['init', place, '--yes', '--listen', '127.0.0.1:0', '--log-file', logFile];
  return { place, logFile, ...(await runCli([...args, ...more])) };
}

/** Opens the driver in the C host as the printed entry says, and tells the port. */
async function openWith(out: string, logFile: string): Promise<number> {
  const [, config] = /"path-config": "(.*)"/.exec(out) ?? [];
  const [, guid] = /"guid": "(.*)"/.exec(out) ?? [];
  assert.ok(config !== undefined && guid !== undefined, out);
  const host = await NativeHost.start(driverLibrary);
  hosts.push(host);
  const { handle } = await host.open(config, { guid: guid.replaceAll(':', '') });
  assert.ok(handle > 0, host.stderr);
  await waitFor(/listens on/, () => (existsSync(logFile) ? readFileSync(logFile, 'utf8') : ''));
  await waitFor(/listens on/, () => host.console);
  const [first] = readFileSync(logFile, 'utf8').split('\n');
  const [, port] = /\[info\] .*listens on wss?:\/\/127\.0\.0\.1:(\d+)$/.exec(first ?? '') ?? [];
  assert.ok(port !== undefined, `the first line says where the driver listens, not: ${first}`);
  return Number(port);
}

async function logIn(url: string, user: string, password: string, key: string): Promise<string | undefined> {
  const client = new VscpClient({ url, user, password, key, reconnect: false });
  try {
    await client.connect();
    return client.user?.name;
  } finally {
    client.disconnect();
  }
}

test('init makes an installation that a daemon opens and its administrator logs in to', async () => {
  const { code, out, err, place, logFile } = await initialise('simple');
  assert.equal(code, 0, err);
  const [, password = ''] = /^ {4}password {2}(\S{12})$/m.exec(out) ?? [];
  const [, keyFile = ''] = /key +the line in (\S+)/.exec(out) ?? [];
  assert.equal(keyFile, join(place, 'vscp.key'));
  const port = await openWith(out, logFile);
  for (const protocol of ['ws1', 'ws2']) {
    const url = `ws://127.0.0.1:${port}/${protocol}`;
    assert.equal(await logIn(url, 'admin', password, readFileSync(keyFile, 'utf8').trim()), 'admin');
  }
  const modes = Object.fromEntries(
    readdirSync(place).map((name) => [name, (statSync(join(place, name)).mode & 0o777).toString(8)]),
  );
  assert.deepEqual(modes, {
    log: '755',
    'vscp.key': '600',
    'websocksrv-state': '700',
    'websocksrv-users.json': '600',
    'websocksrv.json': '640',
  });
  assert.match(out, /<driver enable="true" name="websocksrv" path-driver=".*libvscpl2drv-websocksrv\.so"/);
  assert.match(out, /^ {4}page {6}http:\/\/localhost:0\/$/m);
});

test('init with a self-signed certificate: the names are in it, and a client that trusts it gets in', async () => {
  const secret = folder.file('password', `${PASSWORD}\n`);
  const more = ['--tls', 'self-signed', '--names', '127.0.0.1,panel.example', '--user', 'anna'];
  const { code, out, err, place, logFile } = await initialise('tls', ...more, '--password-file', secret);
  assert.equal(code, 0, err);
  assert.doesNotMatch(out + err, /correct horse/, 'a password that was given is not printed');
  const cert = join(place, 'websocksrv-cert.pem');
  assert.equal(statSync(join(place, 'websocksrv-key.pem')).mode & 0o777, 0o600);
  const text = execFileSync('openssl', ['x509', '-in', cert, '-noout', '-ext', 'subjectAltName'], {
    encoding: 'utf8',
  });
  assert.match(text, /IP Address:127\.0\.0\.1, DNS:panel\.example/);
  const port = await openWith(out, logFile);
  const args = [`wss://127.0.0.1:${port}`, '-u', 'anna', '--key-file', join(place, 'vscp.key'), '20:3'];
  const sent = await runCli(['send', ...args, '--ca', cert, '--password-file', secret]);
  assert.equal(sent.code, 0, sent.err);
  const untrusted = await runCli(['send', ...args, '--password-file', secret]);
  assert.equal(untrusted.code, 1, 'without --ca the certificate is not trusted');
});

test('init replaces nothing without --force, and no link is followed with it', async () => {
  const first = await initialise('twice');
  assert.equal(first.code, 0, first.err);
  const key = readFileSync(join(first.place, 'vscp.key'), 'utf8');
  const second = await initialise('twice');
  assert.equal(second.code, 1);
  assert.match(second.err, /vscp\.key, .*already there, nothing was written; --force replaces them/);
  assert.equal(readFileSync(join(first.place, 'vscp.key'), 'utf8'), key);
  const planted = join(folder.path, 'planted');
  mkdirSync(planted);
  const victim = folder.file('victim', 'untouched');
  symlinkSync(victim, join(planted, 'vscp.key'));
  const forced = await initialise('planted', '--force');
  assert.equal(forced.code, 0, forced.err);
  assert.equal(readFileSync(victim, 'utf8'), 'untouched');
  assert.match(readFileSync(join(planted, 'vscp.key'), 'utf8'), /^[0-9A-F]{32}\n$/);
  assert.deepEqual(
    readdirSync(planted).filter((name) => name.startsWith('.')),
    [],
    'nothing temporary is left',
  );
});

const REFUSED: [name: string, args: string[], code: number, err: RegExp][] = [
  ['a password below eight characters', ['--password-file', folder.file('p1', 'short\n')], 1, /fewer than 8/],
  [
    "the user's name as password",
    ['--user', 'administrator', '--password-file', folder.file('p2', 'administrator')],
    1,
    /is the user's name/,
  ],
  [
    'a password that a login would trim',
    ['--password-file', folder.file('p3', 'correct horse \n')],
    1,
    /ends in white space/,
  ],
  ['a name that no database holds', ['--user', 'a:b'], 2, /has a name with ":"/],
  ['an address that is none', ['--listen', 'wss://[nonsense'], 2, /--listen "wss:\/\/\[nonsense"/],
  ['unknown kinds of TLS', ['--tls', 'maybe'], 2, /--tls takes none, self-signed or files, not "maybe"/],
  [
    'TLS files that are not named',
    ['--tls', 'files', '--tls-cert', '/x'],
    2,
    /needs --tls-cert and --tls-key/,
  ],
  ['an owner that is not there', ['--owner', 'no-such-user'], 1, /there is no user "no-such-user"/],
  ['pages that are not there', ['--web-root', '/no/such'], 1, /--web-root \/no\/such: no such folder/],
  [
    'a certificate file that is not there',
    ['--tls', 'files', '--tls-cert', '/no/c', '--tls-key', '/no/k'],
    1,
    /tls\.cert: found "\/no\/c"/,
  ],
];
for (const [what, args, code, err] of REFUSED) {
  test(`init refuses ${what}, and says so`, async () => {
    const result = await initialise('refused', ...args, '--force');
    assert.match(result.err, err);
    assert.equal(result.code, code);
  });
}

test('init without a terminal asks for the options it needs', async () => {
  const { code, err } = await runCli(['init', join(folder.path, 'asked')]);
  assert.equal(code, 2);
  assert.match(err, /there is no terminal to ask; use --listen, or --yes/);
  assert.equal(existsSync(join(folder.path, 'asked')), false);
});

/** Types answers at a terminal of its own, each once its question is there. */
const AT_TERMINAL = `
import json, os, pty, select, signal, sys, time
dialogue = json.loads(sys.argv[1]); command = sys.argv[2:]
pid, fd = pty.fork()
if pid == 0: os.execvp(command[0], command)
seen = b''; done = 0; ends = time.time() + 60
while time.time() < ends:
    if dialogue:
        found = seen.find(dialogue[0][0].encode(), done)
        if found >= 0:
            done = found + len(dialogue[0][0]); time.sleep(0.2); os.write(fd, dialogue.pop(0)[1].encode())
    if fd in select.select([fd], [], [], 0.1)[0]:
        try: data = os.read(fd, 65536)
        except OSError: break
        if not data: break
        seen += data; sys.stdout.buffer.write(data)
else: os.kill(pid, signal.SIGKILL)
sys.stdout.flush(); sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
`;

test('init asks a person what options leave open, and shows no password', () => {
  const place = join(folder.path, 'asked-for');
  const dialogue = [
    ['Who may connect?', 'network\n'],
    ['Encrypt with TLS?', '\n'],
    ['Password for admin', 'secret\r'],
    ['another one', ''],
    ['Password for admin', `${PASSWORD}\r`],
    ['Once more', 'something else\r'],
    ['do not match', ''],
    ['Password for admin', `${PASSWORD}\r`],
    ['Once more', `${PASSWORD}\r`],
  ];
  const command = [process.execPath, CLI, 'init', place, '--log-file', join(place, 'log', 'x.log')];
  const terminal = join(folder.path, 'terminal.py');
  writeFileSync(terminal, AT_TERMINAL);
  const env = { PATH: process.env.PATH ?? '' };
  const ran = spawnSync('python3', [terminal, JSON.stringify(dialogue), ...command], {
    encoding: 'utf8',
    env,
  });
  assert.equal(ran.status, 0, ran.stdout + ran.stderr);
  assert.doesNotMatch(ran.stdout, /correct horse/);
  const config = JSON.parse(readFileSync(join(place, 'websocksrv.json'), 'utf8'));
  assert.equal(config.interface, 'wss://0.0.0.0:8884', 'the network is offered with TLS');
  assert.match(ran.stdout, /page {6}https:\/\//);
});
