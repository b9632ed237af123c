import { type ParseArgsConfig, parseArgs } from 'node:util';
import { errorMessage } from '../core/errors.ts';

/** How a command ended, as the shell sees it. */
export const EXIT = { ok: 0, failed: 1, usage: 2 } as const;

export interface CliCommand {
  /** First word of the command line. */
  name: string;
  /** One line for the list of commands. */
  summary: string;
  /** Shown by `--help`. */
  help: string;
  options: NonNullable<ParseArgsConfig['options']>;
  /** @returns the exit code. @throws CommandError with a message for the user */
  run(given: GivenArguments): Promise<number>;
}

export interface GivenArguments {
  values: Record<string, string | boolean | undefined>;
  positionals: string[];
}

/** A message for the user of the command line; ends the program with `exitCode`. */
export class CommandError extends Error {
  readonly exitCode: number;

  constructor(message: string, exitCode: number = EXIT.failed) {
    super(message);
    this.exitCode = exitCode;
  }
}

/** Reads options and arguments. @throws CommandError for those that the command does not have */
export function readArguments(command: CliCommand, args: string[]): GivenArguments {
  try {
    const options = { ...command.options, help: { type: 'boolean', short: 'h' } as const };
    const { values, positionals } = parseArgs({ args, options, allowPositionals: true, strict: true });
    return { values: values as GivenArguments['values'], positionals };
  } catch (error) {
    throw usageError(command, errorMessage(error));
  }
}

export function usageError(command: Pick<CliCommand, 'name'>, message: string): CommandError {
  return new CommandError(`${message}\nTry: vscpl2drv-websocksrv ${command.name} --help`, EXIT.usage);
}

/** The value of an option that takes a text. */
export function textOption(given: GivenArguments, name: string): string | undefined {
  const value = given.values[name];
  return typeof value === 'string' ? value : undefined;
}

/** The value of an option that takes a whole number from `min` to `max`. */
export function numberOption(
  command: Pick<CliCommand, 'name'>,
  given: GivenArguments,
  name: string,
  [min, max]: readonly [number, number],
): number | undefined {
  const text = textOption(given, name);
  if (text === undefined) return undefined;
  const value = /^(?:\d+|0x[0-9a-f]+)$/i.test(text) ? Number(text) : Number.NaN;
  if (!(value >= min && value <= max)) {
    throw usageError(command, `--${name} takes a whole number from ${min} to ${max}, not "${text}"`);
  }
  return value;
}
