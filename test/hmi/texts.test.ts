import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { GERMAN } from '../../examples/hmi/src/texts/de.ts';
import { SWEDISH } from '../../examples/hmi/src/texts/sv.ts';
import { className, measurementName, typeName } from '../../src/client/names.ts';

const SOURCE = fileURLToPath(new URL('../../examples/hmi/src/', import.meta.url));
const TABLES = { German: GERMAN, Swedish: SWEDISH };

/** Types of events that are told in words, by class. */
const EVENTS: Readonly<Record<number, number[]>> = {
  1: [0, 1, 2, 3, 4, 6, 7, 8, 9, 12],
  2: [1, 9, 10],
  20: [1, 3, 4, 7, 8, 9, 37, 39, 40, 42, 48, 49, 51, 59, 60, 63, 64, 69, 70, 71, 72, 73, 75, 76],
  30: [1, 2, 4, 5, 6, 20, 22, 28, 30, 31, 33, 34, 35, 38, 40, 41, 42, 43],
  102: [49],
  1026: [1, 2],
};

/** Texts that come by way of a variable: what is measured, the states of doors and the like, icons, alarms. */
const BY_NAME = new Set([
  ...Array.from({ length: 66 }, (_, type) => measurementName(type)).filter((name) => !/\d/.test(name)),
  ...Object.entries(EVENTS).flatMap(([vscpClass, types]) => types.map((type) => typeName(+vscpClass, type))),
  ...[1, 2, 10, 15, 20, 30, 60, 65, 70, 85, 102, 1040, 1060].map(className),
  ...['IO', 'AD', 'DA', 'Relative strength', 'Signal level', 'Signal quality'],
  ...['Off', 'On', 'Motion', 'Opening', 'Open', 'Closed', 'Quiet', 'on', 'motion', 'open', 'Scenes'],
  ...['Switch', 'Level'],
  ...['Sofa', 'Kitchen', 'Bed', 'Bath', 'Garden', 'Garage'],
  ...['Door', 'Cellar', 'Office', 'Energy', 'Water', 'Star'],
]);

/** What looks like a text and is none for people: names of the platform, of the protocol, and of browsers. */
const NO_TEXTS = new Set([
  ...[
    'DOMContentLoaded',
    'noModule',
    'Date',
    'Escape',
    'Notification',
    'Motion',
    'Opening',
    'Temperature',
    'Humidity',
  ],
  ...['Locked', 'Unlocked', 'Door lock', 'Level', 'Switch'],
  ...['Off', 'On', 'Open', 'Closed', 'Quiet', 'Scenes', 'English', 'Deutsch', 'Svenska', 'TX;30:*, RX;*:*'],
  ...[
    'iButton',
    'Edge',
    'Opera',
    'Firefox',
    'Chrome',
    'Safari',
    'Android',
    'iPhone',
    'iPad',
    'Windows',
    'Mac',
    'Linux',
  ],
  ...['Browser', 'ArrowLeft', 'ArrowUp', 'ArrowRight', 'ArrowDown'],
  'vscpl2drv-websocksrv init --tls self-signed',
]);

/** Too early for tables: it says its sentences in each language by itself. */
const ON_ITS_OWN = 'first-paint.ts';

const files = readdirSync(SOURCE, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts') && !name.startsWith('texts/'))
  .map((name) => ({
    name,
    tree: ts.createSourceFile(name, readFileSync(SOURCE + name, 'utf8'), ts.ScriptTarget.ES2022, true),
  }));

function visit(node: ts.Node, see: (node: ts.Node) => void): void {
  see(node);
  node.forEachChild((child) => visit(child, see));
}

const isT = (node: ts.Node): node is ts.CallExpression =>
  ts.isCallExpression(node) && ts.isIdentifier(node.expression) && node.expression.text === 't';

/** English texts in the code, by `t('…')`. */
const written = new Set<string>();
for (const { tree } of files) {
  visit(tree, (node) => {
    const [text] = isT(node) ? node.arguments : [];
    if (text && ts.isStringLiteralLike(text)) written.add(text.text);
  });
}

/** A literal between people and code: words with a capital or several words, in no list of style classes. */
function isHardCoded(node: ts.Node): node is ts.StringLiteralLike | ts.TemplateExpression {
  const { parent } = node;
  const isStyle =
    parent && ts.isPropertyAssignment(parent) && ts.isIdentifier(parent.name) && parent.name.text === 'class';
  if (ts.isTemplateExpression(node)) {
    const text = [node.head.text, ...node.templateSpans.map(({ literal }) => literal.text)].join('…');
    return !isStyle && /[A-Za-z]{2,} [a-z]{2,}|\b[A-Z][a-z]{2,}|[a-z]{2,} ….*[a-z]{2,} …/.test(text);
  }
  if (!ts.isStringLiteralLike(node) || !/^[A-Z][a-z]|[a-z] [a-z]/.test(node.text)) return false;
  const isImport = ts.isImportDeclaration(parent) || ts.isLiteralTypeNode(parent);
  return !isStyle && !isImport && !(isT(parent) && parent.arguments[0] === node) && !NO_TEXTS.has(node.text);
}

const placeholders = (text: string) => (text.match(/\{\w+\}/g) ?? []).sort().join();

describe('texts of the panel', () => {
  for (const [language, table] of Object.entries(TABLES)) {
    it(`are all there in ${language}, with the same values in them, and none that nobody uses`, () => {
      assert.ok(written.size > 300);
      const used = new Set([...written, ...BY_NAME]);
      assert.deepEqual(
        [...used].filter((text) => !table[text]),
        [],
        'missing',
      );
      assert.deepEqual(
        Object.keys(table).filter((text) => !used.has(text)),
        [],
        'unused',
      );
      const differing = Object.entries(table).filter(([a, b]) => placeholders(a) !== placeholders(b));
      assert.deepEqual(differing, [], 'other values');
    });
  }

  it('are in the code nowhere but in calls of `t`', () => {
    const found: string[] = [];
    for (const { name, tree } of files) {
      if (name === ON_ITS_OWN) continue;
      visit(tree, (node) => {
        if (isHardCoded(node)) found.push(`${name}: ${node.getText(tree)}`);
      });
    }
    assert.deepEqual(found, []);
  });
});
