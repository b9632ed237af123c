import type { CONFIG_KEYS } from './config-keys.ts';
import type { KeyType } from './key-types.ts';

type KeyWithValue = { default: unknown } | { needed: true };

/** Names of the entries that always have a value; a group has one always. */
type Present<Keys> = {
  [Name in keyof Keys]: Keys[Name] extends { type: unknown }
    ? Keys[Name] extends KeyWithValue
      ? Name
      : never
    : Name;
}[keyof Keys];

type Value<Entry> = Entry extends { type: KeyType<infer T> } ? T : Values<Entry>;

/** The settings of a table of keys: those with neither default nor need may be unset. */
type Values<Keys> = { [Name in Present<Keys>]: Value<Keys[Name]> } & {
  [Name in Exclude<keyof Keys, Present<Keys>>]?: Value<Keys[Name]>;
};

/** What the table of keys gives: defaults filled in, paths absolute, texts parsed, units as in the names. */
export type KeyValues = Values<typeof CONFIG_KEYS>;

export interface TlsSettings {
  /** PEM file with the certificate chain. */
  cert: string;
  /** PEM file with the private key. */
  key: string;
  /** PEM file with the authorities a client certificate must be signed by; unset = one-way TLS. */
  ca?: string;
  /** PEM file with the revocation lists of those authorities. */
  crl?: string;
}

/** The driver's configuration after validation; `tls` is there where an interface speaks TLS. */
export type Settings = Omit<KeyValues, 'tls'> & { tls?: TlsSettings };

/** A setting by its place in the settings, as the table of keys tells it; undefined = unset. */
export function settingOf(settings: Settings, place: readonly string[]): unknown {
  return place.reduce<unknown>(
    (group, name) => (group as Record<string, unknown> | undefined)?.[name],
    settings,
  );
}
