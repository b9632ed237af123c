import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';

/** A message for the user, who need not see where in the program it comes from. */
export class SettingsError extends Error {}

const KEYS = {
  '': ['driver', 'broker', 'discovery-prefix', 'topic', 'names'],
  driver: ['url', 'user', 'password-file', 'key-file'],
  broker: ['url', 'user', 'password-file'],
};

/**
 * Reads the configuration; files in it are relative to its own folder.
 * @throws SettingsError that names the key
 */
export function readSettings(file) {
  const given = parse(file);
  for (const [group, known] of Object.entries(KEYS)) {
    const values = group === '' ? given : given[group];
    if (typeof values !== 'object' || values === null)
      throw new SettingsError(`${group}: expected an object`);
    for (const key of Object.keys(values)) {
      if (!known.includes(key))
        throw new SettingsError(`${group === '' ? '' : `${group}.`}${key}: unknown key`);
    }
  }
  const text = (name, otherwise) => textOf(given, name, otherwise);
  const content = (name) => {
    const path = text(name, '');
    return path === '' ? undefined : contentOf(name, resolve(dirname(file), path));
  };
  return {
    driver: {
      url: text('driver.url'),
      user: text('driver.user'),
      password: content('driver.password-file') ?? '',
      key: content('driver.key-file'),
    },
    broker: {
      url: text('broker.url'),
      user: text('broker.user', ''),
      password: content('broker.password-file'),
    },
    discoveryPrefix: text('discovery-prefix', 'homeassistant'),
    topic: text('topic', 'vscp-home-assistant'),
    names: namesOf(given.names ?? {}),
  };
}

function parse(file) {
  let text;
  try {
    text = readFileSync(file, 'utf8');
    return JSON.parse(text);
  } catch (error) {
    throw new SettingsError(`${file}: ${error.message}`);
  }
}

function textOf(given, name, otherwise) {
  const value = name.split('.').reduce((part, key) => part?.[key], given) ?? otherwise;
  if (typeof value !== 'string' || (value === '' && otherwise === undefined)) {
    throw new SettingsError(`${name}: found ${JSON.stringify(value) ?? 'nothing'}, expected a text`);
  }
  return value;
}

function contentOf(name, path) {
  try {
    return readFileSync(path, 'utf8').split(/\r?\n/)[0];
  } catch (error) {
    throw new SettingsError(`${name}: ${error.message}`);
  }
}

function namesOf(names) {
  for (const [guid, name] of Object.entries(names)) {
    if (typeof name !== 'string') throw new SettingsError(`names.${guid}: expected a text`);
  }
  return Object.fromEntries(Object.entries(names).map(([guid, name]) => [guid.toUpperCase(), name]));
}
