import { type ConfigKey, KEYS_BY_NAME } from './config-keys.ts';

/** The reference table of all keys as Markdown. */
export function formatReferenceTable(): string {
  const rows = [...KEYS_BY_NAME.values()].map((key) => {
    const cells = [`\`${key.key}\``, key.type.expected, defaultCell(key), key.meaning];
    return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  });
  return ['| key | type, range | default | meaning |', '|---|---|---|---|', ...rows].join('\n');
}

function defaultCell({ default: raw, defaultText }: ConfigKey): string {
  if (defaultText !== undefined) return defaultText;
  return raw === undefined ? '–' : `\`${raw}\``;
}
