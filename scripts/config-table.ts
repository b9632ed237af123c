// Writes the configuration's reference table into README.md, between its markers.
import { readFileSync, writeFileSync } from 'node:fs';
import { formatReferenceTable } from '../src/config/reference-table.ts';

const readme = new URL('../README.md', import.meta.url);
const text = readFileSync(readme, 'utf8');
const between = /(<!-- config-table -->\n)[\s\S]*?(\n<!-- \/config-table -->)/;
writeFileSync(
  readme,
  text.replace(between, (_all, start: string, end: string) => `${start}\n${formatReferenceTable()}\n${end}`),
);
