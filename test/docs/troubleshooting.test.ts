import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { ROOT, readPage } from './markdown.ts';

/** What prints or collects a message for people: log lines from warnings up, problems, warnings. */
const SAYS = /(?:\.(?:warn|err|critical)|log\[[^\]]+\]|(?:problems|warnings)\.push|\bproblem|\bwarn)\(/g;
/** In the shim: what is said on standard error, why an open was refused, why a runtime ended. */
const SHIM_SAYS =
  /(?:LogLine|Refuse|SetDeathReason|Assign|Format|return|error =)\s*\(?\s*(?:std::string\()?"((?:[^"\\]|\\.)+)"/g;
/** Shorter pieces of a text say too little. */
const MIN_PIECE = 9;

function sources(folder: string, ending: string): string[] {
  return readdirSync(join(ROOT, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return sources(path, ending);
    return entry.name.endsWith(ending) ? [path] : [];
  });
}

/** The text of a call's arguments, from behind its parenthesis to the one that closes it. */
function argumentsAt(text: string, from: number): string {
  let depth = 1;
  let at = from;
  while (depth > 0 && at < text.length) {
    const character = text[at++] ?? '';
    if ('({['.includes(character)) depth++;
    else if (')}]'.includes(character)) depth--;
  }
  return text.slice(from, at - 1);
}

/** Fixed pieces of a message: what stands between its variables. */
function pieces(message: string): string[] {
  return message
    .split(/\$\{[^}]*\}|%[-+ .\d]*[a-z]+/)
    .map((piece) => piece.replace(/^[\s;:,"')]+|[\s;:,"'(]+$/g, ''))
    .filter((piece) => piece.length >= MIN_PIECE && /[a-z]{3} |^[a-z]+ [a-z]/i.test(piece));
}

/** Messages of the driver by file, as their fixed pieces. */
function messages(): { file: string; said: string[] }[] {
  const found: { file: string; said: string[] }[] = [];
  for (const file of sources('src', '.ts')) {
    if (/^src\/(?:cli|client)\//.test(file)) continue;
    const text = readFileSync(join(ROOT, file), 'utf8');
    for (const match of text.matchAll(SAYS)) {
      const given = argumentsAt(text, (match.index ?? 0) + match[0].length);
      for (const [, template, quoted] of given.matchAll(/`([^`]*)`|'((?:[^'\\]|\\.)*)'/g)) {
        const said = pieces(template ?? quoted ?? '');
        if (said.length > 0) found.push({ file, said });
      }
    }
  }
  for (const file of sources('native-shim', '.cc')) {
    for (const [, text = ''] of readFileSync(join(ROOT, file), 'utf8').matchAll(SHIM_SAYS)) {
      const said = pieces(text);
      if (said.length > 0) found.push({ file, said });
    }
  }
  return found;
}

test('every message that the driver can print is on the page of troubles', () => {
  const page = readPage('docs/troubleshooting.md').text.replaceAll(/\s+/g, ' ');
  const all = messages();
  assert.ok(all.length > 50, `${all.length} messages found in the code`);
  const missing = all.filter(({ said }) => !said.some((piece) => page.includes(piece)));
  assert.deepEqual(
    missing.map(({ file, said }) => `${file}: ${said.join(' … ')}`),
    [],
  );
});

test('every reason of a failed login is on the page of troubles', () => {
  const page = readPage('docs/troubleshooting.md').text;
  const text = ['login', 'token-gate']
    .map((name) => readFileSync(join(ROOT, `src/auth/${name}.ts`), 'utf8'))
    .join('');
  const lists = [...text.matchAll(/export type (?:LoginFailure|TokenFailure) =([^;]*);/g)];
  const reasons = lists.flatMap(([, list = '']) =>
    [...list.matchAll(/'([a-z-]+)'/g)].map(([, reason = '']) => reason),
  );
  assert.equal(lists.length, 2);
  assert.ok(reasons.length > 8);
  const silent = ['abandoned', 'internal-error'];
  for (const reason of reasons) assert.ok(silent.includes(reason) || page.includes(`\`${reason}\``), reason);
});
