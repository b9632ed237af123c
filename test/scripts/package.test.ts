import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { isUnmatchable, verifyPassword } from '../../src/auth/password.ts';
import { readUsers } from '../../src/auth/user-database.ts';
import { COMMANDS } from '../../src/cli/commands.ts';
import { tryDriver } from './installed-driver.ts';
import { ROOT } from './load-script.ts';

const NAME = 'vscpl2drv-websocksrv';
const PACKAGE = `${NAME}-node`;
const LIBRARY = `usr/lib/${NAME}/libvscpl2drv-websocksrv.so`;
const LINKS: Record<string, string> = {
  'var/lib/vscp/drivers/level2/libvscpl2drv-websocksrv.so': `/${LIBRARY}`,
  [`usr/bin/${NAME}`]: `../lib/${NAME}/cli.mjs`,
};
const SAMPLES = `usr/share/${NAME}`;
const PACKAGE_SCRIPT = join(ROOT, 'scripts', 'package.mjs');
/** 2026-01-02 03:08:05 UTC. */
const EPOCH = '1767323285';
const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));

interface Component {
  name: string;
  version: string;
}

interface NpmTree {
  version?: string;
  dependencies?: Record<string, NpmTree>;
}

let folder = '';
let deb = '';
let root = '';

function output(program: string, ...args: string[]): string {
  return execFileSync(program, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}

/** Makes the package as a user with that file mode mask and time zone would; returns its file. */
function makePackage(to: string, umask: string, zone: string): string {
  const script = `umask ${umask}; exec "$0" "$1" --flavour system --output "$2"`;
  const env = { ...process.env, SOURCE_DATE_EPOCH: EPOCH, TZ: zone };
  execFileSync('sh', ['-c', script, process.execPath, PACKAGE_SCRIPT, to], { env, stdio: 'pipe' });
  return join(to, readdirSync(to).find((name) => name.endsWith('.deb')) ?? 'no package');
}

const field = (name: string) => output('dpkg-deb', '--field', deb, name).trim();

/** dpkg on the folder root; what the package depends on is the machine's business. */
function dpkg(...args: string[]): string {
  const forced = ['depends', 'not-root', 'bad-path', 'script-chrootless'].map((what) => `--force-${what}`);
  return output('dpkg', `--root=${root}`, ...forced, ...args);
}

/** `name@version` of everything in what `npm ls` says; entries without version are of other platforms. */
function collect(dependencies: Record<string, NpmTree> = {}, into: Set<string>): void {
  for (const [name, entry] of Object.entries(dependencies)) {
    if (entry.version !== undefined) into.add(`${name}@${entry.version}`);
    collect(entry.dependencies, into);
  }
}

function filesBelow(path: string): string[] {
  return readdirSync(path, { withFileTypes: true }).flatMap((entry) =>
    entry.isDirectory() ? filesBelow(join(path, entry.name)) : [join(path, entry.name)],
  );
}

/** What lies in the folder root beside dpkg's own records. */
const installedFiles = () =>
  filesBelow(root)
    .map((path) => path.slice(root.length + 1))
    .filter((path) => !path.startsWith('var/lib/dpkg/') && !path.startsWith('var/log/'));

/** The files among them, without the links. */
const ownFiles = () => installedFiles().filter((path) => LINKS[path] === undefined);

before(() => {
  folder = mkdtempSync(join(tmpdir(), 'package-test-'));
  root = join(folder, 'root');
  const records = join(root, 'var', 'lib', 'dpkg');
  for (const name of ['info', 'updates', 'triggers']) mkdirSync(join(records, name), { recursive: true });
  for (const name of ['status', 'available']) writeFileSync(join(records, name), '');
  deb = makePackage(folder, '022', 'UTC');
  dpkg('--install', deb);
});

after(() => rmSync(folder, { recursive: true, force: true }));

test('the package says what it is and needs, libnode of the ABI it was built against included', () => {
  assert.equal(field('Package'), PACKAGE);
  assert.match(field('Version'), new RegExp(`^${version.replace('-', '~')}\\+\\w+$`));
  assert.match(field('Homepage'), /^https:/);
  for (const name of ['Provides', 'Conflicts', 'Replaces']) assert.equal(field(name), NAME);
  assert.match(field('Maintainer'), /^.+ <.+@.+>$/);
  const needed = output('objdump', '-p', join(root, LIBRARY));
  const abi = /NEEDED\s+libnode\.so\.(\d+)/.exec(needed)?.[1];
  const depends = field('Depends').split(', ');
  assert.ok(depends.includes(`libnode${abi}`), depends.join());
  assert.ok(
    depends.some((entry) => /^libc6 \(>= 2\.\d+\)$/.test(entry)),
    depends.join(),
  );
  assert.ok(
    depends.some((entry) => entry.startsWith('libuv1')),
    depends.join(),
  );
});

test('made again under other circumstances it is the same to the byte, dated as SOURCE_DATE_EPOCH says', () => {
  const again = makePackage(mkdtempSync(join(folder, 'again-')), '077', 'Asia/Kathmandu');
  assert.equal(readFileSync(again).equals(readFileSync(deb)), true);
  assert.equal(statSync(join(root, LIBRARY)).mtimeMs, Number(EPOCH) * 1000);
});

test('links lead to the library from where hosts look, and to a command with a name that Node 18 runs', () => {
  assert.ok(lstatSync(join(root, LIBRARY)).isFile());
  for (const [path, target] of Object.entries(LINKS)) assert.equal(readlinkSync(join(root, path)), target);
});

test('files are readable for everybody, writable for nobody but root, and only the command is executable', () => {
  for (const path of ownFiles()) {
    const expected = path.endsWith('/cli.mjs') ? 0o755 : 0o644;
    assert.equal((statSync(join(root, path)).mode & 0o777).toString(8), expected.toString(8), path);
  }
});

test('md5sums has every file with its sum', () => {
  const listed = readFileSync(join(root, 'var/lib/dpkg/info', `${PACKAGE}.md5sums`), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => line.split('  '));
  assert.deepEqual(listed.map(([, path]) => path).sort(), ownFiles().sort());
  for (const [sum, path = ''] of listed) {
    assert.equal(
      createHash('md5')
        .update(readFileSync(join(root, path)))
        .digest('hex'),
      sum,
      path,
    );
  }
});

test('nothing in the package names the place it was built in', () => {
  for (const path of ownFiles()) {
    assert.equal(readFileSync(join(root, path)).includes(ROOT.slice(0, -1)), false, path);
  }
});

test('the sample configuration has a folder for what the driver writes', () => {
  const config = JSON.parse(readFileSync(join(root, SAMPLES, 'websocksrv.json'), 'utf8'));
  assert.equal(config['state-dir'], '/var/lib/vscp/websocksrv');
  const xml = readFileSync(join(root, SAMPLES, 'websocksrv.xml'), 'utf8');
  assert.match(xml, /<config [^>]*state-dir="\/var\/lib\/vscp\/websocksrv"/);
});

test('the sample configuration names the web pages where the package puts them', () => {
  const config = JSON.parse(readFileSync(join(root, SAMPLES, 'websocksrv.json'), 'utf8'));
  assert.equal(config['web-root'], `/${SAMPLES}/web`);
  assert.ok(existsSync(join(root, SAMPLES, 'web', 'index.html')));
});

test('the sample users are those of the examples without a password that works, and check names them', async () => {
  for (const name of ['users.json', 'users.xml']) {
    const text = readFileSync(join(root, SAMPLES, name), 'utf8');
    assert.doesNotMatch(text, /secret/);
    const [installed, original] = await Promise.all([
      readUsers(join(root, SAMPLES, name)),
      readUsers(join(ROOT, 'examples', name)),
    ]);
    assert.ok(installed.ok && original.ok, JSON.stringify(installed));
    assert.deepEqual([...installed.users.keys()], [...original.users.keys()]);
    for (const user of installed.users.values()) {
      assert.ok(isUnmatchable(user.password), user.name);
      assert.equal(await verifyPassword(user.password, user.name, 'secret'), false);
      assert.ok(
        installed.warnings.some((warning) => warning.includes(`user "${user.name}": has no password yet`)),
        user.name,
      );
    }
  }
});

test('there is no configuration file of the administrator in the package', () => {
  assert.deepEqual(
    installedFiles().filter((path) => path.startsWith('etc/')),
    [],
  );
});

test('the manual page names every command with every option', () => {
  const page = gunzipSync(readFileSync(join(root, 'usr/share/man/man8', `${NAME}.8.gz`))).toString();
  const text = page.replaceAll('\\-', '-');
  for (const { name, options } of COMMANDS) {
    const [, chapter = ''] = new RegExp(`^\\.SS ${name}\n([\\s\\S]*?)(?=^\\.S[SH])`, 'm').exec(text) ?? [];
    for (const option of Object.keys(options)) assert.match(chapter, new RegExp(`--${option}\\b`), name);
  }
});

test('the manual page is read without complaint', () => {
  const page = join(root, 'usr/share/man/man8', `${NAME}.8.gz`);
  const source = execFileSync('gzip', ['--decompress', '--stdout', page], { encoding: 'utf8' });
  assert.match(source, /^\.TH VSCPL2DRV\\-WEBSOCKSRV 8 "\d{4}-\d\d-\d\d"/);
  assert.match(source, /\.SH NAME\nvscpl2drv\\-websocksrv \\- /);
  assert.doesNotMatch(source, /@[A-Z]+@/);
});

test('its list of components has each npm package that travels with the driver, and no other', () => {
  const bill = JSON.parse(readFileSync(join(root, 'usr/share/doc', PACKAGE, 'sbom.cdx.json'), 'utf8'));
  assert.equal(bill.bomFormat, 'CycloneDX');
  const listed = bill.components.map(({ name, version }: Component) => `${name}@${version}`);
  const tree = JSON.parse(output('npm', '--prefix', ROOT, 'ls', '--all', '--omit=dev', '--json'));
  const names = new Set<string>();
  collect(tree.dependencies, names);
  // Parts of the panel and of the server for a broker, bundled from packages for development.
  for (const name of ['uplot', 'mqtt', 'mqtt-packet', 'bl', 'lru-cache', 'process-nextick-args', 'rfdc']) {
    const { version } = JSON.parse(readFileSync(join(ROOT, 'node_modules', name, 'package.json'), 'utf8'));
    names.add(`${name}@${version}`);
  }
  assert.deepEqual(listed.sort(), [...names].sort());
  for (const { purl, hashes } of bill.components) {
    assert.match(purl, /^pkg:npm\/[%\w./-]+@\d/);
    assert.match(hashes[0].content, /^[0-9a-f]{128}$/, purl);
  }
});

test('completion in bash knows the commands and their options', () => {
  const file = join(root, 'usr/share/bash-completion/completions', NAME);
  const complete = (...words: string[]) =>
    output(
      'bash',
      '-c',
      `. "$0"; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _${NAME.replaceAll('-', '_')}; echo "\${COMPREPLY[*]}"`,
      file,
      NAME,
      ...words,
    ).trim();
  assert.equal(complete('mkp'), 'mkpasswd');
  assert.equal(complete('mon'), 'monitor');
  assert.match(complete('monitor', '--'), /--help.*--user/);
  assert.equal(complete('check', '/etc/'), '');
});

test('the command of the package answers', () => {
  const help = output(process.execPath, join(root, 'usr/bin', NAME), '--help');
  assert.match(help, /check[\s\S]*mkpasswd[\s\S]*mkkey/);
});

/** Where libnode is when this machine does not have it installed. */
function libnodePath(): string | undefined {
  const unpacked = join(ROOT, 'build', 'Release');
  return readdirSync(unpacked).some((name) => name.startsWith('libnode.so')) ? unpacked : undefined;
}

const WAYS: [name: string, path: () => string][] = [
  ['from its own place', () => join(root, LIBRARY)],
  [
    'through a link in another folder',
    () => {
      const link = join(folder, 'linked.so');
      symlinkSync(join(root, LIBRARY), link);
      return link;
    },
  ],
  [
    'from a copy of its folder',
    () => {
      const copy = join(folder, 'copy');
      cpSync(join(root, 'usr/lib', NAME), copy, { recursive: true });
      return join(copy, 'libvscpl2drv-websocksrv.so');
    },
  ],
];

for (const [way, library] of WAYS) {
  test(`the installed library, loaded ${way}, opens in the host and serves the installed page`, async () => {
    const libraries = libnodePath();
    if (libraries !== undefined) process.env.LD_LIBRARY_PATH = libraries;
    const { code, served, log } = await tryDriver(library(), folder, join(root, SAMPLES));
    assert.equal(code, 0, log);
    assert.equal(served, true, log);
  });
}

test('removing and purging the package leave nothing behind, and /etc as it was', () => {
  mkdirSync(join(root, 'etc/vscp'), { recursive: true });
  writeFileSync(join(root, 'etc/vscp/websocksrv.json'), '{}');
  dpkg('--remove', PACKAGE);
  assert.deepEqual(installedFiles(), ['etc/vscp/websocksrv.json']);
  dpkg('--purge', PACKAGE);
  assert.deepEqual(installedFiles(), ['etc/vscp/websocksrv.json']);
});
