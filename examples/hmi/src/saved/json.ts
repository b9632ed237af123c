import type { ParseOptions } from 'jsonc-parser';
import { t } from '../texts.ts';

/** Beyond these somebody has to look at the whole anyhow. */
const MAX_PROBLEMS = 5;

/** The first problems, and how many more there are. */
export function fewOf(problems: readonly string[]): string[] {
  const left = problems.length - MAX_PROBLEMS;
  return left > 0 ? [...problems.slice(0, MAX_PROBLEMS), t('and {n} more.', { n: left })] : [...problems];
}

/**
 * Reads JSON as far as it can be read. The code for what is none is loaded when there is some.
 * @param problems takes a sentence with the line for each thing that is wrong
 */
export async function readJson(text: string, options: ParseOptions, problems: string[]): Promise<unknown> {
  // Editors of Windows put a mark before it.
  const bare = text.replace(/^\uFEFF/, '');
  try {
    return JSON.parse(bare);
  } catch {
    const { readBrokenJson } = await import('./json-problems.ts');
    return readBrokenJson(bare, options, problems);
  }
}

/** @throws Error that says what is wrong in the first line that is */
export async function readStrictJson(text: string): Promise<unknown> {
  const problems: string[] = [];
  const content = await readJson(text, { disallowComments: true }, problems);
  if (problems[0] !== undefined) throw new Error(problems[0]);
  return content;
}
