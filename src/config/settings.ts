import type { CONFIG_KEYS } from './config-keys.ts';
import type { KeyType } from './key-types.ts';

type KeyWithValue = { default: unknown } | { needed: true };

/** Names of the entries that always have a value; a group always has one. */
type Present<Keys> = {
  [Name in keyof Keys]: Keys[Name] extends { type: unknown }
    ? Keys[Name] extends KeyWithValue
      ? Name
      : never
    : Name;
}[keyof Keys];

type Value<Entry> = Entry extends { type: KeyType<infer T> } ? T : Values<Entry>;

/** The settings of a table of keys; those of keys that have no default and are not needed may be unset. */
type Values<Keys> = { [Name in Present<Keys>]: Value<Keys[Name]> } & {
  [Name in Exclude<keyof Keys, Present<Keys>>]?: Value<Keys[Name]>;
};

/** The values of all keys: defaults filled in, paths absolute, texts parsed, units as in the names. */
export type KeyValues = Values<typeof CONFIG_KEYS>;

/** The broker of `serve`, and how events look there. */
export type MqttSettings = KeyValues['mqtt'];

export interface TlsSettings {
  /** PEM file with the certificate chain. */
  cert: string;
  /** PEM file with the private key. */
  key: string;
  /** PEM file with the authorities that must have signed a client's certificate; unset = one-way TLS. */
  ca?: string;
  /** PEM file with the revocation lists of those authorities. */
  crl?: string;
}

/** The driver's configuration after validation; `tls` is set if an interface uses TLS. */
export type Settings = Omit<KeyValues, 'tls'> & { tls?: TlsSettings };

/** A setting by its place, which the table of keys gives; undefined = unset. */
export function settingOf(settings: Settings, place: readonly string[]): unknown {
  return place.reduce<unknown>(
    (group, name) => (group as Record<string, unknown> | undefined)?.[name],
    settings,
  );
}
