import { recall, remember } from '../store/memory.ts';

const THEMES = ['light', 'dark'] as const;
type Look = (typeof THEMES)[number];
export type Theme = Look | 'system';

const darkSystem = matchMedia('(prefers-color-scheme: dark)');

const systemLook = (): Look => (darkSystem.matches ? 'dark' : 'light');

/** What the viewer chose. */
export function chosenTheme(): Theme {
  return THEMES.find((theme) => theme === recall('theme')) ?? 'system';
}

function shownLook(): Look {
  const theme = chosenTheme();
  return theme === 'system' ? systemLook() : theme;
}

function apply(): void {
  document.documentElement.dataset.theme = shownLook();
}

/** Shows the page in the chosen theme, and follows the system while that is the choice. */
export function followTheme(): void {
  apply();
  darkSystem.addEventListener('change', apply);
}

/** The other look than what is shown; where the system has that, it is followed again. */
export function switchTheme(): void {
  const wanted = shownLook() === 'dark' ? 'light' : 'dark';
  remember('theme', wanted === systemLook() ? undefined : wanted);
  apply();
}
