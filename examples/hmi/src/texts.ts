import { recall } from './store/memory.ts';

/** What is used of the browser; tests check this file without the types of a browser. */
declare const navigator: { readonly languages: readonly string[] };

/** Each in its own words. */
export const LANGUAGES = { en: 'English', de: 'Deutsch', sv: 'Svenska' } as const;
export type Language = keyof typeof LANGUAGES;

/** A language's texts by the English ones, which are those of the code. */
export type Texts = Readonly<Record<string, string>>;

const TABLES: Partial<Record<Language, () => Promise<Texts>>> = {
  de: async () => (await import('./texts/de.ts')).GERMAN,
  sv: async () => (await import('./texts/sv.ts')).SWEDISH,
};

export function isLanguage(name: string): name is Language {
  return Object.hasOwn(LANGUAGES, name);
}

/** What the browser asks for, in its order; outside of a page, as in tests of single files, English alone. */
const wanted: readonly string[] = 'document' in globalThis ? navigator.languages : ['en'];

/** The viewer's choice on this device, else the first of the browser's languages that there is, else English. */
export const language: Language =
  [recall('language') ?? '', ...wanted.map((tag) => tag.slice(0, 2))].find(isLanguage) ?? 'en';

/** For numbers and dates: the language as it is used in the viewer's country. */
export const locale = wanted.find((tag) => tag.startsWith(language)) ?? language;

// Whatever else the panel does waits for its texts; English needs none. A table that cannot be loaded leaves English.
const table: ReadonlyMap<string, string> = new Map(
  Object.entries((await TABLES[language]?.().catch(() => undefined)) ?? {}),
);

/** A text of the panel in the viewer's language, with `{name}` where a value goes. */
export function t(text: string, values: Readonly<Record<string, string | number>> = {}): string {
  const found = table.get(text) ?? text;
  if (!found.includes('{')) return found;
  return found.replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
}
