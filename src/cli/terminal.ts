import { createInterface } from 'node:readline';
import { CommandError, EXIT } from './command.ts';

/** Characters that a terminal would obey, or that would disguise a text: controls and formats. */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

/** Makes a foreign text fit for one line of a terminal, with the escapes of JSON. */
export function visible(text: string): string {
  const coded = (unit: string): string => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
  return text.replace(UNPRINTABLE, (sign) => sign.split('').map(coded).join(''));
}

/**
 * Callers may print several lines at once, so line breaks stay; foreign text must pass through `visible`
 * first.
 */
function fitForTerminal(text: string): string {
  return text.split('\n').map(visible).join('\n');
}

export function printLine(line: string): void {
  process.stdout.write(`${fitForTerminal(line)}\n`);
}

/** For what is not the result: warnings, prompts, progress. */
export function printNote(line: string): void {
  process.stderr.write(`${fitForTerminal(line)}\n`);
}

/** The first line of the standard input, without its end. */
export async function readStdinLine(): Promise<string> {
  process.stdin.setEncoding('utf8');
  let text = '';
  for await (const chunk of process.stdin) {
    text += chunk;
    if (text.includes('\n') || text.length > 65536) break;
  }
  return text.split(/\r?\n/)[0] ?? '';
}

/** Whether there is a terminal to ask a person at. */
export function canAsk(): boolean {
  return process.stdin.isTTY === true;
}

/** Asks at the terminal. */
export async function ask(question: string): Promise<string> {
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return await new Promise((resolve, reject) => {
      lines.once('close', () => reject(new CommandError('interrupted')));
      lines.question(question, resolve);
    });
  } finally {
    lines.close();
  }
}

const ENTER = new Set(['\r', '\n', '\u0004']);
const BACKSPACE = new Set(['\u007f', '\b']);
const INTERRUPT = '\u0003';

/** Asks at the terminal without showing what is typed. */
export function askHidden(question: string): Promise<string> {
  const { stdin } = process;
  if (!canAsk()) {
    throw new CommandError(
      'there is no terminal to ask for the password; use --stdin or --password-file',
      EXIT.usage,
    );
  }
  process.stderr.write(question);
  stdin.setRawMode(true);
  stdin.setEncoding('utf8');
  stdin.resume();
  return new Promise((resolve, reject) => {
    let typed = '';
    const end = (): void => {
      stdin.off('data', take);
      stdin.setRawMode(false);
      stdin.pause();
      process.stderr.write('\n');
    };
    const take = (chunk: string): void => {
      for (const character of chunk) {
        if (ENTER.has(character)) {
          end();
          resolve(typed);
          return;
        }
        if (character === INTERRUPT) {
          end();
          reject(new CommandError('interrupted'));
          return;
        }
        typed = BACKSPACE.has(character) ? [...typed].slice(0, -1).join('') : typed + character;
      }
    };
    stdin.on('data', take);
  });
}
