import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { TokensContent } from '../../src/auth/token.ts';
import { TokenStore } from '../../src/auth/token-store.ts';
import type { User } from '../../src/auth/user.ts';
import { parseUsers } from '../../src/auth/users-file.ts';
import { loadSettings } from '../../src/config/load-settings.ts';
import type { Settings } from '../../src/config/settings.ts';
import { MemoryLink, type MemoryLinkOptions } from '../../src/host/memory-link.ts';
import type { Logger } from '../../src/logging/logger.ts';
import { openState } from '../../src/open-state.ts';
import { Server } from '../../src/server.ts';
import type { HostLink } from '../../src/session/host-link.ts';
import type { StateFile } from '../../src/state/state-file.ts';
import { DEFAULT_KEY } from './ws-client.ts';

export const DRIVER_GUID = Uint8Array.from([255, 255, 255, 255, 255, 255, 255, 245, 1, 2, 3, 4, 5, 6, 0, 0]);

/** PBKDF2 of the password `secret`, by user name. */
const HASH_OF_SECRET: Record<string, string> = {
  admin: '487636FDE3637C7C853AAC9EAF6FA062;357C71CA59F760C08C4125C444A22A91FD1FE1FB0E5628771A572BAF6F61B71F',
  user: '0839DD1BE692164847B601E6520CE23B;3E1B4D950F04EA3BFA2C43160B9D98ECC76B249F79A1062F041C526978591BA3',
};

export const ADMIN = {
  name: 'admin',
  password: HASH_OF_SECRET.admin,
  rights: 'admin',
  fullname: 'The admin',
};
export const USER = { name: 'user', password: HASH_OF_SECRET.user, rights: 'user' };

/** Keeps what is logged; each of `lines` is `level message`. */
export function createTestLogger(): { lines: string[]; logger: () => Logger } {
  const lines: string[] = [];
  const at = (level: string) => (message: string) => {
    lines.push(`${level} ${message}`);
  };
  const log: Logger = {
    trace: at('trace'),
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    err: at('err'),
    critical: at('critical'),
    enabled: () => true,
  };
  return { lines, logger: () => log };
}

export interface InProcessServer<Link> {
  server: Server;
  link: Link;
  /** `ws://127.0.0.1:port` */
  url: string;
  lines: string[];
  /** The driver's own. */
  guid: Uint8Array;
  /** The users who can log in; changes take effect. */
  userMap: Map<string, User>;
  close(): Promise<void>;
}

export type MemoryServer = InProcessServer<MemoryLink>;

/** The whole server inside this process; its host is an in-memory queue. */
export async function startMemoryServer(
  keys: Record<string, unknown> = {},
  users?: readonly object[],
  vscpKey?: Buffer,
  linkOptions: MemoryLinkOptions = {},
): Promise<MemoryServer> {
  return startServer(keys, (settings) => memoryLink(settings, linkOptions), { users, vscpKey });
}

/** A host that is an in-memory queue. */
export function memoryLink(settings: Settings, options: MemoryLinkOptions = {}): MemoryLink {
  return new MemoryLink({
    incomingCapacity: settings.maxIncomingQueueSize,
    outgoingCapacity: settings.maxOutgoingQueueSize,
    ...options,
  });
}

/** The whole server inside this process, with any link. Configuration keys are as in the file. */
export async function startServer<Link extends HostLink>(
  keys: Record<string, unknown>,
  linkFor: (settings: Settings, logger: () => Logger) => Link,
  options: {
    users?: readonly object[] | undefined;
    vscpKey?: Buffer | undefined;
    guid?: Uint8Array;
    /** Where tokens are kept without a state folder. */
    tokensFile?: StateFile<TokensContent> | undefined;
  } = {},
): Promise<InProcessServer<Link>> {
  const { users = [ADMIN, USER], vscpKey = DEFAULT_KEY, guid = DRIVER_GUID, tokensFile } = options;
  // Any readable file will do, because the users are handed over directly.
  const pathUsers = fileURLToPath(import.meta.url);
  const loaded = await loadSettings(
    JSON.stringify({ interface: 'ws://127.0.0.1:8884', 'path-users': pathUsers, ...keys }),
    { guid },
  );
  if (!loaded.ok) throw new Error(loaded.problems.join('\n'));
  const { settings } = loaded;
  for (const address of settings.interfaces) address.port = 0;
  const parsed = parseUsers({ users });
  if (parsed.problems.length > 0) throw new Error(JSON.stringify(parsed.problems));
  const { lines, logger } = createTestLogger();
  const link = linkFor(settings, logger);
  const { stateDir } = settings;
  const state =
    stateDir === undefined
      ? undefined
      : await openState({ path: stateDir, users: parsed.users, log: logger(), isRestart: false });
  const tokens =
    state?.tokens ??
    (tokensFile && (await TokenStore.load({ users: parsed.users, log: logger(), file: tokensFile })));
  const server = new Server({
    settings,
    link,
    users: parsed.users,
    tokens,
    panel: state?.panel,
    key: () => vscpKey,
    guid,
    logger,
    onClosed: async () => (state ?? tokens)?.close(),
  });
  const [address] = await server.listen();
  const url = `ws://127.0.0.1:${address?.port}`;
  return { server, link, url, lines, guid, userMap: parsed.users, close: () => server.close() };
}

/** Starts a server that ends with the test. */
export async function memoryServerFor(
  context: TestContext,
  keys: Record<string, unknown> = {},
  users?: readonly object[],
): Promise<MemoryServer & { port: number }> {
  const server = await startMemoryServer(keys, users);
  context.after(() => server.close());
  return { ...server, port: Number(new URL(server.url).port) };
}
