import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createSecureContext, type SecureContextOptions } from 'node:tls';
import { rightsOfOthers } from '../config/file-rights.ts';
import type { TlsSettings } from '../config/settings.ts';
import { errorMessage } from '../core/errors.ts';
import { nextUpdates } from './revocation-list.ts';

/** SSL_OP_NO_RENEGOTIATION of OpenSSL, which the type declarations leave out. */
const NO_RENEGOTIATION = 0x4000_0000;

/** Options ready for `https.createServer` and `setSecureContext`. */
export interface TlsMaterial extends SecureContextOptions {
  cert: Buffer;
  key: Buffer;
  /** Whose clients may connect; with none, clients need no certificate, and the roots of the web are not loaded. */
  ca: Buffer[];
  crl?: Buffer;
}

export interface TlsCheck {
  /** What prevents a listener; each names the configuration key and the file. */
  problems: string[];
  warnings: string[];
  /** Set when there is no problem. */
  material?: TlsMaterial;
}

/** Tells whether a listener can use the TLS files, and everything that is wrong with them. Never throws. */
export async function checkTlsFiles(tls: TlsSettings): Promise<{ problems: string[]; warnings: string[] }> {
  const { problems, warnings } = await loadTlsFiles(tls);
  return { problems, warnings };
}

/** Reads and checks the TLS files. Never throws. */
export async function loadTlsFiles(tls: TlsSettings, now = new Date()): Promise<TlsCheck> {
  const check: TlsCheck = { problems: [], warnings: [] };
  const cert = await readPem('tls.cert', tls.cert, check);
  const key = await readPem('tls.key', tls.key, check);
  const ca = tls.ca === undefined ? undefined : await readPem('tls.ca', tls.ca, check);
  const crl = tls.crl === undefined ? undefined : await readPem('tls.crl', tls.crl, check);
  const chain = cert && checkCertificates('tls.cert', tls.cert, cert, now, check);
  const privateKey = key && checkKey(tls.key, key, check);
  if (ca && tls.ca !== undefined) checkCertificates('tls.ca', tls.ca, ca, now, check);
  if (crl && tls.crl !== undefined) checkRevocations(tls.crl, crl, now, check);
  const own = chain?.[0];
  if (own && privateKey && !own.checkPrivateKey(privateKey)) {
    check.problems.push(`tls.key: ${tls.key} does not belong to the certificate in ${tls.cert}`);
  }
  await warnOfOpenKey(tls.key, check);
  if (check.problems.length > 0 || !cert || !key) return check;
  const material: TlsMaterial = {
    cert,
    key,
    minVersion: 'TLSv1.2',
    secureOptions: NO_RENEGOTIATION,
    ca: ca ? [ca] : [],
    ...(crl ? { crl } : {}),
  };
  try {
    createSecureContext(material);
    check.material = material;
  } catch (error) {
    check.problems.push(`tls.cert: ${tls.cert} cannot be used: ${errorMessage(error)}`);
  }
  return check;
}

async function readPem(name: string, file: string, check: TlsCheck): Promise<Buffer | undefined> {
  try {
    return await readFile(file);
  } catch (error) {
    check.problems.push(`${name}: ${file} cannot be read: ${errorMessage(error)}`);
    return undefined;
  }
}

const CERTIFICATE =
  /-----BEGIN (?:TRUSTED |X509 )?CERTIFICATE-----[^-]+-----END (?:TRUSTED |X509 )?CERTIFICATE-----/g;

function checkCertificates(
  name: string,
  file: string,
  pem: Buffer,
  now: Date,
  check: TlsCheck,
): X509Certificate[] | undefined {
  const blocks = pem.toString('latin1').match(CERTIFICATE);
  if (!blocks) {
    check.problems.push(`${name}: ${file} holds no PEM certificate`);
    return undefined;
  }
  const certificates: X509Certificate[] = [];
  for (const [index, block] of blocks.entries()) {
    const place = blocks.length > 1 ? ` (certificate ${index + 1} of ${blocks.length})` : '';
    try {
      const certificate = new X509Certificate(block);
      certificates.push(certificate);
      warnOfDates(`${name}: ${file}${place}`, certificate, now, check);
    } catch (error) {
      check.problems.push(`${name}: ${file}${place} is not a certificate: ${errorMessage(error)}`);
    }
  }
  return certificates.length === blocks.length ? certificates : undefined;
}

/** No client gets in whose authority has no list, or an outdated one; the check says so beforehand. */
function checkRevocations(file: string, pem: Buffer, now: Date, check: TlsCheck): void {
  const dates = nextUpdates(pem.toString('latin1'));
  if (dates.length === 0) check.problems.push(`tls.crl: ${file} holds no PEM revocation list (X509 CRL)`);
  for (const date of dates) {
    if (date === undefined || !(date < now)) continue;
    const since = `a new one was due on ${date.toUTCString()}`;
    check.warnings.push(`tls.crl: ${file} is out of date, no client is let in: ${since}`);
  }
}

function warnOfDates(place: string, certificate: X509Certificate, now: Date, check: TlsCheck): void {
  if (new Date(certificate.validTo) < now) {
    check.warnings.push(`${place} has expired: valid to ${certificate.validTo}`);
  }
  if (new Date(certificate.validFrom) > now) {
    check.warnings.push(`${place} is not yet valid: valid from ${certificate.validFrom}`);
  }
}

function checkKey(file: string, pem: Buffer, check: TlsCheck): KeyObject | undefined {
  const text = pem.toString('latin1');
  if (!/-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(text)) {
    check.problems.push(`tls.key: ${file} holds no PEM private key`);
    return undefined;
  }
  if (/-----BEGIN ENCRYPTED PRIVATE KEY-----|Proc-Type: 4,ENCRYPTED/.test(text)) {
    check.problems.push(`tls.key: ${file} is encrypted; a key without a passphrase is needed`);
    return undefined;
  }
  try {
    return createPrivateKey(pem);
  } catch (error) {
    check.problems.push(`tls.key: ${file} is not a private key: ${errorMessage(error)}`);
    return undefined;
  }
}

async function warnOfOpenKey(file: string, check: TlsCheck): Promise<void> {
  for (const warning of await rightsOfOthers(file, true)) check.warnings.push(`tls.key: ${file} ${warning}`);
}
