import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { isIP } from 'node:net';
import { CommandError } from './command.ts';

/** Browsers refuse certificates that last longer. */
const VALID_DAYS = 825;

export interface Certificate {
  /** PEM texts. */
  cert: string;
  key: string;
}

/**
 * Makes a self-signed certificate (P-256) for the names and addresses. It runs the program openssl, since
 * Node itself cannot make one.
 */
export async function selfSignedCertificate(names: readonly string[]): Promise<Certificate> {
  const alternatives = names.map((name) => `${isIP(name) === 0 ? 'DNS' : 'IP'}:${name}`).join(',');
  const args = [
    'req',
    '-x509',
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:P-256',
    '-nodes',
    '-sha256',
    '-days',
    String(VALID_DAYS),
    '-subj',
    `/CN=${(names[0] ?? 'localhost').slice(0, 64)}`,
    '-addext',
    `subjectAltName=${alternatives}`,
    '-addext',
    'extendedKeyUsage=serverAuth',
    '-keyout',
    '-',
    '-out',
    '-',
  ];
  const text = await runOpenssl(args);
  const cert = pemBlock(text, 'CERTIFICATE');
  const key = pemBlock(text, 'PRIVATE KEY');
  if (cert === undefined || key === undefined) throw new CommandError('openssl made no certificate');
  return { cert, key };
}

async function runOpenssl(args: string[]): Promise<string> {
  const child = spawn('openssl', args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let out = '';
  let err = '';
  child.stdout.setEncoding('utf8').on('data', (chunk) => {
    out += chunk;
  });
  child.stderr.setEncoding('utf8').on('data', (chunk) => {
    err += chunk;
  });
  const [code] = await once(child, 'close').catch((error: NodeJS.ErrnoException) => {
    const reason =
      error.code === 'ENOENT' ? 'is not installed (apt-get install openssl)' : (error.code ?? error.message);
    throw new CommandError(`a self-signed certificate needs the program openssl, which ${reason}`);
  });
  if (code !== 0) throw new CommandError(`openssl made no certificate:\n${err.trim()}`);
  return out;
}

function pemBlock(text: string, label: string): string | undefined {
  const [block] = new RegExp(`-----BEGIN ${label}-----[\\s\\S]*?-----END ${label}-----`).exec(text) ?? [];
  return block === undefined ? undefined : `${block}\n`;
}
