import { type ParseError, type ParseOptions, parse, printParseErrorCode } from 'jsonc-parser';
import { t } from './texts.ts';

const WORDS: Readonly<Record<string, string>> = {
  PropertyNameExpected: t('a name in quotes is missing'),
  ValueExpected: t('a value is missing'),
  ColonExpected: t('a colon is missing'),
  CommaExpected: t('a comma is missing'),
  CloseBraceExpected: t('a } is missing'),
  CloseBracketExpected: t('a ] is missing'),
  EndOfFileExpected: t('something stands behind the end'),
  InvalidCommentToken: t('a comment cannot be here'),
  UnexpectedEndOfString: t('a quote is missing'),
};

/** Beyond these somebody has to look at the whole anyhow. */
const MAX_PROBLEMS = 5;

/** The first problems, and how many more there are. */
export function fewOf(problems: readonly string[]): string[] {
  const left = problems.length - MAX_PROBLEMS;
  return left > 0 ? [...problems.slice(0, MAX_PROBLEMS), t('and {n} more.', { n: left })] : [...problems];
}

/**
 * Reads JSON as far as it can be read.
 * @param problems takes a sentence with the line for each thing that is wrong
 */
export function readJson(text: string, options: ParseOptions, problems: string[]): unknown {
  const errors: ParseError[] = [];
  const content: unknown = parse(text.replace(/^\uFEFF/, ''), errors, options);
  for (const { error, offset } of errors) {
    const line = text.slice(0, offset).split('\n').length;
    problems.push(
      t('line {line}: {what}.', { line, what: WORDS[printParseErrorCode(error)] ?? t('this is no JSON') }),
    );
  }
  return content;
}

/** @throws Error that says what is wrong in the first line that is */
export function readStrictJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const problems: string[] = [];
    readJson(text, { disallowComments: true }, problems);
    throw problems[0] === undefined ? error : new Error(problems[0]);
  }
}
