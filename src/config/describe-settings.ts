import { KEYS_BY_NAME } from './config-keys.ts';
import type { Shown } from './key-types.ts';
import { type Settings, settingOf } from './settings.ts';

/** The settings in force, by the keys of the configuration; what is unset is left out. */
export function describeSettings(settings: Settings): Record<string, Shown> {
  const shown: Record<string, Shown> = {};
  for (const [name, { type, setting, unsetText }] of KEYS_BY_NAME) {
    const value = settingOf(settings, setting);
    if (value !== undefined) shown[name] = type.show?.(value) ?? (value as Shown);
    else if (unsetText !== undefined) shown[name] = unsetText;
  }
  return shown;
}
