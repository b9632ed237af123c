import { dirname, resolve } from 'node:path';
import type { DocumentResult, RawDocument } from './document.ts';
import { findHostEntry, type HostContext } from './host-entry.ts';
import { readJson } from './json-reader.ts';
import { readTextFile } from './text-file.ts';

/** A configuration document and where it came from. */
export interface ConfigSource {
  /** Its name in messages: the file's path, or "inline configuration". */
  name: string;
  /** Absolute path of the file; undefined for inline text. */
  file?: string;
  /** The folder that relative paths start from. */
  baseDir: string;
  document: RawDocument;
}

export type SourceResult = { ok: true; value: ConfigSource } | { ok: false; reason: string };

/** Reads JSON (begins with `{` or a comment) or XML (`<`); anything else is refused. */
export async function readDocument(text: string): Promise<DocumentResult> {
  const trimmed = text.replace(/^\uFEFF/, '');
  const first = trimmed.trimStart()[0];
  if (/^\s*(?:\{|\/[/*])/.test(trimmed)) return readJson(trimmed);
  if (first === '<') {
    // Most installations need no XML parser, so it is loaded only when needed.
    const { readXml } = await import('./xml-reader.ts');
    return readXml(trimmed);
  }
  return { ok: false, reason: first === undefined ? 'is empty' : 'is neither JSON nor XML' };
}

/** Reads a JSON or XML file of bounded size; the reason begins with the file's name and line. */
export async function readDocumentFile(
  path: string,
): Promise<{ ok: true; value: RawDocument } | { ok: false; reason: string }> {
  const text = await readTextFile(path);
  if (!text.ok) return { ok: false, reason: `${path}: ${text.reason}` };
  return named(path, await readDocument(text.value));
}

/** Finds the configuration: inline JSON or XML, or the path of a file with either. */
export async function openSource(text: string, context: HostContext): Promise<SourceResult> {
  const source = await openText(text);
  if (!source.ok) return source;
  const entry = findHostEntry(source.value.document, context);
  if (entry.kind === 'none') return source;
  if (entry.kind === 'bad') return { ok: false, reason: `${source.value.name}: ${entry.reason}` };
  const followed = await openText(entry.pathConfig, source.value.baseDir);
  if (!followed.ok) return { ok: false, reason: `${followed.reason} (path-config in ${source.value.name})` };
  // Only one level: a host's document that names another one could lead in circles.
  if (findHostEntry(followed.value.document, context).kind !== 'none') {
    return {
      ok: false,
      reason: `${followed.value.name}: is a host's configuration again (path-config in ${source.value.name})`,
    };
  }
  return followed;
}

async function openText(given: string, baseDir = process.cwd()): Promise<SourceResult> {
  const text = given.replace(/^\uFEFF/, '').trim();
  if (text === '')
    return { ok: false, reason: 'no configuration given, expected JSON, XML or the path of a file' };
  if (text.startsWith('{') || text.startsWith('<')) {
    const name = 'inline configuration';
    const document = named(name, await readDocument(given));
    return document.ok ? { ok: true, value: { name, baseDir, document: document.value } } : document;
  }
  if (text.includes('\0'))
    return { ok: false, reason: 'the path of the configuration holds a NUL character' };
  const file = resolve(baseDir, text);
  const document = await readDocumentFile(file);
  if (!document.ok) return document;
  return { ok: true, value: { name: file, file, baseDir: dirname(file), document: document.value } };
}

function named(
  name: string,
  result: DocumentResult,
): { ok: true; value: RawDocument } | { ok: false; reason: string } {
  if (result.ok) return result;
  const place =
    result.line === undefined
      ? ''
      : `:${result.line}${result.column === undefined ? '' : `:${result.column}`}`;
  return { ok: false, reason: `${name}${place}: ${result.reason}` };
}
