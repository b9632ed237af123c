/** Every line of a shell that README and documentation print is run by a test, or stands here with the reason why not. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { runCli } from '../cli/run-cli.ts';
import { tempFolder } from '../config/temp-folder.ts';
import { documentation, ROOT } from './markdown.ts';

const PASSWORD = 'correct horse 9';
/** Made from the help texts, whose own examples are in their tests. */
const GENERATED = 'docs/commands.md';
const COMMAND = /^(?:sudo )?vscpl2drv-websocksrv (?!init$)/;

/** Lines that run elsewhere: a part of the line, and the file that runs it. */
const ELSEWHERE: readonly [RegExp, string][] = [
  [/^npm (start|test)\b/, 'scripts/machines/fresh-clone.mjs'],
  [/^npm run setup\b/, 'scripts/machines/trial.mjs'],
  [/^npm run package\b/, 'test/scripts/package.test.ts'],
  [/^sudo apt-get (install|remove) \S*vscpl2drv-websocksrv-node/, 'scripts/machines/trial.mjs'],
  [/^sudo vscpl2drv-websocksrv init$/, 'test/cli/init.test.ts'],
  [/^npm run lint && npm run typecheck$/, 'scripts/test/checks.mjs'],
  [/curl |vscpevent|^import csv|^rows = |^for m in |rows\.writerow/, 'test/docs/http-examples.test.ts'],
  [
    /^(vscpl2drv-websocksrv )?init \/etc\/vscp\/node1 |^--broker |\/node2\b|^sed .*\\$|^sed -i 's.\^\{|^podman run |^mkdir config$/,
    'test/docs/scaling.test.ts',
  ],
  [/^node examples\/home-assistant\/bridge\.mjs /, 'test/neighbours/home-assistant.test.ts'],
  [/^node scripts\/build-client-package\.mjs$/, 'test/neighbours/node-red.test.ts'],
  [/\/tmp\/component|^build\/Release\/libvscpl2drv-websocksrv\.so '/, 'test/driver/component.test.ts'],
];

/** Lines that no test runs. */
const NOT_RUN: readonly [RegExp, string][] = [
  [/^bash \.ci\/run$/, 'runs all tests, this one among them'],
  [/^npm run bench\b/, 'takes minutes, and says nothing true beside other work; test/bench has a short run'],
  [/^sudo cp .*\/etc\/fail2ban\//, 'writes into the /etc of the machine; the filter itself has its test'],
  [/^apt-get install mosquitto haproxy$|^adduser --system|^systemctl /, 'changes the machine'],
  [
    /^podman (build|network) |^podman-compose |^cp build\/.* examples\/cluster\/|^cd examples\/cluster$/,
    'needs Podman and images of a registry',
  ],
  [
    /^cp .* \/etc\/haproxy\//,
    'writes into the /etc of the machine; test/docs/scaling.test.ts runs that file',
  ],
  [
    /^gh attestation verify |^sha256sum --check --ignore-missing SHA256SUMS$/,
    'asks for a published release and for the address of the repository',
  ],
  [
    /^promtool check config \/etc\/prometheus\//,
    'reads the /etc of the machine; test/neighbours/monitoring.test.ts checks that file',
  ],
  [
    /^cd ~\/\.node-red$|^npm install --install-links /,
    'writes into the home of the user; test/client/npm-package.test.ts installs the library like this',
  ],
  [/^telegraf /, 'is no package of Debian; test/cli/influx.test.ts runs the command in that file'],
  [/^sudo cat \/etc\/vscp\/vscp\.key$/, 'shows a file of an installation'],
];

/** The lines of all blocks of a shell, without comments. */
function commandLines(): { page: string; line: string }[] {
  return documentation()
    .filter(({ path }) => path !== GENERATED)
    .flatMap(({ path, code }) =>
      code
        .filter(({ language }) => language === 'sh')
        .flatMap(({ text }) => text.split('\n'))
        .map((line) => ({ page: path, line: line.replace(/\s+#.*$|^\s*#.*$/, '').trim() })),
    )
    .filter(({ line }) => line !== '');
}

test('every command line in the documentation is run by a test, or has a reason why not', () => {
  const lines = commandLines();
  assert.ok(lines.length > 30, `${lines.length} lines`);
  const known = [...ELSEWHERE, ...NOT_RUN, [COMMAND, 'below'] as const];
  const unknown = lines.filter(({ line }) => !known.some(([pattern]) => pattern.test(line)));
  assert.deepEqual(unknown, []);
  for (const [pattern] of [...ELSEWHERE, ...NOT_RUN]) {
    assert.ok(
      lines.some(({ line }) => pattern.test(line)),
      `${pattern} is in no page any more`,
    );
  }
  for (const [, file] of ELSEWHERE) assert.ok(readFileSync(join(ROOT, file), 'utf8') !== '', file);
});

test('the lines of the command-line helper work as printed, in an installation that init made', async () => {
  const folder = tempFolder();
  const etc = join(folder.path, 'vscp');
  const environment = { VSCP_PASSWORD: PASSWORD };
  const log = join(folder.path, 'log', 'websocksrv.log');
  const made = await runCli(['init', etc, '--yes', '--log-file', log], '', environment);
  assert.equal(made.code, 0, made.err);
  const config = ['--config', join(etc, 'websocksrv.json')];
  const added = await runCli(['user', 'add', 'anna', ...config], '', environment);
  assert.equal(added.code, 0, added.err);
  const lines = [...new Set(commandLines().map(({ line }) => line))].filter(
    (line) => COMMAND.test(line) && !ELSEWHERE.some(([pattern]) => pattern.test(line)),
  );
  assert.ok(lines.length >= 4, lines.join('\n'));
  for (const line of lines) {
    const args = line.replace(COMMAND, '').replaceAll('/etc/vscp', etc).split(/\s+/);
    // What the installation of a machine names by itself.
    const place = ['user', 'token'].includes(args[0] ?? '') ? config : [];
    const { code, out, err } = await runCli([...args, ...place], '', environment);
    assert.equal(code, 0, `${line}\n${out}${err}`);
    assert.notEqual(out, '', line);
  }
});
