/** The formats in which the legacy REST interface answers. */
export const FORMATS = ['plain', 'csv', 'xml', 'json', 'jsonp'] as const;
export type Format = (typeof FORMATS)[number];

export const CONTENT_TYPES: Readonly<Record<Format, string>> = {
  plain: 'text/plain',
  csv: 'text/csv',
  xml: 'application/xml',
  json: 'application/json',
  jsonp: 'application/javascript',
};

/** The messages of the error codes that are sent. */
export const MESSAGES = {
  [-1]: 'Failure',
  [-2]: 'Invalid session',
  [-3]: 'Unsupported format',
  [-4]: 'Unable to create session',
  [-5]: 'Missing data/parameter',
  [-6]: 'Input queue empty',
  [-10]: 'No room in queue',
  [-15]: 'Invalid origin',
  [-16]: 'Invalid password',
} as const;
export type RestCode = keyof typeof MESSAGES;

/** One event as an answer contains it. */
export interface RestEvent {
  /** The event as in ws1. */
  text: string;
  head: number;
  vscpClass: number;
  vscpType: number;
  obid: number;
  datetime: string;
  /** Decimal digits. */
  timestamp: string;
  /** `0x` and 16 hex digits; only in the nanosecond form. */
  timestampNs?: string;
  guid: string;
  data: readonly number[];
}

/** The result of an operation. */
export type Outcome =
  | { kind: 'done' }
  /** `isOpen`: the answer to the operation open, whose plain form scripts split at blanks and `=`. */
  | { kind: 'state'; sessionKey: string; waiting: number; isOpen: boolean }
  | { kind: 'events'; requested: number; available: number; events: readonly RestEvent[] }
  | { kind: 'error'; code: RestCode; description: string };

export const DONE: Outcome = { kind: 'done' };

export function failure(code: RestCode, description: string): Outcome {
  return { kind: 'error', code, description };
}

const EOL = '\r\n';
const XML_HEAD = `<?xml version="1.0" encoding="UTF-8"?>${EOL}`;
const CSV_HEAD = 'success-code,error-code,message,description';
const DESCRIPTION = 'Success.';

function lines(...parts: readonly string[]): string {
  return parts.map((part) => part + EOL).join('');
}

function infoOf({ requested, available, events }: Extract<Outcome, { kind: 'events' }>): string {
  return `${requested} events requested of ${available} available (unfiltered) ${events.length} will be retrieved`;
}

function plain(outcome: Outcome): string {
  if (outcome.kind === 'error') {
    const { code, description } = outcome;
    return lines(`0 ${code} ${MESSAGES[code]} `, '', description);
  }
  if (outcome.kind === 'events') {
    return lines('1 1 Success ', infoOf(outcome), ...outcome.events.map(({ text }) => `- ${text}`));
  }
  if (outcome.kind === 'done') return lines('1 1 Success ', '', DESCRIPTION);
  const state = `vscpsession=${outcome.sessionKey} nEvents=${outcome.waiting}`;
  return outcome.isOpen ? `1 1 Success ${state}` : lines('1 1 Success ', '', DESCRIPTION, state);
}

function csvField(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function csv(outcome: Outcome): string {
  switch (outcome.kind) {
    case 'error': {
      const { code, description } = outcome;
      return lines(CSV_HEAD, `0,${code},${MESSAGES[code]},${csvField(description)}`);
    }
    case 'done':
      return lines(CSV_HEAD, `1,1,Success,${DESCRIPTION}`);
    case 'state':
      return lines(
        `${CSV_HEAD},vscpsession,nEvents`,
        `1,1,Success,${DESCRIPTION},${outcome.sessionKey},${outcome.waiting}`,
      );
    case 'events':
      return lines(
        `${CSV_HEAD},Event`,
        `1,1,Success,${DESCRIPTION},NULL`,
        `1,2,Info,${infoOf(outcome)},NULL`,
        `1,4,Count,${outcome.events.length},NULL`,
        ...outcome.events.map(({ text }) => `1,3,Data,Event,${text}`),
      );
  }
}

const XML_ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
};

function xmlText(text: string): string {
  return text.replace(/[&<>"]/g, (character) => XML_ENTITIES[character] ?? '');
}

function element(name: string, content: string | number): string {
  return `<${name}>${content}</${name}>`;
}

function xmlEvent(event: RestEvent): string {
  const data = event.data.map((byte) => `0x${byte.toString(16).toUpperCase().padStart(2, '0')}`).join();
  return element(
    'event',
    element('head', event.head) +
      element('vscpclass', event.vscpClass) +
      element('vscptype', event.vscpType) +
      element('obid', event.obid) +
      element('datetime', event.datetime) +
      element('timestamp', event.timestamp) +
      element('guid', event.guid) +
      element('sizedata', event.data.length) +
      element('data', data) +
      element('raw', event.text),
  );
}

function xml(outcome: Outcome): string {
  if (outcome.kind === 'error') {
    const attributes = `code="${outcome.code}" message="${MESSAGES[outcome.code]}"`;
    return `${XML_HEAD}<vscp-rest success="false" ${attributes} description="${xmlText(outcome.description)}"/>${EOL}`;
  }
  const start = `<vscp-rest success="true" code="1" message="Success" description="${DESCRIPTION}"`;
  if (outcome.kind === 'done') return `${XML_HEAD}${start}/>${EOL}`;
  const content =
    outcome.kind === 'state'
      ? element('vscpsession', outcome.sessionKey) + element('nEvents', outcome.waiting)
      : element('info', infoOf(outcome)) +
        element('count', outcome.events.length) +
        outcome.events.map(xmlEvent).join('') +
        element('filtered', 0) +
        element('errors', 0);
  return `${XML_HEAD}${start}>${content}</vscp-rest>${EOL}`;
}

function jsonEvent(event: RestEvent): object {
  return {
    head: event.head,
    vscpclass: event.vscpClass,
    vscptype: event.vscpType,
    datetime: event.datetime,
    timestamp: Number(event.timestamp),
    ...(event.timestampNs === undefined ? {} : { timestamp_ns: event.timestampNs }),
    obid: event.obid,
    guid: event.guid,
    sizedata: event.data.length,
    data: event.data,
    // The one client library reads these spellings.
    vscpClass: event.vscpClass,
    vscpType: event.vscpType,
  };
}

function json(outcome: Outcome): string {
  if (outcome.kind === 'error') {
    const { code, description } = outcome;
    return JSON.stringify({ success: false, code, message: MESSAGES[code], description });
  }
  const done = { success: true, code: 1, message: 'success', description: 'Success' };
  if (outcome.kind === 'done') return JSON.stringify(done);
  if (outcome.kind === 'state') {
    return JSON.stringify({ ...done, vscpsession: outcome.sessionKey, nEvents: outcome.waiting });
  }
  return JSON.stringify({
    ...done,
    info: infoOf(outcome),
    event: outcome.events.map(jsonEvent),
    count: outcome.events.length,
    filtered: 0,
    errors: 0,
  });
}

/** The text of an answer. `callback` is the function that `jsonp` calls. */
export function formatOutcome(outcome: Outcome, format: Format, callback: string): string {
  switch (format) {
    case 'plain':
      return plain(outcome);
    case 'csv':
      return csv(outcome);
    case 'xml':
      return xml(outcome);
    case 'json':
      return json(outcome);
    case 'jsonp':
      return `typeof ${callback} === 'function' && ${callback}(${json(outcome)});`;
  }
}
