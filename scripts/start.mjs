import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { withBuildLock } from './build/lock.mjs';
import { build } from './build.mjs';
import { driverLibrary, hostProgram, root } from './project.mjs';
import { runScript, StepError } from './setup/progress.mjs';
import { setUp } from './setup/set-up.mjs';
import { isFree, portsToTry } from './start/ports.mjs';

const examples = join(root, 'examples');
/** What is kept between runs, in a folder for each port: users and devices that stay logged in. */
const kept = join(root, 'build', 'start');
const LOCAL = 'localhost';
const GUID = 'FF:FF:FF:FF:FF:FF:FF:FE:02:00:00:00:00:01:00:00';
/** After this time the host program is killed. */
const CLOSE_LIMIT_MS = 1800;

const usage = `usage: npm start [-- --host ADDRESS] [-- --port N] [-- --history-demo]
       a host with the driver and a simulated house; Ctrl-C ends it. It listens on localhost, or on ADDRESS
       (0.0.0.0 = all) with a password made up for this run. With --history-demo the driver keeps a history, which
       begins with a made-up year of a hundred values
`;

/**
 * Where the driver listens and how to log in there.
 * @typedef {object} Place
 * @property {string} host
 * @property {(port: number) => string} folder the folder with the user database and what the driver itself
 *   writes
 * @property {(users: string) => string} the password of the user admin, according to the user database
 */

/** The example configuration, for this place and this host. */
function configuration({ host, folder, withHistory }, port) {
  const config = JSON.parse(readFileSync(join(examples, 'websocksrv.json'), 'utf8'));
  config.interface = `ws://${inUrl(host)}:${port}`;
  config['path-users'] = join(folder(port), 'users.json');
  config['state-dir'] = join(folder(port), 'state');
  config['event-layout'] = '2026';
  if (withHistory) config['enable-history'] = true;
  return config;
}

const inUrl = (host) => (host.includes(':') ? `[${host}]` : host);

function invitation({ host, folder, password }, port) {
  const key = readFileSync(join(examples, 'vscp.key'), 'utf8').trim();
  const open =
    host === LOCAL
      ? ''
      : `
Everybody in that network can read along: nothing is encrypted here.
`;
  const named = inUrl(/^(0\.0\.0\.0|::)$/.test(host) ? hostname() : host);
  return `
The driver listens, and a simulated house sends its events. Open the page and log in:

    page      http://${named}:${port}/
    user      admin
    password  ${password(join(folder(port), 'users.json'))}

For other clients:

    ws1       ws://${named}:${port}/ws1
    ws2       ws://${named}:${port}/ws2
    key       ${key}
${open}
Ctrl-C ends it.
`;
}

const sampleUsers = join(examples, 'users.json');

/** A copy of the sample users, which the panel may edit: the files of the checkout stay as they are. */
function keptFolder(port) {
  const folder = join(kept, String(port));
  const users = join(folder, 'users.json');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  if (!existsSync(users)) copyFileSync(sampleUsers, users);
  chmodSync(users, 0o600);
  return folder;
}

/** The password of the samples, as long as its hash is in the file. */
function keptPassword(users) {
  const { password } = JSON.parse(readFileSync(sampleUsers, 'utf8')).users.find(
    ({ name }) => name === 'admin',
  );
  return readFileSync(users, 'utf8').includes(password) ? 'secret' : 'as you have set it';
}

/**
 * On localhost, the sample users; elsewhere one user whose password nobody can know, in a folder that is
 * removed at the end.
 */
async function choosePlace(args) {
  const at = args.indexOf('--host');
  const host = at < 0 ? LOCAL : args[at + 1];
  if (host === undefined || !/^[\w.:-]+$/.test(host))
    throw new StepError('--host takes an address or a name');
  if (host === LOCAL) return { host, folder: keptFolder, password: keptPassword, remove: () => {} };
  const { tsImport } = await import('tsx/esm/api');
  const { hashPassword } = await tsImport('../src/auth/password.ts', import.meta.url);
  const password = randomBytes(9).toString('base64url');
  const folder = mkdtempSync(join(tmpdir(), 'websocksrv-start-'));
  const admin = { name: 'admin', password: await hashPassword('admin', password), rights: 'admin' };
  writeFileSync(join(folder, 'users.json'), JSON.stringify({ users: [admin] }), { mode: 0o600 });
  const remove = () => rmSync(folder, { recursive: true, force: true });
  return { host, folder: () => folder, password: () => password, remove };
}

/** Resolves with the first signal that asks for the end, or when nobody reads the output any longer. */
function endAsked() {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => resolve(signal));
    process.stdout.on('error', () => resolve('EPIPE'));
  });
}

/** Makes up a past year, unless there is a history already. `isOver` says whether the end was asked for. */
async function makePastYear({ folder }, port, isOver) {
  const state = join(folder(port), 'state');
  const file = join(state, 'history.db');
  if (existsSync(file)) return;
  mkdirSync(state, { recursive: true, mode: 0o700 });
  const { tsImport } = await import('tsx/esm/api');
  const { writePastYear } = await tsImport('../examples/house/past-year.ts', import.meta.url);
  for (const ending of ['-wal', '']) rmSync(`${file}.new${ending}`, { force: true });
  await writePastYear(`${file}.new`, tell, isOver);
  if (isOver()) return;
  for (const ending of ['-wal', '']) {
    if (existsSync(`${file}.new${ending}`)) renameSync(`${file}.new${ending}`, `${file}${ending}`);
  }
}

/** Opens the driver on the first port that it gets; returns that port, or undefined when the end was asked for. */
async function openDriver(host, place, ports, isOver) {
  const loaded = await host.load(driverLibrary);
  if (loaded.error !== undefined) throw new StepError(`the driver could not be loaded: ${loaded.error}`);
  for await (const port of ports) {
    if (place.withHistory) await makePastYear(place, port, isOver);
    if (isOver()) return undefined;
    const opened = await host.open(GUID, JSON.stringify(configuration(place, port)));
    if (opened.error === undefined && opened.handle > 0) return port;
    // Somebody else may have taken the port since it was checked.
    if (opened.error === undefined && !(await isFree(port))) continue;
    throw new StepError('the driver refused to open; its log above says why', {
      remedy: 'look at the files in examples/, and at --host.',
    });
  }
}

const tell = (line) => process.stdout.write(`${line}\n`);

/**
 * Loads and opens the driver, runs the house until it is asked to end, then closes the driver in good order.
 */
async function run(place, ports) {
  const { tsImport } = await import('tsx/esm/api');
  const { HostProgram } = await tsImport('../examples/house/host-program.ts', import.meta.url);
  const { LiveHouse } = await tsImport('../examples/house/live.ts', import.meta.url);

  let house;
  let host;
  const exited = new Promise((resolve) => {
    host = new HostProgram(hostProgram, examples, {
      event: (event) => house?.receive(event),
      text: tell,
      exit: resolve,
    });
  });
  let isOver = false;
  const asked = endAsked().then(() => {
    isOver = true;
  });
  try {
    const port = await openDriver(host, place, ports, () => isOver);
    if (port === undefined) return;
    house = new LiveHouse(host, tell);
    house.start();
    process.stdout.write(invitation(place, port));
    const code = await Promise.race([asked.then(() => 'asked'), exited]);
    if (code !== 'asked') throw new StepError(`the host program ended by itself (code ${code})`);
    tell('\nClosing …');
  } finally {
    house?.stop();
    host.quit();
    const timer = setTimeout(() => host.kill(), CLOSE_LIMIT_MS);
    await exited;
    clearTimeout(timer);
  }
}

await runScript(async () => {
  const args = process.argv.slice(2);
  if (args.includes('--help')) {
    process.stdout.write(usage);
    return;
  }
  await withBuildLock(async () => build(await setUp()));
  // Only owner and group may read password hashes and the key; git does not keep such modes.
  for (const name of ['users.json', 'users.xml', 'vscp.key']) chmodSync(join(examples, name), 0o640);
  const place = { ...(await choosePlace(args)), withHistory: args.includes('--history-demo') };
  try {
    await run(place, portsToTry(args, tell));
  } finally {
    place.remove();
  }
});
