import { isUtf8 } from 'node:buffer';
import type { IncomingMessage } from 'node:http';
import { FORMATS, type Format } from './answers.ts';

/** Maximum size of one value in bytes. */
export const MAX_VALUE_BYTES = 2047;
const CREDENTIALS = new Set(['vscpuser', 'vscpsecret', 'vscpsession']);
const CALLBACK = /^[A-Za-z_$][\w$.]{0,63}$/;
const USUAL_CALLBACK = 'handler';

/** The parameters of a request, from the query and the form; credentials may also come in headers. */
export class Parameters {
  readonly #query: URLSearchParams;
  readonly #form: URLSearchParams;
  readonly #request: IncomingMessage;

  constructor(request: IncomingMessage, form: string) {
    const target = request.url ?? '';
    const at = target.indexOf('?');
    this.#query = new URLSearchParams(at < 0 ? '' : target.slice(at + 1).split('#', 1)[0]);
    this.#form = new URLSearchParams(form);
    this.#request = request;
  }

  /** Value of a parameter, the first when it is given more than once. An empty value counts as not given. */
  get(name: string): string | undefined {
    const header = CREDENTIALS.has(name) ? this.#header(name) : undefined;
    return header || this.#form.get(name) || this.#query.get(name) || undefined;
  }

  /** Name of a parameter whose value is too long; undefined when there is none. */
  get tooLong(): string | undefined {
    for (const values of [this.#query, this.#form]) {
      for (const [name, value] of values) if (Buffer.byteLength(value) > MAX_VALUE_BYTES) return name;
    }
    return [...CREDENTIALS].find((name) => Buffer.byteLength(this.#header(name) ?? '') > MAX_VALUE_BYTES);
  }

  /** The requested format; undefined when there is no such format. */
  get format(): Format | undefined {
    const given = this.get('format')?.toLowerCase() ?? 'plain';
    return FORMATS.find((format, number) => format === given || String(number) === given);
  }

  /** Name of the function that jsonp calls. */
  get callback(): string {
    const given = this.get('callback');
    return given !== undefined && CALLBACK.test(given) ? given : USUAL_CALLBACK;
  }

  /** Programs send names and passwords in headers as UTF-8, which Node reads as Latin-1. */
  #header(name: string): string | undefined {
    const given = this.#request.headers[name];
    if (typeof given !== 'string') return undefined;
    const bytes = Buffer.from(given, 'latin1');
    return isUtf8(bytes) ? bytes.toString() : given;
  }
}
