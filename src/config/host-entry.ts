import { basename, resolve } from 'node:path';
import { parseGuidText } from '../vscp/guid.ts';
import type { RawDocument, RawObject, RawValue } from './document.ts';
import { isRawObject } from './document.ts';

/** What the host told the driver about itself; identifies the driver's entry in the host's configuration. */
export interface HostContext {
  /** The driver's GUID, 16 bytes. */
  guid: Uint8Array;
  /** Path of the driver's library as the host names it. */
  libraryPath?: string;
  /** A daemon loads the driver: faults in keys that only `serve` uses are warnings then. */
  isDaemon?: boolean;
}

export type HostEntry =
  | { kind: 'none' }
  | { kind: 'found'; pathConfig: string }
  | { kind: 'bad'; reason: string };

/**
 * Hosts may hand over their own configuration, or the driver's element of it, instead of a path. This
 * function finds the `path-config` of this driver there; `none` if the document is a configuration of the
 * driver itself.
 */
export function findHostEntry(document: RawDocument, context: HostContext): HostEntry {
  const entries = hostEntries(document);
  if (entries === undefined) return { kind: 'none' };
  const own =
    entries.length === 1 && document.rootName === 'driver' ? entries[0] : ownEntry(entries, context);
  if (own === undefined) {
    return {
      kind: 'bad',
      reason: `none of its ${entries.length} level II driver entries has this driver's GUID or library`,
    };
  }
  const pathConfig = textOf(own['path-config']);
  if (pathConfig === '') return { kind: 'bad', reason: 'the driver entry has no path-config' };
  return { kind: 'found', pathConfig };
}

/** The driver entries of a host document; undefined if it is not a host document. */
function hostEntries({ form, rootName, root }: RawDocument): RawObject[] | undefined {
  if (!isRawObject(root)) return undefined;
  if (form === 'json') {
    return isRawObject(root.drivers) ? listOf(root.drivers.level2) : undefined;
  }
  if (rootName === 'driver') return [root];
  if (rootName === 'level2driver') return listOf(root.driver);
  if (rootName !== 'vscpconfig' && root.level2driver === undefined) return undefined;
  return listOf(root.level2driver).flatMap((group) => listOf(group.driver));
}

function listOf(value: RawValue | undefined): RawObject[] {
  return (Array.isArray(value) ? value : [value]).filter(isRawObject);
}

function ownEntry(entries: RawObject[], context: HostContext): RawObject | undefined {
  const byGuid = entries.find((entry) => sameGuid(textOf(entry.guid), context.guid));
  if (byGuid !== undefined || context.libraryPath === undefined) return byGuid;
  const library = context.libraryPath;
  return (
    entries.find((entry) => resolve(textOf(entry['path-driver'])) === resolve(library)) ??
    entries.find((entry) => basename(textOf(entry['path-driver'])) === basename(library))
  );
}

function sameGuid(text: string, guid: Uint8Array): boolean {
  const parsed = text === '' ? undefined : parseGuidText(text);
  return parsed?.ok === true && Buffer.compare(parsed.value, guid) === 0;
}

function textOf(value: RawValue | undefined): string {
  return typeof value === 'string' ? value.trim() : '';
}
