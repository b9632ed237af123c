/** Tags of ASN.1 (X.690) that occur in a list's head. */
const SEQUENCE = 0x30;
const INTEGER = 0x02;
const UTC_TIME = 0x17;
const GENERALIZED_TIME = 0x18;

const PEM = /-----BEGIN X509 CRL-----([^-]+)-----END X509 CRL-----/g;

/**
 * When the next edition of each list in a PEM file is due (RFC 5280, 5.1.2.5). After that time OpenSSL no
 * longer accepts certificates of that authority. Undefined where a list does not say; empty when there is no
 * list.
 */
export function nextUpdates(pem: string): (Date | undefined)[] {
  return [...pem.matchAll(PEM)].map(([, text = '']) => nextUpdate(Buffer.from(text, 'base64')));
}

interface Element {
  tag: number;
  /** Where the content starts. */
  start: number;
  /** Where the content ends, exclusive. */
  end: number;
}

function nextUpdate(der: Buffer): Date | undefined {
  const list = elementAt(der, 0);
  const toBeSigned = list && elementAt(der, list.start);
  const times: Date[] = [];
  let next = toBeSigned?.start ?? der.length;
  // version?, signature, issuer, thisUpdate, nextUpdate?
  while (next < (toBeSigned?.end ?? 0) && times.length < 2) {
    const element = elementAt(der, next);
    if (element === undefined) return undefined;
    if (element.tag === UTC_TIME || element.tag === GENERALIZED_TIME) times.push(timeOf(der, element));
    else if (times.length > 0 || (element.tag !== INTEGER && element.tag !== SEQUENCE)) return undefined;
    next = element.end;
  }
  return times[1];
}

function elementAt(der: Buffer, at: number): Element | undefined {
  const tag = der[at];
  const first = der[at + 1];
  if (tag === undefined || first === undefined) return undefined;
  const lengthBytes = first < 0x80 ? 0 : first & 0x7f;
  if (lengthBytes > 4 || at + 2 + lengthBytes > der.length) return undefined;
  const length = lengthBytes === 0 ? first : der.readUIntBE(at + 2, lengthBytes);
  const start = at + 2 + lengthBytes;
  return start + length > der.length ? undefined : { tag, start, end: start + length };
}

function timeOf(der: Buffer, { tag, start, end }: Element): Date {
  const text = der.toString('latin1', start, end);
  const digits = tag === UTC_TIME ? `${Number(text.slice(0, 2)) < 50 ? '20' : '19'}${text}` : text;
  return new Date(digits.replace(/^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'));
}
