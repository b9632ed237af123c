import { Parser } from 'xml2js';
import { errorMessage } from '../core/errors.ts';
import type { DocumentResult, LineMap, RawObject, RawValue } from './document.ts';
import { MAX_DOCUMENT_DEPTH, newRawObject } from './document.ts';

/**
 * What xml2js makes of an element with the keys chosen below: bare text, or attributes, text and children.
 */
type XmlNode = string | { [ATTRIBUTES]?: Record<string, string>; [TEXT]?: string; [child: string]: unknown };

// Neither can be an element's name, so no document can forge them.
const ATTRIBUTES = '@';
const TEXT = '#';
const MAX_ELEMENTS = 20_000;

/** The part of xml2js's inner parser that tells where it is; lines count from 0. */
interface SaxParser {
  line: number;
  column: number;
  /** The character read last. */
  c: string;
  onopentag: (tag: unknown) => void;
  onclosetag: (name: unknown) => void;
  onopentagstart?: (tag: { name: string }) => void;
  onattribute?: (attribute: { name: string }) => void;
  ondoctype?: () => void;
  onerror: (error: unknown) => void;
}

/**
 * Reads XML. In names, `-` and `_` are the same and case does not count. Attributes and child elements of the
 * same name are equivalent, and repeated ones become a list. All values are texts. Document type definitions
 * (and with them external entities and entity bombs) are refused; depth and number of elements are bounded.
 */
export function readXml(text: string): DocumentResult {
  const parser = new Parser({ attrkey: ATTRIBUTES, charkey: TEXT, explicitRoot: true, trim: true });
  const sax = (parser as unknown as { saxParser: SaxParser }).saxParser;
  const lines: LineMap = new Map();
  let failure: unknown;
  let result: unknown;
  const onError = sax.onerror;
  sax.onerror = (error) => {
    // Noted here too, because xml2js swallows or throws errors after the end of the root element.
    failure ??= error;
    onError(error);
  };
  watch(sax, lines, (reason) => {
    failure ??= new Error(reason);
    throw failure;
  });
  try {
    parser.parseString(text, (error, value) => {
      failure ??= error ?? undefined;
      result ??= value;
    });
  } catch (error) {
    failure ??= error;
  }
  if (failure !== undefined) return describe(failure, sax);
  return toDocument(result, lines);
}

/** Notes the lines of names, and stops the parser at anything that no configuration needs. */
function watch(sax: SaxParser, lines: LineMap, refuse: (reason: string) => void): void {
  const path: string[] = [];
  const seen = new Map<string, number>();
  let elements = 0;
  const note = (name: string): void => {
    const key = [...path.slice(1), normalName(name)].join('/');
    const count = seen.get(key) ?? 0;
    seen.set(key, count + 1);
    // The parser reports a name after reading the character that follows it, which may be a line end.
    const line = sax.c === '\n' ? sax.line : sax.line + 1;
    if (count === 0) lines.set(key, line);
    lines.set(`${key}/${count}`, line);
  };
  sax.ondoctype = () => {
    refuse('a document type definition (<!DOCTYPE …>) is not allowed');
  };
  sax.onopentagstart = ({ name }) => {
    if (path.length > 0) note(name);
    else if (elements > 0) refuse('a second root element');
    path.push(normalName(name));
    if (path.length > MAX_DOCUMENT_DEPTH) refuse(`nested deeper than ${MAX_DOCUMENT_DEPTH} levels`);
    if (++elements > MAX_ELEMENTS) refuse(`more than ${MAX_ELEMENTS} elements`);
  };
  sax.onattribute = ({ name }) => note(name);
  const closeTag = sax.onclosetag;
  sax.onclosetag = (name) => {
    path.pop();
    closeTag(name);
  };
}

/** An element's or attribute's name, spelled like the keys of the configuration. */
function normalName(name: string): string {
  return name.replaceAll('_', '-').toLowerCase();
}

function describe(failure: unknown, sax: SaxParser): DocumentResult {
  const message = errorMessage(failure);
  const [reason = 'does not parse'] = message.split('\n');
  const line = /\nLine: (\d+)/.exec(message)?.[1];
  const column = /\nColumn: (\d+)/.exec(message)?.[1];
  return {
    ok: false,
    reason: reason.replace(/\.$/, ''),
    line: (line === undefined ? sax.line : Number(line)) + 1,
    column: column === undefined ? sax.column : Number(column),
  };
}

function toDocument(result: unknown, lines: LineMap): DocumentResult {
  const [rootName, root] = Object.entries((result ?? {}) as Record<string, XmlNode>)[0] ?? [];
  if (rootName === undefined || root === undefined) return { ok: false, reason: 'holds no element' };
  const tree = toTree(root);
  return {
    ok: true,
    value: {
      form: 'xml',
      rootName: normalName(rootName),
      // A root without attributes and children is an empty group, whatever its text.
      root: typeof tree === 'string' ? newRawObject() : tree,
      lines,
      repeated: [],
    },
  };
}

function toTree(node: XmlNode): RawObject | string {
  if (typeof node === 'string') return node.trim();
  const result = newRawObject();
  for (const [name, value] of Object.entries(node[ATTRIBUTES] ?? {})) add(result, name, value.trim());
  for (const [name, children] of Object.entries(node)) {
    if (name === ATTRIBUTES || name === TEXT || !Array.isArray(children)) continue;
    for (const child of children as XmlNode[]) {
      // An element named like a property of Object (`constructor`) brings that property along.
      if (typeof child !== 'function') add(result, name, toTree(child));
    }
  }
  return result;
}

function add(target: RawObject, name: string, value: RawObject | string): void {
  const key = normalName(name);
  const present: RawValue | undefined = target[key];
  if (present === undefined) target[key] = value;
  else if (Array.isArray(present)) present.push(value);
  else target[key] = [present, value];
}
