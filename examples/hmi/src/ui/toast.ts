import { h, setText } from './dom.ts';

/** Long enough to read two lines. */
const SHOWN_MS = 10_000;
/** Screen readers tell what changes in an element that they have seen before. */
const SEEN_MS = 100;

const toast = h('p', { class: 'toast', role: 'status' });
let timer: ReturnType<typeof setTimeout> | undefined;

/** Says for a while that something was done, wherever the page is scrolled to. */
export function tell(text: string): void {
  document.body.append(toast);
  clearTimeout(timer);
  timer = setTimeout(() => {
    setText(toast, text);
    timer = setTimeout(() => toast.replaceChildren(), SHOWN_MS);
  }, SEEN_MS);
}
