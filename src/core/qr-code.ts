/**
 * QR codes (ISO/IEC 18004): text as bytes, error correction level L, versions 1 to 20. That is enough for a link of
 * 858 bytes, and small enough to be written here instead of taken from a package.
 */

/** Error correction bytes of a block, and number of blocks, by version, for level L. */
const BLOCKS: readonly (readonly [correction: number, blocks: number])[] = [
  [7, 1],
  [10, 1],
  [15, 1],
  [20, 1],
  [26, 1],
  [18, 2],
  [20, 2],
  [24, 2],
  [30, 2],
  [18, 4],
  [20, 4],
  [24, 4],
  [26, 4],
  [30, 4],
  [22, 6],
  [24, 6],
  [28, 6],
  [30, 6],
  [28, 7],
  [28, 8],
];
const BYTE_MODE = 0b0100;
const PADDING = [0xec, 0x11];
const LEVEL_L = 0b01;
const FIELD_POLYNOMIAL = 0x11d;
const FORMAT_POLYNOMIAL = 0x537;
const FORMAT_MASK = 0x5412;
const VERSION_POLYNOMIAL = 0x1f25;

const MASKS: readonly ((row: number, column: number) => boolean)[] = [
  (r, c) => (r + c) % 2 === 0,
  (r) => r % 2 === 0,
  (_, c) => c % 3 === 0,
  (r, c) => (r + c) % 3 === 0,
  (r, c) => ((r >> 1) + Math.floor(c / 3)) % 2 === 0,
  (r, c) => ((r * c) % 2) + ((r * c) % 3) === 0,
  (r, c) => (((r * c) % 2) + ((r * c) % 3)) % 2 === 0,
  (r, c) => (((r + c) % 2) + ((r * c) % 3)) % 2 === 0,
];

const sizeOf = (version: number): number => 17 + 4 * version;

/** Rows and columns of the centres of alignment patterns. */
function alignmentPlaces(version: number): number[] {
  if (version === 1) return [];
  const count = Math.floor(version / 7) + 2;
  const last = sizeOf(version) - 7;
  const step = Math.ceil((last - 6) / (count - 1) / 2) * 2;
  return [6, ...Array.from({ length: count - 1 }, (_, i) => last - (count - 2 - i) * step)];
}

/** Product of two elements of the field with 256 elements. */
function multiply(a: number, b: number): number {
  let product = 0;
  for (let bit = 7; bit >= 0; bit -= 1) {
    product = (product << 1) ^ (product & 0x80 ? FIELD_POLYNOMIAL : 0);
    if ((b >> bit) & 1) product ^= a;
  }
  return product;
}

/** Reed-Solomon check bytes of a block. */
function correctionOf(data: readonly number[], count: number): number[] {
  let generator = [1];
  let root = 1;
  for (let i = 0; i < count; i += 1) {
    const times = root;
    const shifted = [...generator, 0];
    generator = shifted.map((value, k) => value ^ multiply(generator[k - 1] ?? 0, times));
    root = multiply(root, 2);
  }
  const rest = new Array<number>(count).fill(0);
  for (const byte of data) {
    const factor = byte ^ (rest.shift() ?? 0);
    rest.push(0);
    for (let k = 0; k < count; k += 1) rest[k] = (rest[k] ?? 0) ^ multiply(generator[k + 1] ?? 0, factor);
  }
  return rest;
}

/** `value`, followed by the remainder of its division by a generator polynomial. */
function withRemainder(value: number, polynomial: number, bits: number): number {
  let rest = value << bits;
  for (let bit = 31 - Math.clz32(rest || 1); bit >= bits; bit = 31 - Math.clz32(rest || 1)) {
    rest ^= polynomial << (bit - bits);
  }
  return (value << bits) | rest;
}

/** The symbol while it is being drawn. */
class Grid {
  readonly size: number;
  readonly dark: boolean[][];
  /** Modules of fixed patterns, which hold no data. */
  readonly fixed: boolean[][];

  constructor(size: number) {
    this.size = size;
    const blank = () => Array.from({ length: size }, () => new Array<boolean>(size).fill(false));
    this.dark = blank();
    this.fixed = blank();
  }

  fix(row: number, column: number, isDark: boolean): void {
    const [line, fixed] = [this.dark[row], this.fixed[row]];
    if (line === undefined || fixed === undefined || column < 0 || column >= this.size) return;
    line[column] = isDark;
    fixed[column] = true;
  }

  /** Draws rings around a centre; those whose distance is in `light` are light. */
  rings(row: number, column: number, reach: number, light: readonly number[]): void {
    for (let dr = -reach; dr <= reach; dr += 1) {
      for (let dc = -reach; dc <= reach; dc += 1) {
        this.fix(row + dr, column + dc, !light.includes(Math.max(Math.abs(dr), Math.abs(dc))));
      }
    }
  }
}

function drawPatterns(grid: Grid, version: number): void {
  const end = grid.size - 1;
  for (let i = 0; i < grid.size; i += 1) {
    grid.fix(6, i, i % 2 === 0);
    grid.fix(i, 6, i % 2 === 0);
  }
  for (const [row, column] of [
    [3, 3],
    [3, end - 3],
    [end - 3, 3],
  ] as const) {
    grid.rings(row, column, 4, [2, 4]);
  }
  const places = alignmentPlaces(version);
  const last = places.at(-1);
  for (const row of places) {
    for (const column of places) {
      const isCorner = (row === 6 && (column === 6 || column === last)) || (row === last && column === 6);
      if (!isCorner) grid.rings(row, column, 2, [1]);
    }
  }
  if (version < 7) return;
  const bits = withRemainder(version, VERSION_POLYNOMIAL, 12);
  for (let i = 0; i < 18; i += 1) {
    const isDark = ((bits >> i) & 1) === 1;
    const [far, near] = [end - 10 + (i % 3), Math.floor(i / 3)];
    grid.fix(far, near, isDark);
    grid.fix(near, far, isDark);
  }
}

/** Level and mask, twice around the finders. */
function drawFormat(grid: Grid, mask: number): void {
  const bits = withRemainder((LEVEL_L << 3) | mask, FORMAT_POLYNOMIAL, 10) ^ FORMAT_MASK;
  const end = grid.size - 1;
  for (let i = 0; i < 15; i += 1) {
    const isDark = ((bits >> i) & 1) === 1;
    if (i < 8) {
      grid.fix(i < 6 ? i : i + 1, 8, isDark);
      grid.fix(8, end - i, isDark);
    } else {
      grid.fix(8, i === 8 ? 7 : 14 - i, isDark);
      grid.fix(end - 14 + i, 8, isDark);
    }
  }
  grid.fix(end - 7, 8, true);
}

/** Bits of the message, padded to the version's room, as bytes. */
function messageOf(text: Uint8Array, version: number, room: number): number[] {
  const lengthBits = version < 10 ? 8 : 16;
  const bits: number[] = [];
  const put = (value: number, count: number) => {
    for (let i = count - 1; i >= 0; i -= 1) bits.push((value >> i) & 1);
  };
  put(BYTE_MODE, 4);
  put(text.length, lengthBits);
  for (const byte of text) put(byte, 8);
  put(0, Math.min(4, room * 8 - bits.length));
  put(0, (8 - (bits.length % 8)) % 8);
  const bytes: number[] = [];
  for (let i = 0; i < bits.length; i += 8) bytes.push(Number.parseInt(bits.slice(i, i + 8).join(''), 2));
  for (let i = 0; bytes.length < room; i += 1) bytes.push(PADDING[i % 2] ?? 0);
  return bytes;
}

/** Data bytes and correction bytes of the blocks, interleaved: one byte of each block in turn. */
function interleave(message: readonly number[], correction: number, blocks: number): number[] {
  const short = Math.floor(message.length / blocks);
  const longBlocks = message.length % blocks;
  const data: number[][] = [];
  for (let at = 0, i = 0; i < blocks; i += 1) {
    const length = short + (i >= blocks - longBlocks ? 1 : 0);
    data.push(message.slice(at, at + length));
    at += length;
  }
  const checks = data.map((block) => correctionOf(block, correction));
  const turns = (lists: readonly number[][], count: number) =>
    Array.from({ length: count }, (_, i) => lists.flatMap((list) => list[i] ?? [])).flat();
  return [...turns(data, short + 1), ...turns(checks, correction)];
}

/** Modules that hold data, in the order in which they are filled. */
function dataPlaces(grid: Grid): [number, number][] {
  const places: [number, number][] = [];
  let isUpward = true;
  for (let right = grid.size - 1; right > 0; right -= 2) {
    // The column of the timing pattern is skipped.
    if (right === 6) right -= 1;
    for (let i = 0; i < grid.size; i += 1) {
      const row = isUpward ? grid.size - 1 - i : i;
      for (const column of [right, right - 1]) if (!grid.fixed[row]?.[column]) places.push([row, column]);
    }
    isUpward = !isUpward;
  }
  return places;
}

/** How hard the symbol is to read: long runs, blocks and what looks like a finder (chapter "mask evaluation"). */
function penaltyOf(dark: readonly boolean[][]): number {
  const size = dark.length;
  let penalty = 0;
  let darkCount = 0;
  for (let i = 0; i < size; i += 1) {
    const row = dark[i] ?? [];
    const column = dark.map((line) => line[i] === true);
    for (const line of [row, column]) {
      const text = line.map((isDark) => (isDark ? '1' : '0')).join('');
      for (const run of text.match(/0{5,}|1{5,}/g) ?? []) penalty += run.length - 2;
      penalty += 40 * (text.match(/(?=10111010000|00001011101)/g)?.length ?? 0);
    }
    darkCount += row.filter(Boolean).length;
    for (let k = 0; k + 1 < size; k += 1) {
      const next = dark[i + 1];
      if (next && row[k] === row[k + 1] && row[k] === next[k] && row[k] === next[k + 1]) penalty += 3;
    }
  }
  return penalty + 10 * Math.floor(Math.abs(darkCount * 20 - size * size * 10) / (size * size));
}

/**
 * The QR code of a text: rows of modules, true = dark, without the light border of four modules around it.
 * @throws RangeError when the text has more than 858 bytes
 */
export function qrCode(text: string): boolean[][] {
  const bytes = new TextEncoder().encode(text);
  for (const [i, [correction, blocks]] of BLOCKS.entries()) {
    const version = i + 1;
    const grid = new Grid(sizeOf(version));
    drawPatterns(grid, version);
    drawFormat(grid, 0);
    const places = dataPlaces(grid);
    const room = (places.length >> 3) - correction * blocks;
    if (bytes.length + (version < 10 ? 2 : 3) > room) continue;
    const stream = interleave(messageOf(bytes, version, room), correction, blocks);
    const candidates = MASKS.map((isFlipped, mask) => {
      drawFormat(grid, mask);
      const dark = grid.dark.map((row) => [...row]);
      places.forEach(([row, column], k) => {
        const bit = ((stream[k >> 3] ?? 0) >> (7 - (k & 7))) & 1;
        const line = dark[row];
        if (line) line[column] = (bit === 1) !== isFlipped(row, column);
      });
      return { dark, penalty: penaltyOf(dark) };
    });
    return candidates.reduce((best, other) => (other.penalty < best.penalty ? other : best)).dark;
  }
  throw new RangeError(`A QR code holds at most 858 bytes, not ${bytes.length}`);
}
