import { WebSocket } from 'ws';
import { VscpClient } from '../client/node.ts';
import type { WebSocketConstructor } from '../client/socket.ts';
import { parseKeyFile } from '../config/key-file.ts';
import { errorMessage } from '../core/errors.ts';
import { DEFAULT_PORT } from '../core/protocol.ts';
import { type CliCommand, CommandError, type GivenArguments, textOption, usageError } from './command.ts';
import { givenPassword, PASSWORD_HELP, PASSWORD_OPTIONS, readOptionFile } from './new-password.ts';
import { askHidden, printNote, visible } from './terminal.ts';

export const CONNECT_OPTIONS: CliCommand['options'] = {
  user: { type: 'string', short: 'u' },
  ...PASSWORD_OPTIONS,
  'key-file': { type: 'string' },
  ca: { type: 'string' },
  insecure: { type: 'boolean' },
};

export const CONNECT_HELP = `URL is where the driver listens: ws://HOST:PORT/ws2, or /ws1 for the text protocol; wss:// for TLS.
You may leave out the scheme, port 8884 and path /ws2. ws://USER@HOST names the user.

The command asks for the password, unless it comes from --password-file, --stdin or the environment variable
VSCP_PASSWORD. You cannot give it on the command line, which every user of a machine can read.

Connection options:
  -u, --user USER        user name
${PASSWORD_HELP}
  --key-file FILE        the driver's vscp key (default: the well-known key of a new installation)
  --ca FILE              PEM file of the authority that signed the server's certificate
  --insecure             accept any certificate`;

/** Makes a client, not connected yet, for the URL and options of a command line. */
export async function createClient(
  command: Pick<CliCommand, 'name'>,
  urlText: string,
  given: GivenArguments,
  reconnect: boolean,
): Promise<VscpClient> {
  const url = readUrl(command, urlText);
  const user = textOption(given, 'user') ?? decodeURIComponent(url.username);
  if (user === '') throw usageError(command, 'no user was given; use --user USER');
  url.username = '';
  const key = await readKey(given);
  const password = (await givenPassword(given)) ?? (await askHidden(`Password for ${user}: `));
  return new VscpClient({
    url: url.href,
    user,
    password,
    WebSocket: await socketClass(given),
    ...(key === undefined ? {} : { key }),
    ...(reconnect ? {} : { reconnect: false }),
  });
}

function readUrl(command: Pick<CliCommand, 'name'>, text: string): URL {
  let url: URL;
  try {
    url = new URL(text.includes('://') ? text : `ws://${text}`);
  } catch {
    throw usageError(command, `"${text}" is not a URL like ws://localhost:8884/ws2`);
  }
  if (url.protocol !== 'ws:' && url.protocol !== 'wss:')
    throw usageError(command, 'the URL must begin with ws:// or wss://');
  if (url.password !== '') throw usageError(command, 'a password does not belong in the URL');
  // URL drops ports 80 and 443, the defaults of ws and wss; they count as given when the text has them.
  if (url.port === '' && !/:\d+(?:[/?]|$)/.test(text)) url.port = String(DEFAULT_PORT);
  if (url.pathname === '/' || url.pathname === '') url.pathname = '/ws2';
  return url;
}

async function readKey(given: GivenArguments): Promise<string | undefined> {
  const file = textOption(given, 'key-file');
  if (file === undefined) return undefined;
  const key = parseKeyFile(await readOptionFile('--key-file', file));
  if (!key.ok) throw new CommandError(`--key-file ${file}: ${key.reason}`);
  return key.value.toString('hex');
}

/** The websocket class, which applies the certificate options. */
async function socketClass(given: GivenArguments): Promise<WebSocketConstructor> {
  const ca = textOption(given, 'ca');
  const tls = {
    ...(ca === undefined ? {} : { ca: await readOptionFile('--ca', ca) }),
    ...(given.values.insecure === true ? { rejectUnauthorized: false } : {}),
  };
  class Socket extends WebSocket {
    constructor(url: string) {
      super(url, tls);
    }
  }
  return Socket as unknown as WebSocketConstructor;
}

/** Connects, or ends the command with the reason. */
export async function connectOrFail(client: VscpClient): Promise<void> {
  await client.connect().catch((error: unknown) => {
    throw new CommandError(visible(errorMessage(error)));
  });
  printNote(`Logged in as ${visible(client.user?.name ?? '')}.`);
}
