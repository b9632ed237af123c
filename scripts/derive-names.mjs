// Derives src/core/names-data.ts and src/core/units-data.ts from a JSON extract of the VSCP class
// database (test/fixtures/vscp-names.json): `node scripts/derive-names.mjs`. Run it after a new extract.
//
// The extract is of github.com/grodansparadis/vscp-classes, commit b07b694a406f9d3f25a38825491497c669f96c6b
// (2025-02-20): of the files that classes/list_class.xml names, each class's and type's token, and `symbol-utf8`
// of each unit of the measurement classes; a class with `events` takes the types of the file named there.
import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

const root = new URL('../', import.meta.url);
const LEVEL2_OFFSET = 512;

/**
 * Mistakes of the database that are corrected here: class tokens, words of type tokens, unit symbols by type.
 */
export const MENDS = {
  classes: {
    532: 'CLASS2.LEVEL1.INFORMATION',
    607: 'CLASS2.LEVEL1.WEATHER_FORECAST',
    632: 'CLASS2.LEVEL1.CONFIGURATION',
  },
  words: {
    ACITIVITY: 'ACTIVITY',
    EQVIVALENT: 'EQUIVALENT',
    REALOD: 'RELOAD',
    ARMAGEDON: 'ARMAGEDDON',
    RS222: 'RS422',
  },
  units: {
    9: ['Hz'],
    12: ['Pa', 'bar', 'psi', 'atm', 'torr', 'at', 'cmH₂O'],
    17: ['F'],
    20: ['A/m', 'Oe'],
    22: ['T', 'Gs'],
    24: ['lm'],
    26: ['Gy'],
    39: ['Pa·s', 'P', 'Pl'],
    41: ['Pa·s/m³'],
    50: [''],
    54: ['W/(sr·m²)'],
    56: ['W/(sr·m²·nm)', 'W/(sr·m³)', 'W/(sr·m²·Hz)'],
    57: ['W/(m²·nm)', 'W/m³', 'W/(m²·Hz)'],
    61: ['Sv', 'rem'],
    64: ['VAr', 'kVAr', 'MVAr'],
    65: ['kVArh', 'MVArh'],
  },
};

function byClass(types) {
  const classes = new Map();
  for (const [key, token] of Object.entries(types)) {
    const [vscpClass, vscpType] = key.split('.').map(Number);
    if (!classes.has(vscpClass)) classes.set(vscpClass, new Map());
    classes.get(vscpClass).set(vscpType, mendWords(token));
  }
  return classes;
}

function mendWords(token) {
  return token
    .split('_')
    .map((word) => MENDS.words[word] ?? word)
    .join('_');
}

/** `GENERAL,COUNT,@48,RESERVED48`: names in the order of their numbers, `@n` where the numbers jump. */
function listOf(types, prefix) {
  const items = [];
  let next = 0;
  for (const [vscpType, token] of [...types].sort(([a], [b]) => a - b)) {
    if (vscpType !== next) items.push(`@${vscpType}`);
    items.push(token.slice(prefix.length + 1));
    next = vscpType + 1;
  }
  return items.join(',');
}

function commonPrefix(types) {
  const tokens = [...types.values()].map((token) => token.split('_').slice(2));
  return tokens[0].length === 1 ? '' : tokens[0][0];
}

/** Lines of `class,token,prefix,names…`; `=n` for the names of another class. Mirrors (512-1023) are left out. */
function namesText({ classes, types }) {
  const known = byClass(types);
  const seen = new Map();
  const lines = [];
  for (const [number, token] of Object.entries({ ...classes, ...MENDS.classes })) {
    const vscpClass = Number(number);
    if (vscpClass >= LEVEL2_OFFSET && vscpClass < 2 * LEVEL2_OFFSET) continue;
    const names = known.get(vscpClass);
    const prefix = commonPrefix(names);
    const family = [...names.values()][0].split('_')[0];
    const list = listOf(names, `${family}_TYPE_${prefix}`);
    const same = seen.get(prefix + list);
    if (same === undefined) seen.set(prefix + list, vscpClass);
    const short = token.replace(/^CLASS[12]\./, '');
    lines.push(
      [vscpClass, short, prefix === short ? '' : prefix, same === undefined ? list : `=${same}`].join(';'),
    );
  }
  return lines.join('\n');
}

/** Lines of `type;symbol;symbol…`, units in the order of their numbers. */
function unitsText({ units }) {
  const lines = [];
  for (const [key, listed] of Object.entries(units)) {
    const [vscpClass, vscpType] = key.split('.').map(Number);
    if (vscpClass !== 10) continue;
    const symbols = MENDS.units[vscpType] ?? listed.map(({ symbol }) => symbol);
    lines.push([vscpType, ...symbols].join(';'));
  }
  return lines.join('\n');
}

function moduleText(name, comment, text) {
  return `// Made by scripts/derive-names.mjs; edit that instead.\n/** ${comment} */\nexport const ${name} = \`\n${text}\n\`;\n`;
}

export function deriveNames(database) {
  return {
    'src/core/names-data.ts': moduleText(
      'NAMES',
      '`class;token;prefix of its types if another;names` a line; `@n` = the count jumps, `=n` = as class n.',
      namesText(database),
    ),
    'src/core/units-data.ts': moduleText('UNITS', '`type;symbol;symbol…` a line.', unitsText(database)),
  };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const database = JSON.parse(await readFile(new URL('test/fixtures/vscp-names.json', root), 'utf8'));
  for (const [file, text] of Object.entries(deriveNames(database))) {
    await writeFile(new URL(file, root), text);
  }
}
