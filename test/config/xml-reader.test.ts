import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { readXml } from '../../src/config/xml-reader.ts';

function rootOf(text: string): unknown {
  const result = readXml(text);
  assert.ok(result.ok, JSON.stringify(result));
  return JSON.parse(JSON.stringify(result.value.root));
}

test('attributes and child elements, - and _, upper and lower case are all the same', () => {
  const expected = { 'enable-static': 'true', tls: { cert: 'c', key: 'k' } };
  for (const text of [
    '<config enable-static="true"><tls cert="c" key="k"/></config>',
    '<anything enable_static="true"><tls><cert>c</cert><key> k\n</key></tls></anything>',
    '<?xml version="1.0" encoding="UTF-8"?><!-- note --><C><Enable_Static>true</Enable_Static><TLS cert="c"><key>k</key></TLS></C>',
    '<c><enable-static><![CDATA[true]]></enable-static><tls cert="c" key="k"></tls></c>',
  ]) {
    assert.deepEqual(rootOf(text), expected, text);
  }
});

test('repeated elements become a list', () => {
  assert.deepEqual(rootOf('<c interface="a"><interface>b</interface><interface>c</interface></c>'), {
    interface: ['a', 'b', 'c'],
  });
});

test('the five entities of XML and character references are read', () => {
  assert.deepEqual(rootOf('<c a="&lt;&amp;&quot;&apos;&gt;&#65;&#x42;"/>'), { a: '<&"\'>AB' });
});

test('lines are those of the names', () => {
  const result = readXml('<c\n a="1"\n b="2">\n<tls\n cert="x"/>\n<i>1</i>\n<i>2</i></c>');
  assert.ok(result.ok);
  assert.deepEqual(
    ['a', 'b', 'tls', 'tls/cert', 'i', 'i/1'].map((path) => result.value.lines.get(path)),
    [2, 3, 4, 5, 6, 7],
  );
});

const NO_DTD = 'a document type definition (<!DOCTYPE …>) is not allowed';
const BILLION_LAUGHS = `<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY lol "lol">${Array.from(
  { length: 9 },
  (_, index) => `<!ENTITY lol${index + 1} "${`&lol${index === 0 ? '' : index};`.repeat(10)}">`,
).join('')}]><lolz>&lol9;</lolz>`;

const FAULTS: [name: string, text: string, reason: RegExp | string][] = [
  ['an entity bomb', BILLION_LAUGHS, NO_DTD],
  ['an entity from a file', '<!DOCTYPE c [<!ENTITY x SYSTEM "file:///etc/passwd">]><c>&x;</c>', NO_DTD],
  ['an entity without declaration', '<c>&x;</c>', /entity/],
  ['an unclosed element', '<c><a></c>', /close tag/],
  ['an unclosed root', '<c>', /Unclosed/],
  ['text behind the root', '<c/>x', /outside of root/],
  ['a second root', '<c/><d/>', 'a second root element'],
  ['an attribute without quotes', '<c a=1/>', /nquoted/],
  ['no element at all', '<!-- nothing -->', /./],
  ['deep nesting', '<a>'.repeat(40), 'nested deeper than 32 levels'],
  ['very many elements', `<a>${'<b/>'.repeat(20_001)}</a>`, 'more than 20000 elements'],
];

for (const [name, text, reason] of FAULTS) {
  test(`${name} is refused with the reason`, () => {
    const result = readXml(text);
    assert.ok(!result.ok);
    if (typeof reason === 'string') assert.equal(result.reason, reason);
    else assert.match(result.reason, reason);
  });
}

test('element names that mean something in JavaScript are only names', () => {
  const root = rootOf(
    '<c><constructor>1</constructor><toString>2</toString><hasOwnProperty>3</hasOwnProperty><__proto__><polluted>1</polluted></__proto__></c>',
  );
  assert.equal(Reflect.get({}, 'polluted'), undefined);
  assert.deepEqual(Object.keys(root as object).sort(), [
    '--proto--',
    'constructor',
    'hasownproperty',
    'tostring',
  ]);
});

test('no text makes it throw', () => {
  const pieces = fc.constantFrom(
    '<',
    '>',
    '/',
    'a',
    '="',
    '"',
    '&',
    ';',
    '<!--',
    '-->',
    '<![CDATA[',
    ']]>',
    '<?',
    '?>',
    '<!',
    ' ',
    '<a>',
    '</a>',
    '\u0000',
    '#',
    '@',
  );
  fc.assert(
    fc.property(fc.array(pieces, { maxLength: 14 }), (parts) => {
      assert.equal(typeof readXml(parts.join('')).ok, 'boolean');
    }),
    { numRuns: 3000 },
  );
});
