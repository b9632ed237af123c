// Writes the configuration's reference table into docs/configuration.md, between its markers.
import { readFileSync, writeFileSync } from 'node:fs';
import { formatReferenceTable } from '../src/config/key-views.ts';

const page = new URL('../docs/configuration.md', import.meta.url);
const text = readFileSync(page, 'utf8');
const between = /(<!-- config-table -->\n)[\s\S]*?(\n<!-- \/config-table -->)/;
writeFileSync(
  page,
  text.replace(between, (_all, start: string, end: string) => `${start}\n${formatReferenceTable()}\n${end}`),
);
