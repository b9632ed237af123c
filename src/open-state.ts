import { join } from 'node:path';
import { parseTokens, TOKENS_FILE, TOKENS_VERSION } from './auth/token.ts';
import { TokenInbox } from './auth/token-inbox.ts';
import { TokenStore } from './auth/token-store.ts';
import type { UserSource } from './auth/user.ts';
import { FileWatcher } from './config/file-watcher.ts';
import { errorMessage } from './core/errors.ts';
import type { Logger } from './logging/logger.ts';
import { PANEL_FILE, PANEL_VERSION, PanelStore, parsePanel } from './state/panel-store.ts';
import { nodeFolder, StateFolder } from './state/state-folder.ts';

/** How often to look whether another node has written: a network disk sends no notifications. */
const POLL_MS = 1000;
const DEBOUNCE_MS = 20;

/** What the driver keeps in its state folder. */
export interface State {
  tokens: TokenStore;
  panel: PanelStore;
  /** False = nothing can be written in the folder. */
  isWritable: boolean;
  /** For what this server shares with no other. */
  ownFolder: string;
  close(): Promise<void>;
}

/**
 * Takes over the state folder and reads its content.
 * @param isRestart true = the runtime before this one may still hold the folder; then it is only read, since
 *   clients
 *   must be able to log in
 * @throws Error when another server has the folder
 */
export async function openState(options: {
  path: string;
  users: UserSource;
  log: Logger;
  isRestart: boolean;
  /** Number of this server among those that share the folder; undefined = it has the folder alone. */
  node?: number | undefined;
}): Promise<State> {
  const { path, users, log, isRestart, node } = options;
  const isShared = node !== undefined;
  const opening = isShared ? StateFolder.openShared(path, node, log) : StateFolder.open(path, log);
  const folder = await opening.catch((error: unknown) => {
    if (!isRestart) throw error;
    log.err(`${errorMessage(error)}; nothing is written there until the driver is opened again`);
    return StateFolder.readOnly(path, log);
  });
  const file = folder.file(TOKENS_FILE, { version: TOKENS_VERSION, parse: parseTokens });
  const tokens = await TokenStore.load({ users, log, file, isShared });
  const panel = await PanelStore.load(folder.file(PANEL_FILE, { version: PANEL_VERSION, parse: parsePanel }));
  const inbox = folder.isWritable ? await TokenInbox.open(path, tokens, log, node) : undefined;
  const watcher = isShared ? await watchOthers(path, tokens, panel) : undefined;
  return {
    tokens,
    panel,
    isWritable: folder.isWritable,
    ownFolder: isShared ? nodeFolder(path, node) : path,
    close: async () => {
      watcher?.close();
      inbox?.close();
      await tokens.close();
      await panel.close();
      await folder.close();
    },
  };
}

/** Takes over what the other nodes write, from now on. */
async function watchOthers(path: string, tokens: TokenStore, panel: PanelStore): Promise<FileWatcher> {
  const watcher = new FileWatcher({
    paths: [TOKENS_FILE, PANEL_FILE].map((name) => join(path, name)),
    onChange: async () => {
      await Promise.all([tokens.refresh(), panel.refresh()]);
    },
    debounceMs: DEBOUNCE_MS,
    pollMs: POLL_MS,
  });
  await watcher.ready;
  // What was written between the first reading and now.
  await Promise.all([tokens.refresh(), panel.refresh()]);
  return watcher;
}
