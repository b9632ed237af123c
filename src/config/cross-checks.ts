import { constants, promises as fs } from 'node:fs';
import { KEYS_BY_NAME } from './config-keys.ts';
import { rightsOfOthers } from './file-rights.ts';
import { readVscpKey } from './key-file.ts';
import { formatListenAddress, isLoopback } from './listen-address.ts';
import type { Problem } from './read-settings.ts';
import { type Settings, settingOf } from './settings.ts';
import { fileErrorReason } from './text-file.ts';

export interface Findings {
  problems: Problem[];
  warnings: Problem[];
}

/**
 * Checks what one key alone cannot tell: keys that need one another, and files that must exist. Does not
 * change the settings.
 * @param wrong keys that already have problems; nothing is reported that depends on them
 */
export async function crossCheck(
  settings: Readonly<Settings>,
  wrong: ReadonlySet<string>,
): Promise<Findings> {
  const findings: Findings = { problems: [], warnings: [] };
  checkInterfaces(settings, findings);
  checkEndpoints(settings, findings);
  if (settings.enableHistory && settings.stateDir === undefined) {
    const text = 'found true without state-dir; no history is kept';
    findings.warnings.push({ key: 'enable-history', text });
  }
  if (!wrong.has('tls') && !wrong.has('interface')) checkTls(settings, wrong, findings);
  checkBroker(settings, wrong, findings);
  await checkFiles(settings, wrong, findings);
  const { passwordFile } = settings.mqtt;
  if (passwordFile !== undefined && !wrong.has('mqtt.password-file')) {
    await warnIfOpenToAll('mqtt.password-file', passwordFile, findings.warnings);
  }
  if (!wrong.has('key-file') && !wrong.has('interface')) await checkKey(settings, findings);
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
    const plain = `${formatListenAddress(address)} is not encrypted: everybody on the network can read it`;
    warnings.push({ key: 'interface', text: `${plain}; wss:// needs tls.cert and tls.key` });
  }
}

function checkEndpoints(settings: Settings, { problems, warnings }: Findings): void {
  const endpoints: [string, string][] = [];
  if (settings.enableWs1) endpoints.push(['url-ws1', settings.urlWs1]);
  if (settings.enableWs2) endpoints.push(['url-ws2', settings.urlWs2]);
  if (settings.enableRest) endpoints.push(['url-rest', settings.urlRest]);
  if (settings.enableApi) endpoints.push(['url-api', settings.urlApi]);
  endpoints.forEach(([key, url], index) => {
    const other = endpoints.slice(0, index).find(([, earlier]) => earlier === url);
    if (other !== undefined)
      problems.push({ key, text: `found "${url}", expected another path than ${other[0]}` });
  });
  if (endpoints.length === 0 && !settings.enableStatic) {
    warnings.push({
      key: 'enable-ws1',
      text: 'no endpoint and no static page is enabled: nothing is served',
    });
  }
}

/** Checks that the files that the driver needs are readable. */
async function checkFiles(
  settings: Readonly<Settings>,
  wrong: ReadonlySet<string>,
  { problems }: Findings,
): Promise<void> {
  for (const [key, { type, setting }] of KEYS_BY_NAME) {
    const file = settingOf(settings, setting);
    if (type.path !== 'readable-file' || wrong.has(key) || typeof file !== 'string' || file === '') continue;
    const reason = await unreadableReason(file);
    if (reason !== undefined) {
      problems.push({ key, text: `found "${file}" (${reason}), expected a readable file` });
    }
  }
}

async function checkKey(settings: Settings, { problems, warnings }: Findings): Promise<void> {
  const key = 'key-file';
  const read = await readVscpKey(settings);
  if (!read.ok) problems.push({ key, text: read.reason });
  else if (read.file === undefined) warnings.push({ key, text: read.note });
  else await warnIfOpenToAll(key, read.file, warnings);
}

async function warnIfOpenToAll(key: string, file: string, warnings: Problem[]): Promise<void> {
  for (const warning of await rightsOfOthers(file, true)) {
    warnings.push({ key, text: `"${file}" ${warning}` });
  }
}

const NO_PEM = 'found nothing, expected path of a PEM file, because wss:// is configured';

function checkTls({ tls }: Settings, wrong: ReadonlySet<string>, { problems }: Findings): void {
  if (tls === undefined) return;
  if (tls.crl !== undefined && tls.ca === undefined) {
    const text = 'found a revocation list without tls.ca, expected the authorities as well';
    problems.push({ key: 'tls.crl', text });
  }
  for (const name of ['cert', 'key'] as const) {
    const key = `tls.${name}`;
    if (tls[name] === '' && !wrong.has(key)) problems.push({ key, text: NO_PEM });
  }
}

function checkBroker({ mqtt }: Settings, wrong: ReadonlySet<string>, { problems }: Findings): void {
  for (const [name, other] of [
    ['cert', 'key'],
    ['key', 'cert'],
  ] as const) {
    const key = `mqtt.${name}`;
    if (mqtt[name] !== undefined || mqtt[other] === undefined || wrong.has(key)) continue;
    problems.push({
      key,
      text: `found nothing, expected path of a PEM file, because mqtt.${other} is given`,
    });
  }
}

async function checkWebRoot(settings: Settings, { warnings }: Findings): Promise<void> {
  if (!settings.enableStatic) return;
  const { webRoot } = settings;
  if (webRoot === undefined) {
    warnings.push({
      key: 'web-root',
      text: 'found nothing; enable-static needs it, no static pages are served',
    });
    return;
  }
  const reason = await fs
    .stat(webRoot)
    .then((stat) => (stat.isDirectory() ? undefined : 'is not a folder'), fileErrorReason);
  if (reason !== undefined)
    warnings.push({ key: 'web-root', text: `found "${webRoot}" (${reason}), expected a folder` });
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
