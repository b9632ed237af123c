import { isUtf8 } from 'node:buffer';
import { type FuzzMessage, type Protocol, textOf } from './fuzz-messages.ts';

/** Commands that a client may give before it has logged in. */
const BEFORE_LOGIN = /^(NOOP|CHALLENGE|CLOSE|VERSION|VER|COPYRIGHT)$/;
const KNOWN =
  /^(NOOP|CHALLENGE|OPEN|CLOSE|SETFILTER|SF|CLRQUEUE|CLRQ|VERSION|VER|COPYRIGHT|WCYD|INTERFACES)$/;
const KNOWN_WS2 = /^(LAST)$/;

/** The replies that are right for a message, as far as can be told without parsing events and filters. */
type Verdict =
  /** One of these error codes; 0 = positive. */
  { word: string; codes: readonly number[] };

function commandVerdict(protocol: Protocol, loggedIn: boolean, word: string, replied: string): Verdict {
  const upper = word.toUpperCase();
  if (!loggedIn) return { word: replied, codes: [BEFORE_LOGIN.test(upper) ? 0 : 5] };
  const isKnown = KNOWN.test(upper) || (protocol === 'ws2' && KNOWN_WS2.test(upper));
  if (!isKnown) return { word: replied, codes: [2] };
  return { word: replied, codes: /^(SF|SETFILTER|LAST)$/.test(upper) ? [0, 1, 7] : [0] };
}

function eventVerdict(loggedIn: boolean): Verdict {
  return { word: 'EVENT', codes: loggedIn ? [0, 3, 6, 8] : [5] };
}

const SHORT_WORDS: Record<string, string> = { SETFILTER: 'SF', CLRQUEUE: 'CLRQ', VER: 'VERSION' };

function ws1Verdict(text: string, loggedIn: boolean): Verdict {
  const [first = '', ...rest] = text.split(';');
  const kind = first.trim().toUpperCase();
  if (kind === 'E') return eventVerdict(loggedIn);
  if (kind !== 'C') return { word: '', codes: [9] };
  const word = (rest[0] ?? '').trim().slice(0, 64);
  const upper = word.toUpperCase();
  const replied = KNOWN.test(upper) ? (SHORT_WORDS[upper] ?? upper) : word;
  return commandVerdict('ws1', loggedIn, word, replied);
}

function ws2Verdict(text: string, loggedIn: boolean): Verdict {
  let message: unknown;
  try {
    message = JSON.parse(text);
  } catch {
    return { word: '', codes: [8] };
  }
  if (typeof message !== 'object' || message === null || Array.isArray(message))
    return { word: '', codes: [8] };
  const own = (name: string): unknown =>
    Object.hasOwn(message as object, name) ? (message as Record<string, unknown>)[name] : undefined;
  const type = own('type');
  const kind = typeof type === 'string' ? type.trim().toUpperCase() : '';
  if (kind === 'E' || kind === 'EVENT') return eventVerdict(loggedIn);
  const given = Object.hasOwn(message, 'command') ? own('command') : own('coommand');
  const word = typeof given === 'string' ? given.trim().slice(0, 64).toUpperCase() : '';
  if (!/^(C|CMD|COMMAND)$/.test(kind)) return { word, codes: [9] };
  return commandVerdict('ws2', loggedIn, word, word);
}

function verdictOf(protocol: Protocol, { payload, isBinary }: FuzzMessage, loggedIn: boolean): Verdict {
  if (isBinary && !isUtf8(payload)) return { word: '', codes: [8] };
  const text = textOf(payload);
  return protocol === 'ws1' ? ws1Verdict(text, loggedIn) : ws2Verdict(text, loggedIn);
}

/** The word and the code (0 = positive) of a reply; undefined when it is none. */
function readReply(protocol: Protocol, reply: string): { word: string; code: number } | undefined {
  if (protocol === 'ws1') {
    const positive = /^\+;([A-Z0-9]+)(?:;[^\n]*)?$/.exec(reply);
    if (positive) return { word: (positive[1] ?? '').replace('AUTH0', 'CHALLENGE'), code: 0 };
    const negative = /^-;(?:([\s\S]*);)?(\d+);[A-Z][^;]*$/.exec(reply);
    return negative ? { word: negative[1] ?? '', code: Number(negative[2]) } : undefined;
  }
  const { type, command, args, ...rest } = JSON.parse(reply);
  if (typeof command !== 'string' || args === undefined) return undefined;
  const beside = command === 'WCYD' ? 'wcyd' : '';
  if (type === '+') return Object.keys(rest).join() === beside ? { word: command, code: 0 } : undefined;
  const isComplete = rest.errcode === rest['error-code'] && typeof rest['error-str'] === 'string';
  return type === '-' && isComplete ? { word: command, code: rest.errcode } : undefined;
}

/** True for an event, which may come between replies. */
export function isEvent(protocol: Protocol, frame: string): boolean {
  return frame.startsWith(protocol === 'ws1' ? 'E;' : '{"type":"EVENT"');
}

/**
 * What is wrong with the reply to a message; undefined when it is as it should be.
 * Control characters and semicolons of a word are not sent back by ws1.
 */
export function judge(
  protocol: Protocol,
  message: FuzzMessage,
  loggedIn: boolean,
  reply: string,
): { wrong: string } | { accepted: boolean } {
  const expected = verdictOf(protocol, message, loggedIn);
  const got = readReply(protocol, reply);
  if (got === undefined) return { wrong: 'not a reply of the protocol' };
  const word = protocol === 'ws1' ? expected.word.replace(/[;\p{Cc}]/gu, ' ') : expected.word;
  // A word cut within a pair of surrogates travels as the replacement character.
  if (Buffer.from(word).toString() !== got.word)
    return { wrong: `expected the word ${JSON.stringify(word)}` };
  if (!expected.codes.includes(got.code)) return { wrong: `expected code ${expected.codes.join(' or ')}` };
  return { accepted: word === 'EVENT' && got.code === 0 };
}
