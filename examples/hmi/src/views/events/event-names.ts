import { className, typeName } from '../../../../../src/client/names.ts';
import { t } from '../../texts.ts';

/** In the viewer's language where the panel has words for it; the rest has the protocol's name. */
export function classWords(vscpClass: number): string {
  return t(className(vscpClass));
}

/** Names that mean something else elsewhere. */
const OTHER_WORDS: Readonly<Record<string, string>> = {
  '1.5': t('Power failure'),
  '30.3': t('Open up'),
};

/** As `classWords`. */
export function typeWords(vscpClass: number, vscpType: number): string {
  return OTHER_WORDS[`${vscpClass}.${vscpType}`] ?? t(typeName(vscpClass, vscpType));
}
