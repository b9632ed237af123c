import { type ParseError, type ParseOptions, parse, printParseErrorCode } from 'jsonc-parser';
import { t } from '../texts.ts';

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

/**
 * Reads JSON as far as it can be read.
 * @param problems takes a sentence with the line for each thing that is wrong
 */
export function readBrokenJson(text: string, options: ParseOptions, problems: string[]): unknown {
  const errors: ParseError[] = [];
  const content: unknown = parse(text, errors, options);
  for (const { error, offset } of errors) {
    const line = text.slice(0, offset).split('\n').length;
    problems.push(
      t('line {line}: {what}.', { line, what: WORDS[printParseErrorCode(error)] ?? t('this is no JSON') }),
    );
  }
  return content;
}
