import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../../', import.meta.url));

export interface CodeBlock {
  language: string;
  text: string;
}

/** One page of the documentation. */
export interface Page {
  /** Relative to the root of the project. */
  path: string;
  text: string;
  /** The text without code blocks. */
  prose: string;
  code: CodeBlock[];
}

const FENCE = /^ *```(\w*)\n([\s\S]*?)^ *```$/gm;

/** README, CONTRIBUTING and all of docs/ and examples/. */
export function documentation(): Page[] {
  const inFolder = (folder: string): string[] =>
    readdirSync(join(ROOT, folder))
      .filter((name) => name.endsWith('.md'))
      .map((name) => join(folder, name));
  const paths = ['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md', '.github/SECURITY.md', 'examples/README.md'];
  return [...paths.filter((path) => existsSync(join(ROOT, path))), ...inFolder('docs')].map(readPage);
}

export function readPage(path: string): Page {
  const text = readFileSync(join(ROOT, path), 'utf8');
  const code = [...text.matchAll(FENCE)].map(([, language = '', block = '']) => ({ language, text: block }));
  return { path, text, prose: text.replaceAll(FENCE, ''), code };
}

/** Anchors of a page's headings, as GitHub makes them. */
export function anchorsOf({ prose }: Page): Set<string> {
  const headings = [...prose.matchAll(/^#{1,6} +(.+)$/gm)].map(([, heading = '']) => heading);
  return new Set(
    headings.map((heading) =>
      heading
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
        .trim()
        .replaceAll(' ', '-'),
    ),
  );
}

/** Links of a page to files of the project: target as a path from its root, and the anchor. */
export function localLinks(page: Page): { target: string; anchor: string; link: string }[] {
  return [...page.prose.matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, link = '']) => link)
    .filter((link) => !/^[a-z]+:/i.test(link))
    .map((link) => {
      const [path = '', anchor = ''] = link.split('#');
      const target = path === '' ? page.path : relative(ROOT, join(ROOT, dirname(page.path), path));
      return { target, anchor, link };
    });
}

/** Lines that a reader types into a shell, without prompts and remarks. */
export function shellLines(page: Page): string[] {
  return page.code
    .filter(({ language }) => language === 'sh')
    .flatMap(({ text }) => text.split('\n'))
    .map((line) => line.replace(/\s+#.*$/, '').trim())
    .filter((line) => line !== '' && !line.startsWith('#'));
}
