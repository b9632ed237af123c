import { randomBytes } from 'node:crypto';
import { constants, promises as fs } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { hashPassword } from '../auth/password.ts';
import { MIN_PASSWORD_LENGTH } from '../auth/password-rules.ts';
import type { ListenAddress } from '../config/listen-address.ts';
import { formatListenAddress } from '../config/listen-address.ts';
import { fileErrorReason } from '../config/text-file.ts';
import { selfSignedCertificate } from './certificate.ts';
import { checkConfiguration } from './check.ts';
import {
  type CliCommand,
  CommandError,
  EXIT,
  type GivenArguments,
  textOption,
  usageError,
} from './command.ts';
import {
  type Broker,
  chooseAddress,
  choosePassword,
  chooseTls,
  findOwner,
  findWebRoot,
  INIT,
  type Owner,
  readBroker,
  readNames,
  type Tls,
} from './init-choices.ts';
import { nextSteps } from './init-report.ts';
import { type NewFile, writeNewFile } from './new-files.ts';
import { checkUserName, PASSWORD_HELP, PASSWORD_OPTIONS } from './new-password.ts';
import { printLine, printNote } from './terminal.ts';

const help = `Usage: vscpl2drv-websocksrv init [FOLDER] [options]

Makes a working installation in FOLDER (default: /etc/vscp): configuration, user database, vscp key and, if
you ask for one, a certificate. Only the daemon's user can read the secret files. The command prints the
entry for the daemon's own configuration, the address of the panel, and what to do next. It asks for what
the options do not say.

Options:
  --listen WHERE         loopback (this machine only), network (all addresses), or an address such as
                         192.168.1.5:8884
  --tls HOW              none, self-signed (makes a certificate), or files
  --tls-cert FILE        with --tls files: certificate chain, PEM
  --tls-key FILE         with --tls files: private key, PEM
  --names NAMES          names and addresses that clients use, separated by commas, for the certificate
                         (default: those of this machine)
  --user NAME            name of the administrator (default: admin)
${PASSWORD_HELP}
  --owner USER           user that the daemon runs as (default: vscp, if there is one)
  --log-file FILE        log file of the driver (default: /var/log/vscp/websocksrv.log)
  --state-dir FOLDER     for what the driver itself writes, such as devices that stay logged in
                         (default: /var/lib/vscp/websocksrv; with another FOLDER: websocksrv-state in it)
  --broker URL           make it for the command serve instead of a daemon, with the events of this MQTT broker
  --node-number N        with --broker: number of this server among those of the broker (default: 0)
  --web-root FOLDER      pages to serve (default: the control panel that came with this command)
  --force                replace existing files
  --yes                  ask nothing: use loopback, no TLS, and a made-up password that is printed, unless
                         options say otherwise
  -h, --help             this text

Without --password-file and --stdin, the command takes the password from the environment variable
VSCP_PASSWORD, or asks for it. The password needs at least ${MIN_PASSWORD_LENGTH} characters.

Exit code: 0 = done, 1 = failed, nothing was replaced, 2 = wrong use of this command.

Examples:
  vscpl2drv-websocksrv init
  vscpl2drv-websocksrv init --yes --listen network --tls self-signed --password-file /root/panel-password`;

const DEFAULT_FOLDER = '/etc/vscp';
const DEFAULT_STATE_FOLDER = '/var/lib/vscp/websocksrv';
const DEFAULT_LOG_FILE = '/var/log/vscp/websocksrv.log';
const OWNER_ONLY = 0o600;
const OWNER_AND_GROUP = 0o640;
const FOR_ALL_TO_SEE = 0o755;
const OWN_FOLDER = 0o700;

async function run(given: GivenArguments): Promise<number> {
  const [folderGiven, ...rest] = given.positionals;
  if (rest.length > 0) throw usageError(INIT, 'at most one FOLDER is expected');
  const folder = resolve(folderGiven ?? DEFAULT_FOLDER);
  const address = await chooseAddress(given);
  const tls = await chooseTls(given, address);
  const listen = { ...address, secure: tls.kind !== 'none' };
  const user = textOption(given, 'user') ?? 'admin';
  checkUserName(INIT, user);
  const { password, invented } = await choosePassword(given, user);
  const owner = await findOwner(given);
  const names = readNames(given, listen);
  const logFile = resolve(textOption(given, 'log-file') ?? DEFAULT_LOG_FILE);
  const stateDir = resolve(textOption(given, 'state-dir') ?? usualStateFolder(folder));
  const webRoot = await findWebRoot(given);
  const broker = readBroker(given);

  const files = await filesOf({
    folder,
    listen,
    tls,
    user,
    password,
    owner,
    names,
    logFile,
    stateDir,
    webRoot,
    broker,
  });
  await makeFolder(folder, FOR_ALL_TO_SEE);
  await makeFolder(dirname(logFile), FOR_ALL_TO_SEE, owner);
  await makeFolder(stateDir, OWN_FOLDER, owner);
  if (given.values.force !== true) await refuseExisting(files);
  for (const file of files) await writeNewFile(file, given.values.force === true);
  for (const file of files) printNote(`written: ${file.path}`);

  const config = join(folder, 'websocksrv.json');
  const checked = await checkConfiguration(config);
  for (const warning of checked.warnings) printNote(`warning: ${warning}`);
  if (checked.problems.length > 0) throw new CommandError(checked.problems.join('\n'));
  printLine(
    nextSteps({
      config,
      listen,
      names,
      selfSigned: tls.kind === 'self-signed',
      user,
      ...(invented ? { password } : {}),
      keyFile: join(folder, 'vscp.key'),
      logFile,
      isServed: broker !== undefined,
      ownFolder: dirname(fileURLToPath(import.meta.url)),
    }),
  );
  return EXIT.ok;
}

async function filesOf(plan: {
  folder: string;
  listen: ListenAddress;
  tls: Tls;
  user: string;
  password: string;
  owner: Owner | undefined;
  names: readonly string[];
  logFile: string;
  stateDir: string;
  webRoot: string | undefined;
  broker: Broker | undefined;
}): Promise<NewFile[]> {
  const { folder, listen, tls, user, owner } = plan;
  const own = owner === undefined ? {} : { owner };
  const in_ = (name: string): string => join(folder, name);
  const config: Record<string, unknown> = {
    interface: formatListenAddress(listen),
    'path-users': in_('websocksrv-users.json'),
    'key-file': in_('vscp.key'),
    'state-dir': plan.stateDir,
    ...(plan.webRoot === undefined ? {} : { 'enable-static': true, 'web-root': plan.webRoot }),
    logging: {
      'log-level': 'info',
      'console-enable-log': true,
      'file-enable-log': true,
      'file-path': plan.logFile,
    },
  };
  if (plan.broker !== undefined) config.mqtt = { url: plan.broker.url, 'node-number': plan.broker.node };
  const files: NewFile[] = [];
  if (tls.kind === 'files') config.tls = { cert: tls.cert, key: tls.key };
  if (tls.kind === 'self-signed') {
    config.tls = { cert: in_('websocksrv-cert.pem'), key: in_('websocksrv-key.pem') };
    const { cert, key } = await selfSignedCertificate(plan.names);
    files.push({ path: in_('websocksrv-cert.pem'), text: cert, mode: 0o644, ...own });
    files.push({ path: in_('websocksrv-key.pem'), text: key, mode: OWNER_ONLY, ...own });
  }
  const users = {
    users: [
      {
        name: user,
        fullname: 'Administrator',
        password: await hashPassword(user, plan.password),
        rights: 'admin',
        remotes: '',
        events: '',
        note: '',
      },
    ],
  };
  const json = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;
  const key = `${randomBytes(16).toString('hex').toUpperCase()}\n`;
  return [
    ...files,
    { path: in_('vscp.key'), text: key, mode: OWNER_ONLY, ...own },
    { path: in_('websocksrv-users.json'), text: json(users), mode: OWNER_ONLY, ...own },
    { path: in_('websocksrv.json'), text: json(config), mode: OWNER_AND_GROUP, ...own },
  ];
}

/** Refuses to write anything when one of the files exists. */
async function refuseExisting(files: readonly NewFile[]): Promise<void> {
  const taken: string[] = [];
  for (const { path } of files) {
    if (
      await fs.lstat(path).then(
        () => true,
        () => false,
      )
    )
      taken.push(path);
  }
  if (taken.length > 0) {
    throw new CommandError(
      `${taken.join(', ')}: already there, nothing was written; --force replaces ${taken.length === 1 ? 'it' : 'them'}`,
    );
  }
}

/** The package's state folder for the package's own folder; another installation keeps all in one place. */
function usualStateFolder(folder: string): string {
  return folder === DEFAULT_FOLDER ? DEFAULT_STATE_FOLDER : join(folder, 'websocksrv-state');
}

/** Makes a missing folder, with `mode`, and the missing folders above it, with the usual mode. */
async function makeFolder(path: string, mode: number, owner?: Owner): Promise<void> {
  try {
    await fs.mkdir(dirname(path), { recursive: true, mode: FOR_ALL_TO_SEE });
    const made = await fs.mkdir(path, { recursive: true, mode });
    if (made !== undefined && owner !== undefined) await fs.chown(path, owner.uid, owner.gid);
    await fs.access(path, constants.W_OK);
  } catch (error) {
    throw new CommandError(`${path}: ${fileErrorReason(error)}`);
  }
}

export const init: CliCommand = {
  ...INIT,
  summary: 'make configuration, users and key of a new installation',
  help,
  options: {
    listen: { type: 'string' },
    tls: { type: 'string' },
    'tls-cert': { type: 'string' },
    'tls-key': { type: 'string' },
    names: { type: 'string' },
    user: { type: 'string' },
    ...PASSWORD_OPTIONS,
    owner: { type: 'string' },
    'log-file': { type: 'string' },
    'state-dir': { type: 'string' },
    'web-root': { type: 'string' },
    broker: { type: 'string' },
    'node-number': { type: 'string' },
    force: { type: 'boolean' },
    yes: { type: 'boolean' },
  },
  run,
};
