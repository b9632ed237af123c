import { PIECE_BYTES } from './own-turn.ts';

/** A piece fits, or a piece with the header of its frame. */
const BLOCK_BYTES = PIECE_BYTES + 16;
/** Most free blocks: enough for several long replies at once. */
const MOST_FREE = 16;

const free: Buffer[] = [];
const lent = new WeakSet<ArrayBufferLike>();

/**
 * Memory for the pieces of long replies and for their frames. Fresh memory for each keeps V8's garbage collector so
 * busy that everybody waits for it. A block that is never given back is garbage as usual.
 */
export function takeBlock(): Buffer {
  const block = free.pop() ?? Buffer.allocUnsafeSlow(BLOCK_BYTES);
  lent.add(block.buffer);
  return block;
}

/**
 * Gives back the block that a buffer lies in, which nobody must look at any more. Does nothing if it lies in none.
 */
export function giveBlockBack({ buffer }: Buffer): void {
  if (lent.delete(buffer) && free.length < MOST_FREE) free.push(Buffer.from(buffer));
}
