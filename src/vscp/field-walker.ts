import { GUID_TEXT_LENGTH, guidInText } from './guid.ts';
import { uintInText } from './number-text.ts';

const COMMA = 0x2c;
const COLON = 0x3a;
const DASH = 0x2d;
const ZERO = 0x30;
const NINE = 0x39;

function isBlank(code: number): boolean {
  return code === 0x20 || (code >= 0x09 && code <= 0x0d);
}

/**
 * Walks over the comma-separated fields of a text. The `take…` methods go on by one field and read it; they
 * read the most common forms in one pass, without finding the field's bounds first.
 */
export class FieldWalker {
  readonly text: string;
  /** Bounds, without white space, of the field that `advance` went to. */
  start = 0;
  stop = 0;
  /** Where the next field begins; beyond the end of the text when there is none. */
  next: number;

  constructor(text: string, from: number) {
    this.text = text;
    this.next = from;
  }

  get atEnd(): boolean {
    return this.next > this.text.length;
  }

  /** Goes on by one field. Returns false, and makes the field empty, when the text has no more. */
  advance(): boolean {
    const { text } = this;
    const end = text.length;
    let stop = this.next;
    if (stop > end) {
      this.start = this.stop = end;
      return false;
    }
    while (stop < end && text.charCodeAt(stop) !== COMMA) stop++;
    let start = this.next;
    this.next = stop + 1;
    while (start < stop && isBlank(text.charCodeAt(start))) start++;
    while (stop > start && isBlank(text.charCodeAt(stop - 1))) stop--;
    this.start = start;
    this.stop = stop;
    return true;
  }

  /**
   * Reads a number of at most `max`; -1 when it is none or larger, `whenEmpty` for an empty or missing field.
   */
  takeUint(max: number, whenEmpty: number): number {
    const value = this.#takeDecimal(max);
    if (value >= 0) return value;
    this.advance();
    return this.start === this.stop ? whenEmpty : uintInText(this.text, this.start, this.stop, max);
  }

  /** Reads a field of digits alone that a comma follows; else returns -1, and the walker stays. */
  #takeDecimal(max: number): number {
    const { text, next } = this;
    const end = text.length;
    let value = 0;
    for (let at = next; at < end; at++) {
      const code = text.charCodeAt(at);
      if (code < ZERO || code > NINE) {
        if (code !== COMMA || at === next) return -1;
        this.next = at + 1;
        return value;
      }
      value = value * 10 + (code - ZERO);
      if (value > max) return -1;
    }
    return -1;
  }

  /** Reads a GUID; undefined when the field is none or missing. */
  takeGuid(): Uint8Array | undefined {
    const { text, next } = this;
    const end = next + GUID_TEXT_LENGTH;
    const whole = end === text.length || (end < text.length && text.charCodeAt(end) === COMMA);
    const guid = whole ? guidInText(text, next, end) : undefined;
    if (guid !== undefined) {
      this.next = end + 1;
      return guid;
    }
    return this.advance() ? guidInText(text, this.start, this.stop) : undefined;
  }

  /**
   * Whether the present field can only be a GUID: `-`, or a text with a colon or, after its first character,
   * a dash.
   */
  looksLikeGuid(): boolean {
    const { text, start, stop } = this;
    if (stop - start === 1) return text.charCodeAt(start) === DASH;
    for (let at = start; at < stop; at++) {
      const code = text.charCodeAt(at);
      if (code === COLON || (code === DASH && at > start)) return true;
    }
    return false;
  }
}
