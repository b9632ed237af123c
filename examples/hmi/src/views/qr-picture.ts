import { qrCode } from '../../../../src/core/qr-code.ts';
import { t } from '../texts.ts';
import { svg } from '../ui/dom.ts';

/** The light border that readers need, in modules. */
const BORDER = 4;

export function qrPicture(text: string): SVGSVGElement {
  const modules = qrCode(text);
  const size = modules.length + 2 * BORDER;
  let path = '';
  modules.forEach((row, y) => {
    row.forEach((isDark, x) => {
      if (isDark) path += `M${x + BORDER} ${y + BORDER}h1v1h-1z`;
    });
  });
  return svg(
    'svg',
    { class: 'qr', viewBox: `0 0 ${size} ${size}`, role: 'img', 'aria-label': t('QR code of the link') },
    svg('path', { class: 'qr-light', d: `M0 0h${size}v${size}H0z` }),
    svg('path', { class: 'qr-dark', d: path }),
  );
}
