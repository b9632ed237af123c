/** A strict reader of the Prometheus text format 0.0.4, written from its description. */

export interface ParsedSample {
  name: string;
  labels: Record<string, string>;
  value: number;
}

export interface ParsedFamily {
  type: string;
  help: string;
  samples: ParsedSample[];
}

/** @throws Error on anything the format does not allow, repeated families and samples included */
export function parsePrometheusText(text: string): Map<string, ParsedFamily> {
  if (!text.endsWith('\n')) throw new Error('the last line must end with a line feed');
  const families = new Map<string, ParsedFamily>();
  const seen = new Set<string>();
  let help: [name: string, text: string] | undefined;
  let current: string | undefined;
  for (const line of text.slice(0, -1).split('\n')) {
    const helpLine = /^# HELP ([a-zA-Z_:][a-zA-Z0-9_:]*) ((?:[^\\]|\\\\|\\n)*)$/.exec(line);
    const typeLine = /^# TYPE ([a-zA-Z_:][a-zA-Z0-9_:]*) (counter|gauge|histogram|summary|untyped)$/.exec(
      line,
    );
    if (helpLine) help = [helpLine[1] ?? '', helpLine[2] ?? ''];
    else if (typeLine) {
      current = typeLine[1] ?? '';
      if (families.has(current)) throw new Error(`second TYPE of ${current}`);
      if (help?.[0] !== current) throw new Error(`no HELP before TYPE of ${current}`);
      families.set(current, { type: typeLine[2] ?? '', help: help[1], samples: [] });
    } else {
      const sample = parseSample(line);
      const family = families.get(sample.name);
      if (!family || sample.name !== current) throw new Error(`${sample.name} outside of its family`);
      const key = JSON.stringify([sample.name, Object.entries(sample.labels).sort()]);
      if (seen.has(key)) throw new Error(`sample twice: ${line}`);
      seen.add(key);
      if (family.type === 'counter' && !(sample.value >= 0)) throw new Error(`negative counter: ${line}`);
      family.samples.push(sample);
    }
  }
  return families;
}

function parseSample(line: string): ParsedSample {
  const match = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? ([^ ]+)(?: -?\d+)?$/.exec(line);
  if (!match) throw new Error(`not a sample: ${line}`);
  const [, name = '', labelText = '', valueText = ''] = match;
  const labels: Record<string, string> = {};
  let rest = labelText;
  while (rest !== '') {
    const pair = /^([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\["\\n])*)"(?:,|$)/.exec(rest);
    if (!pair) throw new Error(`bad labels: ${line}`);
    const label = pair[1] ?? '';
    if (label.startsWith('__') || Object.hasOwn(labels, label))
      throw new Error(`bad label ${label}: ${line}`);
    labels[label] = (pair[2] ?? '').replace(/\\(.)/g, (_, escaped: string) =>
      escaped === 'n' ? '\n' : escaped,
    );
    rest = rest.slice(pair[0].length);
  }
  if (!/^(?:[+-]?\d+(?:\.\d+)?(?:e[+-]?\d+)?|NaN|[+-]Inf)$/.test(valueText))
    throw new Error(`bad value: ${line}`);
  return { name, labels, value: Number(valueText.replace('Inf', 'Infinity')) };
}
