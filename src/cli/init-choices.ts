import { randomBytes } from 'node:crypto';
import { promises as fs } from 'node:fs';
import { hostname, networkInterfaces, userInfo } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { MIN_PASSWORD_LENGTH, passwordProblem, passwordWeakness } from '../auth/password-rules.ts';
import type { ListenAddress } from '../config/listen-address.ts';
import { isLoopback, parseListenAddress } from '../config/listen-address.ts';
import { isBrokerUrl, LAST_NODE_NUMBER } from '../config/mqtt-types.ts';
import { DEFAULT_PORT } from '../core/protocol.ts';
import { CommandError, type GivenArguments, numberOption, textOption, usageError } from './command.ts';
import { givenPassword } from './new-password.ts';
import { ask, askHidden, canAsk, printNote } from './terminal.ts';

/** For messages about wrong use. */
export const INIT = { name: 'init' } as const;
const DAEMON_USER = 'vscp';
const RANDOM_PASSWORD_BYTES = 9;

/** How clients reach the driver. */
export type Tls = { kind: 'none' } | { kind: 'self-signed' } | { kind: 'files'; cert: string; key: string };

/** The MQTT broker of a server that no daemon loads. */
export interface Broker {
  url: string;
  /** The server's number among those of the broker. */
  node: number;
}

export function readBroker(given: GivenArguments): Broker | undefined {
  const url = textOption(given, 'broker');
  const node = numberOption(INIT, given, 'node-number', [0, LAST_NODE_NUMBER]);
  if (url === undefined) {
    if (node !== undefined) throw usageError(INIT, '--node-number needs --broker');
    return undefined;
  }
  if (!isBrokerUrl(url)) {
    throw usageError(INIT, `--broker takes a URL like mqtt://localhost:1883, not "${url}"`);
  }
  return { url, node: node ?? 0 };
}

export interface Owner {
  name: string;
  uid: number;
  gid: number;
}

/** Gets an answer from the option, else the usual one with --yes, else from the person at the terminal. */
async function choose(
  given: GivenArguments,
  option: string,
  question: string,
  usual: string,
): Promise<string> {
  const chosen = textOption(given, option);
  if (chosen !== undefined) return chosen;
  if (given.values.yes === true) return usual;
  if (!canAsk()) throw usageError(INIT, `there is no terminal to ask; use --${option}, or --yes`);
  const answer = (await ask(`${question} [${usual}]: `)).trim();
  return answer === '' ? usual : answer;
}

export async function chooseAddress(given: GivenArguments): Promise<ListenAddress> {
  const question = 'Who may connect? "loopback" = this machine only, "network" = everybody, or an address';
  const where = await choose(given, 'listen', question, 'loopback');
  if (where === 'loopback') return { secure: false, host: 'localhost', port: DEFAULT_PORT };
  if (where === 'network') return { secure: false, host: '0.0.0.0', port: DEFAULT_PORT };
  const address = parseListenAddress(where);
  if (!address.ok) throw usageError(INIT, `--listen "${where}" ${address.reason}`);
  return address.value;
}

export async function chooseTls(given: GivenArguments, address: ListenAddress): Promise<Tls> {
  const cert = textOption(given, 'tls-cert');
  const key = textOption(given, 'tls-key');
  const filesGiven = cert !== undefined || key !== undefined;
  const usual =
    address.secure || (!isLoopback(address) && given.values.yes !== true) ? 'self-signed' : 'none';
  const question =
    'Encrypt with TLS? "none", "self-signed" = make a certificate, "files" = your own certificate';
  const how = filesGiven ? 'files' : await choose(given, 'tls', question, usual);
  switch (how) {
    case 'none':
      if (address.secure) throw usageError(INIT, '--listen wss:// and --tls none exclude each other');
      return { kind: 'none' };
    case 'self-signed':
      return { kind: 'self-signed' };
    case 'files': {
      const askFor = (option: string, question: string): Promise<string> =>
        choose(given, option, question, '');
      // Without a terminal the command cannot ask for the missing one.
      const complete = (cert !== undefined && key !== undefined) || (canAsk() && given.values.yes !== true);
      if (!complete) throw usageError(INIT, '--tls files needs --tls-cert and --tls-key');
      const paths = {
        cert: await askFor('tls-cert', 'Certificate chain (PEM)'),
        key: await askFor('tls-key', 'Private key (PEM)'),
      };
      return { kind: 'files', cert: resolve(paths.cert), key: resolve(paths.key) };
    }
    default:
      throw usageError(INIT, `--tls takes none, self-signed or files, not "${how}"`);
  }
}

/** Gets a password that is good enough, or makes one up when --yes is set and nobody gave one. */
export async function choosePassword(
  given: GivenArguments,
  user: string,
): Promise<{ password: string; invented: boolean }> {
  const fixed = await givenPassword(given);
  if (fixed === undefined && given.values.yes === true) {
    return { password: randomBytes(RANDOM_PASSWORD_BYTES).toString('base64url'), invented: true };
  }
  for (;;) {
    const password =
      fixed ?? (await askHidden(`Password for ${user} (at least ${MIN_PASSWORD_LENGTH} characters): `));
    const weakness = passwordWeakness(user, password);
    const problem =
      passwordProblem(user, password) ?? (weakness === undefined ? undefined : `the password ${weakness}`);
    if (problem === undefined) {
      if (fixed === undefined && (await askHidden('Once more: ')) !== password) {
        printNote('The two do not match.');
        continue;
      }
      return { password, invented: false };
    }
    if (fixed !== undefined) throw new CommandError(problem);
    printNote(`${problem}; please give another one`);
  }
}

/**
 * Finds the user who shall own the files; undefined = leave them as they are. Only root can give files away.
 */
export async function findOwner(given: GivenArguments): Promise<Owner | undefined> {
  const asked = textOption(given, 'owner');
  const me = userInfo();
  const name = asked ?? DAEMON_USER;
  const owner = await lookUpUser(name);
  if (owner === undefined && asked !== undefined)
    throw new CommandError(`--owner: there is no user "${asked}"`);
  if (me.uid === 0) {
    if (owner === undefined) {
      printNote(`There is no user "${DAEMON_USER}", so the files belong to root; --owner names another user`);
    }
    return owner;
  }
  if (asked !== undefined && asked !== me.username)
    throw new CommandError('--owner: only root can give files away');
  return undefined;
}

async function lookUpUser(name: string): Promise<Owner | undefined> {
  const lines = await fs.readFile('/etc/passwd', 'utf8').catch(() => '');
  const fields = lines
    .split('\n')
    .map((line) => line.split(':'))
    .find(([user]) => user === name);
  return fields === undefined ? undefined : { name, uid: Number(fields[2]), gid: Number(fields[3]) };
}

/** The names that clients use for this machine, for the certificate and the printed addresses. */
export function readNames(given: GivenArguments, listen: ListenAddress): string[] {
  const named = textOption(given, 'names');
  if (named !== undefined) {
    const names = named.split(',').map((name) => name.trim());
    const bad = names.find((name) => !/^[a-z0-9.:_-]+$/i.test(name));
    if (bad !== undefined) throw usageError(INIT, `--names: "${bad}" is neither a name nor an address`);
    return names;
  }
  if (isLoopback(listen)) return ['localhost', '127.0.0.1', '::1'];
  const isAny = listen.host === '0.0.0.0' || listen.host === '::';
  const addresses = Object.values(networkInterfaces())
    .flatMap((list) => list ?? [])
    .filter(({ internal, address }) => !internal && !address.startsWith('fe80'))
    .map(({ address }) => address);
  return [
    ...new Set([...(isAny ? addresses : [listen.host]), hostname(), `${hostname()}.local`, 'localhost']),
  ];
}

export async function findWebRoot(given: GivenArguments): Promise<string | undefined> {
  const asked = textOption(given, 'web-root');
  const own = dirname(await fs.realpath(fileURLToPath(import.meta.url)));
  // Where the package installs it, where a copied build has it, and where a checkout has it.
  const places = ['/usr/share/vscpl2drv-websocksrv/web', join(own, 'web'), join(own, 'hmi')];
  for (const place of asked === undefined ? places : [resolve(asked)]) {
    const isFolder = await fs.stat(place).then(
      (stat) => stat.isDirectory(),
      () => false,
    );
    if (isFolder) return place;
  }
  if (asked !== undefined) throw new CommandError(`--web-root ${asked}: no such folder`);
  printNote(
    'The control panel was not found beside this command, so no pages are served; use --web-root FOLDER',
  );
  return undefined;
}
