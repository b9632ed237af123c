/** A coding in which a compressed sibling of a file may exist. */
export type ContentCoding = 'br' | 'gzip';

/** What a sibling's name ends with. */
export const CODING_ENDINGS: Record<ContentCoding, string> = { br: '.br', gzip: '.gz' };

/**
 * The codings that a client accepts, the preferred one first; Brotli comes before gzip among equals.
 * @param header the Accept-Encoding header; without one only the plain file is sent
 */
export function acceptedCodings(header: string | undefined): ContentCoding[] {
  const weights = new Map<string, number>();
  for (const part of (header ?? '').toLowerCase().split(',')) {
    const [name = '', ...parameters] = part.split(';').map((text) => text.trim());
    const q = parameters.find((parameter) => parameter.startsWith('q='));
    const weight = q === undefined ? 1 : Number(q.slice(2));
    if (name !== '') weights.set(name === 'x-gzip' ? 'gzip' : name, Number.isFinite(weight) ? weight : 0);
  }
  const weightOf = (coding: ContentCoding) => weights.get(coding) ?? weights.get('*') ?? 0;
  const codings: ContentCoding[] = ['br', 'gzip'];
  return codings.filter((coding) => weightOf(coding) > 0).sort((a, b) => weightOf(b) - weightOf(a));
}
