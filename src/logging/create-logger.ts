import type { Logger as WinstonLogger } from 'winston';
// Not the whole of winston, which would be read and run at start.
import createWinstonLogger from 'winston/lib/winston/create-logger.js';
import Transport from 'winston-transport';
import { ConsoleSink } from './console-sink.ts';
import type { ConfigLogLevel, Logger, LoggingSettings, LogLevel } from './logger.ts';
import { compilePattern, type LogRecord } from './pattern.ts';
import { escapeControls, redactFrame } from './redact.ts';
import { RotatingFile } from './rotating-file.ts';

/** Levels in winston's order: the smaller the number, the graver the level. */
const LEVELS: Record<LogLevel, number> = { critical: 0, err: 1, warn: 2, info: 3, debug: 4, trace: 5 };

const MAX_MESSAGE = 8192;

/** Numbers of log lines that reached nobody. */
export interface LostLines {
  file: number;
  console: number;
}

export interface LogSystem {
  /** Makes the logger of one part of the driver; `%n` prints `name`. */
  logger(name: string): Logger;
  /** Changes the levels while running. */
  setLevels(levels: Pick<LoggingSettings, 'fileLevel' | 'consoleLevel'>): void;
  /** Writes the waiting lines, within about a second; no line is lost unless its destination fails. */
  close(): Promise<void>;
  /** Lines that could not be written, by destination, since the beginning. */
  lostLines(): LostLines;
  /** Writes the waiting lines before it returns: for the last words before an environment ends. */
  flushSync(): void;
}

/**
 * Sets winston up with the console and the rotating file that the settings ask for. Never throws.
 * @param mark begins each message, where several processes write to one file
 */
export function createLogger(settings: LoggingSettings, mark = ''): LogSystem {
  const console = new ConsoleSink();
  const toConsole = new SinkTransport(
    (line) => console.write(line),
    settings.consolePattern,
    console.colours,
  );
  const file = new RotatingFile({
    path: settings.filePath,
    maxSize: settings.fileMaxSize,
    maxFiles: settings.fileMaxFiles,
    onTrouble: (message) => {
      if (!toConsole.silent) toConsole.print({ time: new Date(), level: 'err', name: 'logging', message });
    },
  });
  const toFile = new SinkTransport((line) => file.write(line), settings.filePattern, false);
  const root = createWinstonLogger({
    levels: LEVELS,
    level: 'trace',
    // The transports write the lines; winston's own format would make a JSON text of each as well.
    format: { transform: (record) => record },
    transports: [toConsole, toFile],
  });
  // Winston's streams report errors as events; without a listener these would end the environment.
  for (const emitter of [root, toConsole, toFile]) emitter.on('error', () => undefined);
  let threshold = -1;

  const setLevels: LogSystem['setLevels'] = ({ fileLevel, consoleLevel }) => {
    toFile.setLevel(settings.fileEnable ? fileLevel : 'off');
    toConsole.setLevel(settings.consoleEnable ? consoleLevel : 'off');
    threshold = Math.max(toFile.threshold, toConsole.threshold);
  };
  setLevels(settings);

  const write = (name: string, level: LogLevel, message: string): void => {
    if (LEVELS[level] > threshold) return;
    const record: LogRecord = { time: new Date(), level, name, message: safeMessage(mark + message) };
    root.write({ ...record, [Symbol.for('level')]: level });
  };
  let closing: Promise<void> | undefined;
  const close = async (): Promise<void> => {
    await ended(root, [toConsole, toFile]);
    threshold = -1;
    await Promise.all([file.close(), console.close()]);
  };
  return {
    logger: (name) => namedLogger(name, write, (level) => LEVELS[level] <= threshold),
    setLevels,
    flushSync: () => {
      file.flushSync();
      console.flushSync();
    },
    lostLines: () => ({ file: file.lostLines, console: console.lostLines }),
    close: () => {
      closing ??= close();
      return closing;
    },
  };
}

/** Makes a message one line of bounded length, without control characters and without credentials. */
function safeMessage(message: string): string {
  const text = message.length > MAX_MESSAGE ? `${message.slice(0, MAX_MESSAGE)}…` : message;
  return escapeControls(redactFrame(text));
}

function namedLogger(
  name: string,
  write: (name: string, level: LogLevel, message: string) => void,
  enabled: (level: LogLevel) => boolean,
): Logger {
  return {
    trace: (message) => write(name, 'trace', message),
    debug: (message) => write(name, 'debug', message),
    info: (message) => write(name, 'info', message),
    warn: (message) => write(name, 'warn', message),
    err: (message) => write(name, 'err', message),
    critical: (message) => write(name, 'critical', message),
    enabled,
  };
}

/** Ends winston's streams; a transport has finished when all its lines have reached its sink. */
async function ended(root: WinstonLogger, transports: Transport[]): Promise<void> {
  const finished = transports.map((transport) => new Promise((resolve) => transport.once('finish', resolve)));
  root.end();
  await Promise.all(finished);
}

/** A winston transport that formats with an spdlog pattern and hands the line to a sink which never waits. */
class SinkTransport extends Transport {
  private readonly sink: (line: string) => void;
  private readonly formatLine: (record: LogRecord) => string;

  constructor(sink: (line: string) => void, pattern: string, colours: boolean) {
    super();
    this.sink = sink;
    this.formatLine = compilePattern(pattern, colours);
  }

  setLevel(level: ConfigLogLevel): void {
    this.silent = level === 'off';
    this.level = level === 'off' ? 'critical' : level;
  }

  /** The least grave level that passes, as winston counts; -1 = none. */
  get threshold(): number {
    return this.silent === true ? -1 : (LEVELS[(this.level ?? 'trace') as LogLevel] ?? -1);
  }

  print(record: LogRecord): void {
    this.sink(this.formatLine(record));
  }

  override log(record: LogRecord, next: () => void): void {
    this.print(record);
    next();
  }
}
