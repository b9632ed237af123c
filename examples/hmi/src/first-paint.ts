// A script of its own in the page's head: runs before the first paint, so that no wrong theme flashes, and in
// browsers too old for the panel, so that they show a sentence instead of nothing.

import { followTheme } from './device/theme.ts';
import { takeSetupText } from './session/setup-link.ts';

/**
 * The versions are those of scripts in ES2022 and of media queries like `width < 760px`.
 * Here, because the tables of the languages are out of reach: too old, and not loaded.
 */
const SENTENCES: Record<string, readonly [string, string]> = {
  en: [
    'This browser is too old for the panel. It needs Chrome or Edge 104, Firefox 93, Safari 16.4, or a later one.',
    'The panel could not be loaded. Reload the page to try again.',
  ],
  de: [
    'Dieser Browser ist zu alt für das Panel. Es braucht Chrome oder Edge 104, Firefox 93, Safari 16.4 oder neuer.',
    'Das Panel konnte nicht geladen werden. Laden Sie die Seite neu, um es noch einmal zu versuchen.',
  ],
  sv: [
    'Webbläsaren är för gammal för panelen. Den behöver Chrome eller Edge 104, Firefox 93, Safari 16.4 eller senare.',
    'Panelen kunde inte läsas in. Läs in sidan på nytt för att försöka igen.',
  ],
};
const [TOO_OLD, NOT_LOADED] = SENTENCES[navigator.language.slice(0, 2)] ?? SENTENCES.en ?? ['', ''];

function tell(text: string): void {
  const sentence = document.createElement('p');
  sentence.className = 'empty';
  sentence.setAttribute('role', 'alert');
  sentence.textContent = text;
  document.body.appendChild(sentence);
}

function whenReady(run: () => void): void {
  if (document.readyState === 'loading') document.addEventListener('DOMContentLoaded', run);
  else run();
}

let isTold = false;

/** What goes wrong before the panel has come up: a browser that lacks something fails while it reads or runs it. */
function explain(failure: Event): void {
  if (isTold || document.documentElement.hasAttribute('data-started')) return;
  const isNotLoaded = failure.target instanceof HTMLScriptElement;
  const isOwn = failure instanceof ErrorEvent && /^$|^https?:/.test(failure.filename);
  if (!isNotLoaded && !isOwn) return;
  isTold = true;
  whenReady(() => tell(isNotLoaded ? NOT_LOADED : TOO_OLD));
}

addEventListener('error', explain, true);
if (!('noModule' in HTMLScriptElement.prototype)) whenReady(() => tell(TOO_OLD));
followTheme();
// A login must not stay in the address, where people and the browser's history see it.
window.setupText = takeSetupText();
