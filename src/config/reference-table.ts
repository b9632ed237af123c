import { allKeyNames, schemaOf } from './key-names.ts';
import { keyDocs } from './schema-keys.ts';

/** Defaults that describe instead of being a value. */
const WORDS = new Set(['all pass', 'none']);

/** The reference table of all keys as Markdown, made from the schema. */
export function formatReferenceTable(): string {
  const rows = allKeyNames().map((name) => {
    const schema = schemaOf(name);
    const doc = schema === undefined ? undefined : keyDocs.get(schema);
    if (doc === undefined) throw new Error(`key ${name} has no documentation`);
    const fallback =
      doc.fallback === ''
        ? '–'
        : doc.fallback.includes('`') || WORDS.has(doc.fallback)
          ? doc.fallback
          : `\`${doc.fallback}\``;
    return `| \`${name}\` | ${cellText(doc.expected)} | ${cellText(fallback)} | ${cellText(doc.description)} |`;
  });
  return ['| key | type, range | default | meaning |', '|---|---|---|---|', ...rows].join('\n');
}

function cellText(cell: string): string {
  return cell.replaceAll('|', '\\|');
}
