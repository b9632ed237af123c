import type { DocumentResult, LineMap, RawObject, RawValue } from './document.ts';
import { MAX_DOCUMENT_DEPTH, newRawObject } from './document.ts';

const WORDS: Record<string, RawValue> = { true: true, false: false, null: null };
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const WORD = /[A-Za-z]+/y;
// Everything up to the closing quote; escapes are checked afterwards by JSON.parse.
const STRING = /"[^"\\\n]*(?:\\[^\n][^"\\\n]*)*"/y;
// White space and comments: people disable lines of their configuration, or explain them.
const SPACE = /(?:[ \t\r\n]+|\/\/[^\n]*|\/\*[\s\S]*?\*\/)*/y;

class JsonFault extends Error {
  readonly at: number;

  constructor(message: string, at: number) {
    super(message);
    this.at = at;
  }
}

/**
 * Reads JSON like JSON.parse, but accepts comments, remembers the line of every key, and reports line and
 * column of a fault in the same way on every Node version.
 */
export function readJson(text: string): DocumentResult {
  const scanner = new JsonScanner(text);
  try {
    const root = scanner.document();
    return {
      ok: true,
      value: { form: 'json', rootName: '', root, lines: scanner.lines, repeated: scanner.repeated },
    };
  } catch (error) {
    if (!(error instanceof JsonFault)) return { ok: false, reason: String(error) };
    return { ok: false, reason: error.message, ...scanner.position(error.at) };
  }
}

class JsonScanner {
  readonly lines: LineMap = new Map();
  readonly repeated: string[] = [];
  private readonly text: string;
  private at = 0;
  private countedTo = 0;
  private line = 1;
  private readonly path: string[] = [];

  constructor(text: string) {
    this.text = text;
  }

  document(): RawValue {
    this.match(SPACE);
    const root = this.value();
    this.match(SPACE);
    if (this.at < this.text.length) this.fail('the end of the text');
    return root;
  }

  position(at: number): { line: number; column: number } {
    const before = this.text.slice(0, at);
    return { line: before.split('\n').length, column: at - before.lastIndexOf('\n') };
  }

  private value(): RawValue {
    switch (this.text[this.at]) {
      case '{':
        return this.object();
      case '[':
        return this.array();
      case '"':
        return this.string();
      default:
        return this.scalar();
    }
  }

  private object(): RawObject {
    const result = newRawObject();
    this.open();
    if (this.take('}')) return result;
    do {
      this.match(SPACE);
      if (this.text[this.at] !== '"') {
        this.fail(
          this.text[this.at] === '}'
            ? 'another key (a comma before "}" is one too many)'
            : 'a key in double quotes',
        );
      }
      const line = this.currentLine();
      const key = this.string();
      this.enter(key, line);
      if (key in result) this.repeated.push(this.path.join('/'));
      this.match(SPACE);
      if (!this.take(':')) this.fail('":" behind the key');
      this.match(SPACE);
      result[key] = this.value();
      this.path.pop();
      this.match(SPACE);
    } while (this.take(','));
    if (!this.take('}')) this.fail('"," or "}"');
    return result;
  }

  private array(): RawValue[] {
    const result: RawValue[] = [];
    this.open();
    if (this.take(']')) return result;
    do {
      this.match(SPACE);
      this.enter(String(result.length), this.currentLine());
      result.push(this.value());
      this.path.pop();
      this.match(SPACE);
    } while (this.take(','));
    if (!this.take(']')) this.fail('"," or "]"');
    return result;
  }

  private open(): void {
    if (this.path.length >= MAX_DOCUMENT_DEPTH) {
      throw new JsonFault(`nested deeper than ${MAX_DOCUMENT_DEPTH} levels`, this.at);
    }
    this.at++;
    this.match(SPACE);
  }

  private enter(key: string, line: number): void {
    this.path.push(key);
    this.lines.set(this.path.join('/'), line);
  }

  private string(): string {
    const start = this.at;
    const raw = this.match(STRING);
    if (raw === undefined) throw new JsonFault('a text without closing quote', start);
    try {
      return JSON.parse(raw) as string;
    } catch {
      throw new JsonFault('a text with a bad escape or a control character', start);
    }
  }

  private scalar(): RawValue {
    const start = this.at;
    const number = this.match(NUMBER);
    if (number !== undefined && !/[\w.]/.test(this.text[this.at] ?? '')) return Number(number);
    this.at = start;
    const word = this.match(WORD);
    const value = word === undefined ? undefined : WORDS[word];
    if (word !== undefined && value !== undefined && Object.hasOwn(WORDS, word)) return value;
    this.at = start;
    return this.fail('a value');
  }

  private match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.text)?.[0];
    if (found !== undefined) this.at += found.length;
    return found;
  }

  private take(character: string): boolean {
    if (this.text[this.at] !== character) return false;
    this.at++;
    return true;
  }

  private currentLine(): number {
    for (; this.countedTo < this.at; this.countedTo++) {
      if (this.text.charCodeAt(this.countedTo) === 10) this.line++;
    }
    return this.line;
  }

  private fail(expected: string): never {
    const rest = this.text.slice(this.at);
    const found =
      rest === '' ? 'the end of the text' : JSON.stringify(/^(?:[\w.+-]{1,24}|[\s\S]?)/.exec(rest)?.[0]);
    throw new JsonFault(`found ${found}, expected ${expected}`, this.at);
  }
}
