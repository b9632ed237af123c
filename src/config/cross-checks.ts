import { constants, promises as fs } from 'node:fs';
import { parseKeyFile } from '../auth/login-crypto.ts';
import { formatListenAddress, isLoopback } from './listen-address.ts';
import type { Settings } from './settings.ts';
import { fileErrorReason, readTextFile } from './text-file.ts';
import { hideKeys } from './validate.ts';

export interface Finding {
  key: string;
  text: string;
}

export interface Findings {
  problems: Finding[];
  warnings: Finding[];
}

/**
 * What one key alone cannot tell: keys that need one another, and files that must be there.
 * @param wrong keys with problems of their own; what depends on them is left unsaid
 */
export async function crossCheck(settings: Settings, wrong: ReadonlySet<string>): Promise<Findings> {
  const findings: Findings = { problems: [], warnings: [] };
  checkInterfaces(settings, findings);
  checkEndpoints(settings, findings);
  if (!wrong.has('path-users')) await checkUsers(settings, findings);
  if (!wrong.has('key-file') && !wrong.has('interface')) await checkKey(settings, findings);
  if (!wrong.has('tls') && !wrong.has('interface')) await checkTls(settings, wrong, findings);
  if (!wrong.has('web-root')) await checkWebRoot(settings, findings);
  return findings;
}

function checkInterfaces({ interfaces }: Settings, { problems, warnings }: Findings): void {
  const seen = new Set<string>();
  for (const address of interfaces) {
    const place = formatListenAddress({ ...address, secure: false }).toLowerCase();
    if (address.port !== 0 && seen.has(place)) {
      problems.push({
        key: 'interface',
        text: `found ${formatListenAddress(address)} twice, expected it once`,
      });
    }
    seen.add(place);
    if (address.secure || isLoopback(address)) continue;
    const plain = `${formatListenAddress(address)} is not encrypted: whoever is on the network reads along`;
    warnings.push({ key: 'interface', text: `${plain}; wss:// needs tls.cert and tls.key` });
  }
}

function checkEndpoints(settings: Settings, { problems, warnings }: Findings): void {
  const endpoints: [string, string][] = [];
  if (settings.enableWs1) endpoints.push(['url-ws1', settings.urlWs1]);
  if (settings.enableWs2) endpoints.push(['url-ws2', settings.urlWs2]);
  if (settings.enableRest) endpoints.push(['url-rest', settings.urlRest]);
  endpoints.forEach(([key, url], index) => {
    const other = endpoints.slice(0, index).find(([, earlier]) => earlier === url);
    if (other !== undefined)
      problems.push({ key, text: `found "${url}", expected another path than ${other[0]}` });
  });
  if (endpoints.length === 0 && !settings.enableStatic) {
    warnings.push({
      key: 'enable-ws1',
      text: 'ws1, ws2, REST and static pages are all disabled: nothing is served',
    });
  }
}

async function checkUsers({ pathUsers }: Settings, { problems }: Findings): Promise<void> {
  if (pathUsers === '') {
    problems.push({ key: 'path-users', text: 'found nothing, expected path of the user database' });
    return;
  }
  await checkReadable('path-users', pathUsers, problems);
}

async function checkKey(settings: Settings, findings: Findings): Promise<void> {
  const { keyFile, interfaces } = settings;
  if (keyFile !== undefined) {
    await checkKeyFile(keyFile, findings);
    return;
  }
  const missing = 'found nothing';
  const open = interfaces.find((address) => !isLoopback(address));
  if (open === undefined) {
    findings.warnings.push({ key: 'key-file', text: `${missing}; the well-known default key is used` });
  } else {
    const reason = `because ${formatListenAddress(open)} is not a loopback address`;
    const text = `${missing}, expected a file with the vscp key, ${reason}`;
    findings.problems.push({ key: 'key-file', text });
  }
}

/** A file that is named has to be there: who named one does not want the key that everybody knows. */
async function checkKeyFile(keyFile: string, { problems, warnings }: Findings): Promise<void> {
  const text = await readTextFile(keyFile);
  const parsed = text.ok ? parseKeyFile(text.value) : text;
  if (parsed.ok) {
    await warnIfOpenToAll('key-file', keyFile, warnings);
  } else {
    const found = `found "${hideKeys(keyFile)}" (${parsed.reason})`;
    problems.push({ key: 'key-file', text: `${found}, expected a file with at least 32 hex digits` });
  }
}

async function warnIfOpenToAll(key: string, file: string, warnings: Finding[]): Promise<void> {
  const mode = await fs.stat(file).then(
    (stat) => stat.mode,
    () => 0,
  );
  if ((mode & 0o004) !== 0) {
    warnings.push({ key, text: `"${file}" can be read by every user of this machine; chmod o-rwx it` });
  }
}

const NO_PEM = 'found nothing, expected path of a PEM file, because wss:// is configured';

async function checkTls(
  settings: Settings,
  wrong: ReadonlySet<string>,
  { problems }: Findings,
): Promise<void> {
  const { tls } = settings;
  if (tls === undefined) return;
  if (tls.crl !== undefined && tls.ca === undefined) {
    const text = 'found a revocation list without tls.ca, expected the authorities as well';
    problems.push({ key: 'tls.crl', text });
  }
  for (const name of ['cert', 'key', 'ca', 'crl'] as const) {
    const file = tls[name];
    const key = `tls.${name}`;
    if (wrong.has(key)) continue;
    if (file === '') problems.push({ key, text: NO_PEM });
    else if (file !== undefined) await checkReadable(key, file, problems);
  }
}

async function checkWebRoot(settings: Settings, { warnings }: Findings): Promise<void> {
  if (!settings.enableStatic) return;
  const { webRoot } = settings;
  if (webRoot === undefined) {
    settings.enableStatic = false;
    warnings.push({
      key: 'web-root',
      text: 'found nothing; enable-static needs it, no static pages are served',
    });
    return;
  }
  const reason = await fs
    .stat(webRoot)
    .then((stat) => (stat.isDirectory() ? undefined : 'is no folder'), fileErrorReason);
  if (reason !== undefined)
    warnings.push({ key: 'web-root', text: `found "${webRoot}" (${reason}), expected a folder` });
}

async function checkReadable(key: string, file: string, problems: Finding[]): Promise<void> {
  const reason = await unreadableReason(file);
  if (reason !== undefined)
    problems.push({ key, text: `found "${file}" (${reason}), expected a readable file` });
}

async function unreadableReason(file: string): Promise<string | undefined> {
  try {
    const stat = await fs.stat(file);
    if (!stat.isFile()) return stat.isDirectory() ? 'is a folder' : 'is not a plain file';
    await fs.access(file, constants.R_OK);
    return undefined;
  } catch (error) {
    return fileErrorReason(error);
  }
}
