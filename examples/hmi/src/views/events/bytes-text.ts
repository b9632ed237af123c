import { BadInputError } from '../../../../../src/client/index.ts';
import { t } from '../../texts.ts';

/** Bytes as people write them: `0A FF`, `10, 255`, `0x0a 0xff`; two-digit words without 0x are hex. */
export function parseBytes(text: string): number[] {
  const words = text.split(/[\s,;]+/).filter((word) => word !== '');
  const isDecimal = text.includes(',') && !/[a-f]/i.test(text.replaceAll(/0x/gi, ''));
  return words.map((word) => {
    const isHex = /^0x[0-9a-f]{1,2}$/i.test(word) || (!isDecimal && /^[0-9a-f]{1,2}$/i.test(word));
    const byte = isHex
      ? Number.parseInt(word.replace(/^0x/i, ''), 16)
      : /^\d{1,3}$/.test(word)
        ? Number(word)
        : 256;
    if (byte > 255) throw new BadInputError(t('“{word}” is not a byte: write 0A FF or 10, 255', { word }));
    return byte;
  });
}
