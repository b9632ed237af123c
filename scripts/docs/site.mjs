// The documentation as web pages that need neither the Internet nor a server: one HTML file per Markdown file, in the
// same folders, with the sidebar of docs/_sidebar.md. Files that the pages link to are copied beside them.
import { cp, mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join, posix } from 'node:path';
import { Marked } from 'marked';

const SIDEBAR = 'docs/_sidebar.md';
const SINGLE_PAGES = [
  'README.md',
  'CONTRIBUTING.md',
  'CHANGELOG.md',
  '.github/SECURITY.md',
  'examples/README.md',
];

const STYLE = `
:root { color-scheme: light dark; --line: light-dark(#d5d9de, #3a4048); --soft: light-dark(#f4f6f8, #1d2126); }
* { box-sizing: border-box; }
body { margin: 0; font: 1rem/1.55 system-ui, sans-serif; display: grid; grid-template-columns: 16rem minmax(0, 1fr);
  color: light-dark(#1d2126, #dde1e6); background: light-dark(#fff, #14171a); }
nav { border-right: 1px solid var(--line); background: var(--soft); padding: 1rem; height: 100vh; position: sticky;
  top: 0; overflow: auto; }
nav ul { list-style: none; margin: 0; padding: 0; } nav ul ul { padding: 0 0 .6rem .8rem; }
main { padding: 1rem 2rem 4rem; max-width: 62rem; }
a { color: light-dark(#0757a8, #7ab8ff); } nav a { text-decoration: none; } [aria-current] { font-weight: bold; }
pre { background: var(--soft); border: 1px solid var(--line); border-radius: .3rem; padding: .7rem; overflow: auto; }
code { font: .9em ui-monospace, monospace; } pre code { font-size: .85rem; line-height: 1.4; }
table { border-collapse: collapse; display: block; overflow: auto; }
th, td { border: 1px solid var(--line); padding: .3rem .6rem; text-align: left; vertical-align: top; }
img { max-width: 100%; }
@media (max-width: 50rem) { body { display: block; } nav { height: auto; position: static; border: 0; } main { padding: 1rem; } }
@media print { nav { display: none; } body { display: block; } }
`;

/** The id of a heading, made as GitHub makes it, so that the links in the Markdown work. */
function slug(heading) {
  return heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
    .trim()
    .replaceAll(' ', '-');
}

function escapeHtml(text) {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}

/** `docs/README.md` → `docs/index.html`; a path that is not a page stays as it is. */
function placeOf(path, pages) {
  return pages.has(path) ? path.replace(/README\.md$/, 'index.html').replace(/\.md$/, '.html') : path;
}

/**
 * @param {string} text Markdown
 * @param {string} from path of the file it stands in, from the root of the project
 * @param {string} page path of the Markdown file whose page it becomes part of
 * @param {Set<string>} pages
 * @returns {{ html: string, title: string, linked: string[] }} linked: paths of the project that it leads to
 */
function render(text, from, page, pages) {
  const linked = [];
  let title = '';
  const address = (href) => {
    if (/^[a-z]+:/i.test(href)) return href;
    const [path = '', anchor] = href.split('#');
    const hash = anchor === undefined ? '' : `#${anchor}`;
    if (path === '') return hash;
    const target = posix.join(posix.dirname(from), path);
    linked.push(target);
    const place = posix.relative(posix.dirname(page), placeOf(target, pages));
    return `${place}${hash}`;
  };
  const marked = new Marked({
    renderer: {
      heading({ tokens, depth, text: raw }) {
        const inner = this.parser.parseInline(tokens);
        if (depth === 1 && title === '') title = raw;
        return `<h${depth} id="${slug(raw)}">${inner}</h${depth}>\n`;
      },
      link({ href, tokens }) {
        const place = address(href);
        const current = from === SIDEBAR && linked.at(-1) === page ? ' aria-current="page"' : '';
        return `<a href="${escapeHtml(place)}"${current}>${this.parser.parseInline(tokens)}</a>`;
      },
      image({ href, text: alternative }) {
        return `<img src="${escapeHtml(address(href))}" alt="${escapeHtml(alternative)}">`;
      },
    },
  });
  return { html: marked.parse(text), title, linked };
}

/** @param {URL} root folder of the project @returns {Promise<string[]>} paths of the Markdown files that become pages */
async function pagePaths(root) {
  const names = await readdir(new URL('docs/', root));
  return [
    ...SINGLE_PAGES,
    ...names.filter((name) => /^[^_].*\.md$/.test(name)).map((name) => `docs/${name}`),
  ];
}

/**
 * Writes the pages.
 * @param {URL} root folder of the project, with a slash at its end
 * @param {string} folder where they go; it is emptied first
 * @returns {Promise<string[]>} the pages, relative to the folder
 */
export async function buildSite(root, folder) {
  const read = (path) => readFile(new URL(path, root), 'utf8');
  await rm(folder, { recursive: true, force: true });
  const pages = new Set(await pagePaths(root));
  const sidebar = await read(SIDEBAR);
  const files = new Set();
  for (const path of pages) {
    const { html, title, linked } = render(await read(path), path, path, pages);
    const menu = render(sidebar, SIDEBAR, path, pages).html;
    for (const target of linked) if (!pages.has(target)) files.add(target);
    const out = join(folder, placeOf(path, pages));
    await mkdir(dirname(out), { recursive: true });
    await writeFile(
      out,
      `<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title><style>${STYLE}</style>
<nav aria-label="Pages">${menu}</nav><main>${html}</main></html>
`,
    );
  }
  for (const file of files) {
    if (!(await stat(new URL(file, root))).isFile()) continue;
    await mkdir(join(folder, dirname(file)), { recursive: true });
    await cp(new URL(file, root), join(folder, file));
  }
  return [...pages].map((path) => placeOf(path, pages));
}
