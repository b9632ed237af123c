import { TokenInbox } from './auth/token-inbox.ts';
import { parseTokens, TOKENS_FILE, TOKENS_VERSION, TokenStore } from './auth/token-store.ts';
import type { UserSource } from './auth/user.ts';
import { errorMessage } from './core/errors.ts';
import type { Logger } from './logging/logger.ts';
import { PANEL_FILE, PANEL_VERSION, PanelStore, parsePanel } from './state/panel-store.ts';
import { StateFolder } from './state/state-folder.ts';

/** What the driver keeps in its state folder. */
export interface State {
  tokens: TokenStore;
  panel: PanelStore;
  /** False = nothing can be written in the folder. */
  isWritable: boolean;
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
}): Promise<State> {
  const { path, users, log, isRestart } = options;
  const folder = await StateFolder.open(path, log).catch((error: unknown) => {
    if (!isRestart) throw error;
    log.err(`${errorMessage(error)}; nothing is written there until the driver is opened again`);
    return StateFolder.readOnly(path, log);
  });
  const file = folder.file(TOKENS_FILE, { version: TOKENS_VERSION, parse: parseTokens });
  const tokens = await TokenStore.load({ users, log, file });
  const panel = await PanelStore.load(folder.file(PANEL_FILE, { version: PANEL_VERSION, parse: parsePanel }));
  const inbox = folder.isWritable ? await TokenInbox.open(path, tokens, log) : undefined;
  return {
    tokens,
    panel,
    isWritable: folder.isWritable,
    close: async () => {
      inbox?.close();
      await tokens.close();
      await panel.close();
      await folder.close();
    },
  };
}
