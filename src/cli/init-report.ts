import { existsSync } from 'node:fs';
import { isIP } from 'node:net';
import { join } from 'node:path';
import type { ListenAddress } from '../config/listen-address.ts';
import { isLoopback } from '../config/listen-address.ts';

/** Where hosts look for level II drivers; the package puts a link there. */
const DRIVER_FOLDER = '/var/lib/vscp/drivers/level2';
/** Where the systemd unit looks for the folder of each server. */
const UNIT_FOLDER = '/etc/vscp';
const LIBRARY = 'libvscpl2drv-websocksrv.so';
const GUID = 'FF:FF:FF:FF:FF:FF:FF:F5:01:00:00:00:00:00:00:00';

export interface Installation {
  /** Path of the driver's configuration. */
  config: string;
  listen: ListenAddress;
  /** The names that clients use for this machine. */
  names: readonly string[];
  selfSigned: boolean;
  user: string;
  /** Set when the command made it up, so that it has to be printed. */
  password?: string;
  keyFile: string;
  logFile: string;
  /** For the command serve instead of a daemon. */
  isServed: boolean;
  /** The folder of this command; in a build the library is near it. */
  ownFolder: string;
}

function libraryPath(ownFolder: string): string {
  const inBuild = join(ownFolder, 'Release', LIBRARY);
  const installed = join(DRIVER_FOLDER, LIBRARY);
  return !existsSync(installed) && existsSync(inBuild) ? inBuild : installed;
}

function panelAddresses({ listen, names }: Installation): string[] {
  const scheme = listen.secure ? 'https' : 'http';
  const hosts = isLoopback(listen) ? names.slice(0, 1) : names.filter((name) => name !== 'localhost');
  return hosts.map((name) => `${scheme}://${isIP(name) === 6 ? `[${name}]` : name}:${listen.port}/`);
}

/** Tells a person what to do with the files that the command made. */
export function nextSteps(installation: Installation): string {
  const { user, password, keyFile, listen } = installation;
  const lines = [
    ...(installation.isServed ? stepsOfServe(installation) : stepsOfDaemon(installation)),
    '3. Open the panel and log in:',
    '',
    ...panelAddresses(installation).map((address) => `    page      ${address}`),
    `    user      ${user}`,
    `    password  ${password ?? '(the one you gave)'}`,
    `    key       the line in ${keyFile} (the panel and every other client needs it)`,
    '',
  ];
  if (installation.selfSigned) {
    lines.push('   The certificate is self-signed: a browser warns once, before it lets you go on.', '');
  }
  if (!isLoopback(listen) && !listen.secure) {
    lines.push(
      '   Without TLS everybody in the network can read all events. Run init again with --tls self-signed --force,',
      '   or put certificate files into the configuration ("tls"), to change that.',
      '',
    );
  }
  lines.push(`Check it any time: vscpl2drv-websocksrv check ${installation.config}`);
  return lines.join('\n');
}

function stepsOfDaemon({ config, logFile, ownFolder }: Installation): string[] {
  const entry = {
    enable: true,
    name: 'websocksrv',
    'path-driver': libraryPath(ownFolder),
    'path-config': config,
    guid: GUID,
  };
  const indented = JSON.stringify(entry, null, 2).replaceAll(/^/gm, '    ');
  return [
    '',
    '1. Add this to the daemon\'s configuration, in the list "level2" of "drivers" (JSON):',
    '',
    indented,
    '',
    '   or, up to version 14 (vscpd.conf), inside <level2driver enable="true">:',
    '',
    `    <driver enable="true" name="websocksrv" path-driver="${entry['path-driver']}"`,
    `            path-config="${config}" guid="${GUID}"/>`,
    '',
    `2. Restart the daemon. The first line of ${logFile} says where the driver listens.`,
    '',
  ];
}

function stepsOfServe({ config, logFile }: Installation): string[] {
  const [, place, name] = /^(.*)\/([\w.-]+)\/websocksrv\.json$/.exec(config) ?? [];
  const start =
    place === UNIT_FOLDER
      ? `systemctl enable --now websocksrv@${name}`
      : `vscpl2drv-websocksrv serve ${config}`;
  return [
    '',
    `1. Start the server: ${start}`,
    '',
    `2. The first lines of ${logFile} say whether it found the broker and where it listens.`,
    '',
  ];
}
