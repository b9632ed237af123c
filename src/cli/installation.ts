import { loadSettings } from '../config/load-settings.ts';
import type { Settings } from '../config/settings.ts';
import { CommandError, type GivenArguments, textOption } from './command.ts';

export const CONFIG_OPTION = { config: { type: 'string' } } as const;
export const CONFIG_HELP =
  '  --config FILE          configuration of the driver (default: /etc/vscp/websocksrv.json)';
const DEFAULT_CONFIG = '/etc/vscp/websocksrv.json';

/** The settings of the driver on this machine. */
export async function readInstallation(given: GivenArguments): Promise<Settings> {
  const file = textOption(given, 'config') ?? DEFAULT_CONFIG;
  const loaded = await loadSettings(file, { guid: new Uint8Array(16) });
  if (!loaded.ok) throw new CommandError(loaded.problems.join('\n'));
  return loaded.settings;
}
