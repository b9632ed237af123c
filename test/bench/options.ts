/** What the command line asks for. */
export interface Options {
  quick: boolean;
  help: boolean;
  /** Parts to run; empty = all. */
  only: string[];
  /** How long the growth part takes. */
  minutes: number;
  /** Files to write. */
  json?: string;
  svg?: string;
  /** Run the server under plain Node instead of the library in a host, for profiling. */
  plain: boolean;
  /** The driver's library; the default is the built one. */
  driver?: string;
}

export const USAGE = `usage: npm run bench -- [options]

  --quick            fewer and shorter rounds (about a minute)
  --only PARTS       comma separated: steady, fanout, latency, replies, uplink, history, http, filters, memory, crowd,
                     slow, lifecycle, cpu, scale, and growth, which runs only when named
  --minutes N        how long growth takes (10)
  --json FILE        write the figures as JSON
  --svg FILE         write the plot over the number of clients
  --driver FILE      library to measure (default: the built one)
  --plain            the server in a plain Node process instead of the library (for profilers)
`;

/** Reads the command line; returns a text when it makes no sense. */
export function parseOptions(args: readonly string[], parts: readonly string[]): Options | string {
  const options: Options = { quick: false, help: false, plain: false, only: [], minutes: 10 };
  const rest = [...args];
  for (let arg = rest.shift(); arg !== undefined; arg = rest.shift()) {
    if (arg === '--quick') options.quick = true;
    else if (arg === '--help') options.help = true;
    else if (arg === '--plain') options.plain = true;
    else if (
      arg === '--only' ||
      arg === '--json' ||
      arg === '--svg' ||
      arg === '--driver' ||
      arg === '--minutes'
    ) {
      const value = rest.shift();
      if (value === undefined) return `${arg} needs a value`;
      if (arg === '--only') options.only = value.split(',').map((part) => part.trim());
      if (arg === '--json') options.json = value;
      if (arg === '--svg') options.svg = value;
      if (arg === '--driver') options.driver = value;
      if (arg === '--minutes') options.minutes = Number(value);
    } else return `unknown option ${arg}`;
  }
  if (!(options.minutes > 0)) return '--minutes needs a number above 0';
  const unknown = options.only.find((part) => !parts.includes(part));
  return unknown === undefined ? options : `unknown part ${unknown} (there are ${parts.join(', ')})`;
}
