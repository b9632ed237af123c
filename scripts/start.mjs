import { chmodSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { withBuildLock } from './build/lock.mjs';
import { build } from './build.mjs';
import { driverLibrary, hostProgram, root } from './project.mjs';
import { runScript, StepError } from './setup/progress.mjs';
import { setUp } from './setup/set-up.mjs';
import { isFree, portsToTry } from './start/ports.mjs';

const examples = join(root, 'examples');
const GUID = 'FF:FF:FF:FF:FF:FF:FF:FE:02:00:00:00:00:01:00:00';
/** After this, the host program is ended the hard way. */
const CLOSE_LIMIT_MS = 1800;

const usage = `usage: npm start [-- --port N]   a host with the driver and a simulated house; Ctrl-C ends it
`;

/** The example configuration, for this port and this host. */
function configuration(port) {
  const config = JSON.parse(readFileSync(join(examples, 'websocksrv.json'), 'utf8'));
  config.interface = `ws://localhost:${port}`;
  config['event-layout'] = '2026';
  return config;
}

function invitation(port) {
  const key = readFileSync(join(examples, 'vscp.key'), 'utf8').trim();
  return `
The driver listens, and a simulated house sends its events. Open the page and log in:

    page      http://localhost:${port}/
    user      admin
    password  secret

For other clients:

    ws1       ws://localhost:${port}/ws1
    ws2       ws://localhost:${port}/ws2
    key       ${key}

Ctrl-C ends it.
`;
}

/** Resolves with the first signal that asks for the end, or when nobody reads the output any more. */
function endAsked() {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => resolve(signal));
    process.stdout.on('error', () => resolve('EPIPE'));
  });
}

/** Opens the driver on the first port that it gets; returns that. */
async function openDriver(host, ports) {
  const loaded = await host.load(driverLibrary);
  if (loaded.error !== undefined) throw new StepError(`the driver could not be loaded: ${loaded.error}`);
  for await (const port of ports) {
    const opened = await host.open(GUID, JSON.stringify(configuration(port)));
    if (opened.error === undefined && opened.handle > 0) return port;
    // Somebody else may have taken the port since it was looked at.
    if (opened.error === undefined && !(await isFree(port))) continue;
    throw new StepError('the driver refused to open; its log above says why', {
      remedy: 'look at the files in examples/.',
    });
  }
}

const tell = (line) => process.stdout.write(`${line}\n`);

/** Loads and opens the driver, runs the house until the end is asked for, closes in good order. */
async function run(ports) {
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
  const asked = endAsked();
  try {
    const port = await openDriver(host, ports);
    house = new LiveHouse(host, tell);
    house.start();
    process.stdout.write(invitation(port));
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
  // Password hashes and the key are for their owner and group; git does not keep such modes.
  for (const name of ['users.json', 'users.xml', 'vscp.key']) chmodSync(join(examples, name), 0o640);
  await run(portsToTry(args, tell));
});
