import { recall, remember } from './memory.ts';

const THEMES = ['system', 'light', 'dark'] as const;
export type Theme = (typeof THEMES)[number];

const darkSystem = matchMedia('(prefers-color-scheme: dark)');

/** What the viewer chose. */
export function chosenTheme(): Theme {
  return THEMES.find((theme) => theme === recall('theme')) ?? 'system';
}

function apply(): void {
  const theme = chosenTheme();
  const isDark = theme === 'dark' || (theme === 'system' && darkSystem.matches);
  document.documentElement.dataset.theme = isDark ? 'dark' : 'light';
}

/** Shows the page in the chosen theme, and follows the system while that is the choice. */
export function followTheme(): void {
  apply();
  darkSystem.addEventListener('change', apply);
}

export function nextTheme(): void {
  const theme = THEMES[(THEMES.indexOf(chosenTheme()) + 1) % THEMES.length];
  remember('theme', theme === 'system' ? undefined : theme);
  apply();
}
