import { parseStringPromise } from 'xml2js';

export const REST_FORMATS = ['plain', 'csv', 'xml', 'json', 'jsonp'] as const;
export type RestFormat = (typeof REST_FORMATS)[number];

/** What an answer says, in whichever form it came. */
export interface RestAnswer {
  status: number;
  headers: Headers;
  text: string;
  success: boolean;
  code: number;
  message: string;
  sessionKey?: string;
  waiting?: number;
  /** Event texts; for the JSON forms, objects. */
  events?: unknown[];
}

/** The rows of a CSV text (RFC 4180). */
export function readCsv(text: string): string[][] {
  const field = /("(?:[^"]|"")*"|[^,"\r\n]*)(,|\r\n)/y;
  const rows: string[][] = [[]];
  while (field.lastIndex < text.length) {
    const at = field.lastIndex;
    const [whole, value = '', end] = field.exec(text) ?? [];
    if (whole === undefined) throw new Error(`not CSV at ${at}: ${text.slice(at, at + 60)}`);
    rows.at(-1)?.push(value.startsWith('"') ? value.slice(1, -1).replaceAll('""', '"') : value);
    if (end === '\r\n') rows.push([]);
  }
  return rows.slice(0, -1);
}

type Said = Omit<RestAnswer, 'status' | 'headers' | 'text'>;

function readPlain(text: string): Said {
  const [, success, code, message = ''] = /^([01]) (-?\d+) ([^\r]*?)(?: vscpsession=|\s)/.exec(text) ?? [];
  const [, sessionKey, waiting] = /vscpsession=([0-9a-f]{32}) nEvents=(\d+)/.exec(text) ?? [];
  const [, whole] = /^[01] -?\d+ (.*) \r\n/.exec(text) ?? [];
  const events = [...text.matchAll(/^- (.*)\r$/gm)].map(([, event]) => event);
  return {
    success: success === '1',
    code: Number(code),
    message: whole ?? message,
    ...(sessionKey === undefined ? {} : { sessionKey, waiting: Number(waiting) }),
    ...(events.length === 0 ? {} : { events }),
  };
}

function readRows(text: string): Said {
  const [head = [], first = [], ...rest] = readCsv(text);
  const [success, code, message = ''] = first;
  const isState = head.includes('vscpsession');
  const events = rest.filter(([, kind]) => kind === '3').map((row) => row.slice(4).join());
  const names = ['success-code', 'error-code', 'message', 'description'];
  if (head.slice(0, 4).join() !== names.join()) throw new Error(`CSV head: ${head}`);
  return {
    success: success === '1',
    code: Number(code),
    message,
    ...(isState ? { sessionKey: String(first[4]), waiting: Number(first[5]) } : {}),
    ...(head.includes('Event') ? { events } : {}),
  };
}

async function readXml(text: string): Promise<Said> {
  const { 'vscp-rest': root } = await parseStringPromise(text, { explicitArray: true });
  const { $: attributes = {}, ...children } = typeof root === 'string' ? {} : root;
  return {
    success: attributes.success === 'true',
    code: Number(attributes.code),
    message: attributes.message,
    ...(children.vscpsession
      ? { sessionKey: children.vscpsession[0], waiting: Number(children.nEvents[0]) }
      : {}),
    ...(children.event ? { events: children.event.map((event: { raw: string[] }) => event.raw[0]) } : {}),
  };
}

function readJson(text: string): Said {
  const { success, code, message, vscpsession, nEvents, event } = JSON.parse(text);
  return {
    ...{ success, code, message },
    ...(vscpsession === undefined ? {} : { sessionKey: vscpsession, waiting: nEvents }),
    ...(event === undefined ? {} : { events: event }),
  };
}

/** The argument with which a JSONP answer calls the function; the answer is run, as a page does. */
function readJsonp(text: string): Said {
  let given: unknown;
  new Function('handler', text)((value: unknown) => {
    given = value;
  });
  return readJson(JSON.stringify(given));
}

/** What the text of an answer says. */
export async function readAnswer(text: string, format: RestFormat): Promise<Said> {
  switch (format) {
    case 'plain':
      return readPlain(text);
    case 'csv':
      return readRows(text);
    case 'xml':
      return readXml(text);
    case 'json':
      return readJson(text);
    case 'jsonp':
      return readJsonp(text);
  }
}

export interface RestRequest {
  format?: RestFormat;
  method?: string;
  headers?: Record<string, string>;
}

/** Sends a request to the interface at `url` (with path) and reads the answer. */
export async function askRest(
  url: string,
  parameters: Record<string, string>,
  { format = 'json', method = 'GET', headers = {} }: RestRequest = {},
): Promise<RestAnswer> {
  const query = new URLSearchParams({ format, ...parameters });
  // A kept connection may be closed just as it is used again.
  const own = { connection: 'close', ...headers };
  const response =
    method === 'GET'
      ? await fetch(`${url}?${query}`, { headers: own })
      : await fetch(url, { method, headers: own, body: query });
  const text = await response.text();
  const { status } = response;
  return { status, headers: response.headers, text, ...(await readAnswer(text, format)) };
}

/** Opens a session; resolves to its key. */
export async function openRest(url: string, user = 'admin', password = 'secret'): Promise<string> {
  const answer = await askRest(url, { op: 'open', vscpuser: user, vscpsecret: password });
  if (answer.sessionKey === undefined) throw new Error(answer.text);
  return answer.sessionKey;
}
