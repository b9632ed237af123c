import { readFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { hostname, networkInterfaces } from 'node:os';

/**
 * Suffixes for which no name server outside the house answers: RFC 6761, 6762, 8375 and ICANN's `internal`.
 */
const LOCAL_SUFFIXES = ['.localhost', '.local', '.home.arpa', '.internal'];

/** The files that name the machine are read again at most once in this time. */
const REFRESH_MS = 10_000;

/** What a Host header, or the authority of an origin, says. */
export interface NamedHost {
  /** Lower case; IPv6 in brackets. */
  name: string;
  /** '' = the scheme's own port. */
  port: string;
}

/** Reads `name[:port]`; undefined when the text is not of that form. */
export function parseHost(text: string, scheme = 'http:'): NamedHost | undefined {
  if (!/^[^\s/?#@\\]+$/.test(text)) return undefined;
  try {
    const { hostname: name, port } = new URL(`${scheme}//${text}`);
    return { name: name.replace(/\.$/, '').toLowerCase(), port };
  } catch {
    return undefined;
  }
}

/**
 * The names that this machine goes by. A web page can make any name of its own lead to this machine (DNS
 * rebinding) and so appear to come from here; it cannot do so with addresses, nor with names that only the
 * local network answers for.
 */
export class OwnNames {
  readonly #any: boolean;
  readonly #configured: ReadonlySet<string>;
  /** Names for this machine in the files of the system. */
  #found: ReadonlySet<string> = new Set();
  #readAtMs = Number.NEGATIVE_INFINITY;

  /** @param configured names in addition to those of the machine itself; `*` = every name counts as ours */
  constructor(configured: readonly string[]) {
    this.#any = configured.includes('*');
    this.#configured = new Set(configured.flatMap((text) => parseHost(text)?.name ?? []));
  }

  /** Reads the names of the system; never rejects. */
  async read(): Promise<void> {
    this.#readAtMs = performance.now();
    const [resolver, hosts] = await Promise.all(['/etc/resolv.conf', '/etc/hosts'].map(readOrNothing));
    this.#found = new Set([...domainNames(resolver ?? ''), ...aliases(hosts ?? '')]);
  }

  /** Whether the name is ours, so that a browser that uses it cannot have been led here by a foreign name. */
  knows(name: string): boolean {
    if (this.#any || isAddress(name) || !name.includes('.')) return true;
    if (LOCAL_SUFFIXES.some((suffix) => name.endsWith(suffix))) return true;
    if (this.#configured.has(name) || this.#found.has(name) || name === machineName()) return true;
    // The network may have come up, or the machine been renamed, since: the next request sees the new names.
    if (performance.now() - this.#readAtMs > REFRESH_MS) void this.read();
    return false;
  }

  /** Whether two different names both mean this machine, as seen from the same browser. */
  bothMeanUs(one: string, other: string): boolean {
    if (isLoopbackName(one) || isLoopbackName(other)) return isLoopbackName(one) && isLoopbackName(other);
    return this.#isMachine(one) && this.#isMachine(other);
  }

  #isMachine(name: string): boolean {
    const machine = machineName();
    const short = machine.split('.', 1)[0] ?? '';
    if ([machine, short, `${short}.local`].includes(name)) return true;
    if (this.#configured.has(name) || this.#found.has(name)) return true;
    const address = name.replace(/^\[|\]$/g, '');
    return Object.values(networkInterfaces()).some((list) => list?.some((own) => own.address === address));
  }
}

function machineName(): string {
  return hostname().toLowerCase();
}

function isAddress(name: string): boolean {
  return isIP(name) === 4 || name.startsWith('[');
}

function isLoopbackName(name: string): boolean {
  return name === 'localhost' || name === '[::1]' || (isIP(name) === 4 && name.startsWith('127.'));
}

function readOrNothing(path: string): Promise<string> {
  return readFile(path, 'utf8').catch(() => '');
}

/** The machine's name in each search domain, such as `raspberrypi.lan`. */
function domainNames(resolver: string): string[] {
  const short = machineName().split('.', 1)[0] ?? '';
  return [...resolver.matchAll(/^[ \t]*(?:search|domain)[ \t]+(.+)$/gm)]
    .flatMap(([, domains = '']) => domains.trim().split(/\s+/))
    .filter((domain) => /^[\w-]+(?:\.[\w-]+)*\.?$/.test(domain))
    .map((domain) => `${short}.${domain.replace(/\.$/, '').toLowerCase()}`);
}

/**
 * The names on lines that hold the machine's own name; other lines may be whole lists of blocked foreign
 * names.
 */
function aliases(hosts: string): string[] {
  const machine = machineName();
  return hosts
    .split('\n')
    .map((line) => (line.split('#', 1)[0] ?? '').trim().toLowerCase().split(/\s+/).slice(1))
    .filter((names) => names.includes(machine))
    .flat();
}
