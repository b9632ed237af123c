import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  copyFileSync,
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
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { HostProgram } from '../../examples/house/host-program.ts';
import { ROOT } from './load-script.ts';

const NAME = 'vscpl2drv-websocksrv';
const LIBRARY = `usr/lib/${NAME}/libvscpl2drv-websocksrv.so`;
const LINKS: Record<string, string> = {
  'var/lib/vscp/drivers/level2/libvscpl2drv-websocksrv.so': `/${LIBRARY}`,
  [`usr/bin/${NAME}`]: `../lib/${NAME}/cli.mjs`,
};
const SAMPLES = `usr/share/${NAME}`;
const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));

let folder = '';
let deb = '';
let root = '';

function output(program: string, ...args: string[]): string {
  return execFileSync(program, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}

const field = (name: string) => output('dpkg-deb', '--field', deb, name).trim();

/** dpkg on the folder root; what the package depends on is the machine's business. */
function dpkg(...args: string[]): string {
  const forced = ['depends', 'not-root', 'bad-path', 'script-chrootless'].map((what) => `--force-${what}`);
  return output('dpkg', `--root=${root}`, ...forced, ...args);
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
  output(process.execPath, join(ROOT, 'scripts', 'package.mjs'), '--output', folder);
  const architecture = output('dpkg', '--print-architecture').trim();
  deb = join(folder, `${NAME}_${version}_${architecture}.deb`);
  dpkg('--install', deb);
});

after(() => rmSync(folder, { recursive: true, force: true }));

test('the package says what it is and needs, libnode of the ABI it was built against included', () => {
  assert.equal(field('Package'), NAME);
  assert.equal(field('Version'), version);
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
  const listed = readFileSync(join(root, 'var/lib/dpkg/info', `${NAME}.md5sums`), 'utf8')
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

test('the sample configuration names the web pages where the package puts them', () => {
  const config = JSON.parse(readFileSync(join(root, SAMPLES, 'websocksrv.json'), 'utf8'));
  assert.equal(config['web-root'], `/${SAMPLES}/web`);
  assert.ok(existsSync(join(root, SAMPLES, 'web', 'index.html')));
});

test('there is no configuration file of the administrator in the package', () => {
  assert.deepEqual(
    installedFiles().filter((path) => path.startsWith('etc/')),
    [],
  );
});

test('the manual page is read without complaint', () => {
  const page = join(root, 'usr/share/man/man8', `${NAME}.8.gz`);
  const source = execFileSync('gzip', ['--decompress', '--stdout', page], { encoding: 'utf8' });
  assert.match(source, /^\.TH VSCPL2DRV\\-WEBSOCKSRV 8 "\d{4}-\d\d-\d\d"/);
  assert.match(source, /\.SH NAME\nvscpl2drv\\-websocksrv \\- /);
  assert.doesNotMatch(source, /@[A-Z]+@/);
});

test('the command of the package answers', () => {
  const help = output(process.execPath, join(root, 'usr/bin', NAME), '--help');
  assert.match(help, /check[\s\S]*mkpasswd[\s\S]*mkkey/);
});

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address();
      const port = typeof address === 'object' && address !== null ? address.port : 0;
      server.close(() => resolve(port));
    });
  });
}

/** A folder as an administrator would make /etc/vscp, from the installed samples. */
function configure(port: number): string {
  const etc = mkdtempSync(join(folder, 'etc-'));
  for (const name of ['users.json', 'websocksrv.json']) {
    copyFileSync(join(root, SAMPLES, name), join(etc, name));
  }
  writeFileSync(join(etc, 'vscp.key'), '0123456789ABCDEF0123456789ABCDEF\n', { mode: 0o600 });
  const file = join(etc, 'websocksrv.json');
  const config = JSON.parse(readFileSync(file, 'utf8'));
  config.interface = `ws://127.0.0.1:${port}`;
  config['web-root'] = join(root, SAMPLES, 'web');
  writeFileSync(file, JSON.stringify(config));
  return file;
}

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
    const port = await freePort();
    const lines: string[] = [];
    const libraries = libnodePath();
    if (libraries !== undefined) process.env.LD_LIBRARY_PATH = libraries;
    const exited = new Promise<number | null>((resolve) => {
      const host = new HostProgram(join(ROOT, 'build/Release/vscp-l2-host'), folder, {
        event: () => {},
        text: (line) => lines.push(line),
        exit: resolve,
      });
      const session = async () => {
        const loaded = await host.load(library());
        assert.equal(loaded.error, undefined);
        const opened = await host.open('FF:FF:FF:FF:FF:FF:FF:FE:02:00:00:00:00:01:00:00', configure(port));
        assert.ok(Number(opened.handle) > 0, lines.join('\n'));
        const page = await fetch(`http://127.0.0.1:${port}/`);
        assert.equal(page.status, 200);
        assert.equal(await page.text(), readFileSync(join(root, SAMPLES, 'web/index.html'), 'utf8'));
      };
      session().then(
        () => host.quit(),
        (error) => {
          lines.push(String(error));
          host.kill();
        },
      );
    });
    assert.equal(await exited, 0, lines.join('\n'));
  });
}

test('removing the package leaves nothing behind', () => {
  dpkg('--remove', NAME);
  assert.deepEqual(installedFiles(), []);
});
