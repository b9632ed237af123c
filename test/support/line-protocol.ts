/** One point of InfluxDB's line protocol. */
export interface Point {
  measurement: string;
  tags: Record<string, string>;
  fields: Record<string, number>;
  timeNs: bigint;
}

/** A number without a suffix, which the protocol takes for a float. */
const FLOAT = /^[+-]?\d+(?:\.\d*)?(?:e[+-]?\d+)?$/i;
const MIN_TIME_NS = -(2n ** 63n) + 2n;
const MAX_TIME_NS = 2n ** 63n - 1n;

/** Parts a text at an unescaped sign; the escapes stay. */
function split(text: string, sign: string): string[] {
  const parts: string[] = [];
  let part = '';
  for (let at = 0; at < text.length; at++) {
    if (text[at] === sign) {
      parts.push(part);
      part = '';
      continue;
    }
    part += text[at];
    if (text[at] === '\\' && at + 1 < text.length) part += text[++at];
  }
  return [...parts, part];
}

/** A backslash counts only in front of a sign that would otherwise part the line. */
function plain(text: string, signs: string): string {
  return text.replace(/\\(.)/g, (both, sign: string) => (signs.includes(sign) ? sign : both));
}

function pairs(texts: readonly string[], what: string): [string, string][] {
  return texts.map((text) => {
    const [name = '', value = '', ...more] = split(text, '=');
    if (name === '' || value === '' || more.length > 0) throw new Error(`${what} "${text}" is no name=value`);
    return [plain(name, ',= '), plain(value, ',= ')];
  });
}

/**
 * Reads one line as the database does: measurement, tags, fields of floats, timestamp in nanoseconds.
 * @throws Error that says what breaks the rules
 */
export function readLineProtocol(line: string): Point {
  if (/[\r\n]/.test(line)) throw new Error('a point is one line');
  const [series = '', fieldText = '', time = '', ...rest] = split(line, ' ');
  if (rest.length > 0) throw new Error(`"${line}" has more than three parts`);
  const [measurement = '', ...tagTexts] = split(series, ',');
  if (measurement === '' || measurement.startsWith('#')) throw new Error(`"${line}" has no measurement`);
  const tags = pairs(tagTexts, 'tag');
  const names = tags.map(([name]) => name);
  if (new Set(names).size !== names.length) throw new Error(`"${series}" has a tag twice`);
  const fields = pairs(split(fieldText, ','), 'field').map(([name, value]): [string, number] => {
    if (!FLOAT.test(value)) throw new Error(`"${value}" is no float`);
    return [name, Number(value)];
  });
  if (!/^-?\d+$/.test(time)) throw new Error(`"${time}" is no timestamp`);
  const timeNs = BigInt(time);
  if (timeNs < MIN_TIME_NS || timeNs > MAX_TIME_NS) throw new Error(`${time} is out of range`);
  return { measurement, tags: Object.fromEntries(tags), fields: Object.fromEntries(fields), timeNs };
}
