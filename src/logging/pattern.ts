import { readlinkSync } from 'node:fs';
import type { LogLevel } from './logger.ts';

export interface LogRecord {
  time: Date;
  level: LogLevel;
  /** The part of the driver that logs. */
  name: string;
  message: string;
}

/** Names as spdlog prints them; two of them differ from those of the configuration. */
const LEVEL_NAMES: Record<LogLevel, string> = {
  trace: 'trace',
  debug: 'debug',
  info: 'info',
  warn: 'warning',
  err: 'error',
  critical: 'critical',
};

const LEVEL_COLOURS: Record<LogLevel, string> = {
  trace: '\x1b[37m',
  debug: '\x1b[36m',
  info: '\x1b[32m',
  warn: '\x1b[33m\x1b[1m',
  err: '\x1b[31m\x1b[1m',
  critical: '\x1b[1m\x1b[41m',
};

const DAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

type Part = (record: LogRecord) => string;

const two = (value: number): string => String(value).padStart(2, '0');
const clock = (time: Date): string =>
  `${two(time.getHours())}:${two(time.getMinutes())}:${two(time.getSeconds())}`;

/** The flags of spdlog patterns; times are local. `%c` is in every sample of the C++ driver. */
const FLAGS: Record<string, Part> = {
  v: ({ message }) => message,
  l: ({ level }) => LEVEL_NAMES[level],
  L: ({ level }) => LEVEL_NAMES[level].charAt(0).toUpperCase(),
  n: ({ name }) => name,
  t: () => threadId(),
  P: () => String(process.pid),
  Y: ({ time }) => String(time.getFullYear()),
  m: ({ time }) => two(time.getMonth() + 1),
  d: ({ time }) => two(time.getDate()),
  H: ({ time }) => two(time.getHours()),
  M: ({ time }) => two(time.getMinutes()),
  S: ({ time }) => two(time.getSeconds()),
  e: ({ time }) => String(time.getMilliseconds()).padStart(3, '0'),
  // The clock is read in milliseconds.
  f: ({ time }) => String(time.getMilliseconds() * 1000).padStart(6, '0'),
  z: ({ time }) => offset(time),
  c: ({ time }) =>
    `${DAYS[time.getDay()]} ${MONTHS[time.getMonth()]} ${String(time.getDate()).padStart(2)} ${clock(time)} ${time.getFullYear()}`,
  '%': () => '%',
};

function offset(time: Date): string {
  const minutes = -time.getTimezoneOffset();
  const size = Math.abs(minutes);
  return `${minutes < 0 ? '-' : '+'}${two(Math.floor(size / 60))}:${two(size % 60)}`;
}

let knownThreadId: string | undefined;

/**
 * The system's id of this thread, as spdlog prints it; the id of the process when the system does not tell
 * it.
 */
function threadId(): string {
  if (knownThreadId === undefined) {
    try {
      knownThreadId = readlinkSync('/proc/thread-self').split('/').at(-1);
    } catch {
      knownThreadId = undefined;
    }
    knownThreadId ??= String(process.pid);
  }
  return knownThreadId;
}

/**
 * Compiles an spdlog pattern once. It prints unknown flags as they are.
 * @param colours whether `%^` … `%$` colour the text between them (terminals)
 */
export function compilePattern(pattern: string, colours: boolean): (record: LogRecord) => string {
  const parts: (string | Part)[] = [];
  for (const [piece, flag] of pattern.matchAll(/%([\s\S])|[^%]+|%/g)) {
    if (flag === '^') parts.push(({ level }) => (colours ? LEVEL_COLOURS[level] : ''));
    else if (flag === '$') parts.push(colours ? '\x1b[0m' : '');
    else parts.push(flag !== undefined && Object.hasOwn(FLAGS, flag) ? (FLAGS[flag] ?? piece) : piece);
  }
  return (record) => {
    let line = '';
    for (const part of parts) line += typeof part === 'string' ? part : part(record);
    return line;
  };
}
