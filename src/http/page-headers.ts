import type { FileHandle } from 'node:fs/promises';

/** How a page asks for strict headers, within the first bytes of its file. */
const MARK = /<meta\s+name="page-headers"\s+content="strict"\s*\/?>/i;
const POLICY = /<meta\s+http-equiv="Content-Security-Policy"\s+content="([\x20\x21\x23-\x7e]*)"\s*\/?>/i;
const HEAD_BYTES = 4096;

const STRICT_HEADERS = {
  'X-Frame-Options': 'SAMEORIGIN',
  'Referrer-Policy': 'no-referrer',
  'Permissions-Policy':
    'camera=(), microphone=(), geolocation=(), display-capture=(), payment=(), usb=(), serial=(), bluetooth=()',
  'Cross-Origin-Resource-Policy': 'same-origin',
};

/**
 * Headers for a page that asks for strict ones with `<meta name="page-headers" content="strict">`, as the
 * panel does. Other pages get none, since they may be meant to be shown within other pages. The page's own
 * content security policy becomes a header, because a policy in the page cannot say who may frame it.
 */
export async function strictHeaders(page: FileHandle): Promise<Record<string, string>> {
  const { buffer, bytesRead } = await page.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, 0);
  const head = buffer.toString('latin1', 0, bytesRead);
  if (!MARK.test(head)) return {};
  const policy = POLICY.exec(head)?.[1]?.trim().replace(/;$/, '');
  const framing = "frame-ancestors 'self'";
  return {
    ...STRICT_HEADERS,
    'Content-Security-Policy': policy === undefined ? framing : `${policy}; ${framing}`,
  };
}
