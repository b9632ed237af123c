import { recall, remember } from '../store/memory.ts';
import { LANGUAGES, t } from '../texts.ts';
import { h } from '../ui/dom.ts';
import { field, select } from '../ui/form-parts.ts';

/** Lets the viewer choose the language on this device; the page loads anew in it. */
export function languageChoice(id: string): HTMLElement {
  const choice = select(id, [['', t('as the browser')], ...Object.entries(LANGUAGES)]);
  choice.value = recall('language') ?? '';
  choice.addEventListener('change', () => {
    remember('language', choice.value || undefined);
    location.reload();
  });
  return h('div', { class: 'language' }, field(t('Language'), choice));
}
