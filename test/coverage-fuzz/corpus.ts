import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const pathOf = (target: string): string =>
  fileURLToPath(new URL(`../fixtures/coverage-fuzz/${target}.json`, import.meta.url));

/** The inputs of a target that are kept, one character a byte: its seeds, what reached something, what once failed. */
export function readCorpus(target: string): string[] {
  return existsSync(pathOf(target)) ? (JSON.parse(readFileSync(pathOf(target), 'utf8')) as string[]) : [];
}

export function writeCorpus(target: string, inputs: readonly string[]): void {
  const ordered = [...new Set(inputs)].sort((a, b) => a.length - b.length || (a < b ? -1 : 1));
  writeFileSync(pathOf(target), `${JSON.stringify(ordered, null, 1)}\n`);
}
